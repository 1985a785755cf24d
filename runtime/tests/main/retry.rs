//! Which failed calls are made again. The servers here are made by hand: each stream is treated as the script says.

use crate::garbage::framed;
use crate::support::{PROBE, ProbeClient, Text, by_hand, text};
use aster_runtime::codegen::v1;
use aster_runtime::frame::{Decoder, Kind};
use aster_runtime::header::StreamHeader;
use aster_runtime::interceptor::{ClientCall, ClientInterceptor, Outcome};
use aster_runtime::{Client, Code, Node, RetryPolicy, Status};
use iroh::endpoint::{Connection, RecvStream, SendStream};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// What is done with one stream. After the end of a script everything is answered.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Answer,
    /// The stream is refused before dispatch.
    Refuse,
    /// A header and a message are sent; the stream is refused when the test says so.
    Begin,
    /// The connection is closed, with the request unread.
    CloseUnread,
    /// The connection is closed when the request was read.
    CloseRead,
    /// A trailer with `UNAVAILABLE`.
    Unavailable,
}

const ECHO: usize = 0;
/// The same, and `@idempotent`.
const AGAIN: usize = 10;
const COUNT: usize = 5;
const REFUSE: Step = Step::Refuse;

/// Status format 1, code 14, no message, details or metadata.
const UNAVAILABLE: &[u8] = &[8, 0, 0, 0, 2, 1, 14, 2, 0, 12, 0, 12];

/// The id of a call, its metadata, its requests.
type Called = (u64, String, Vec<Vec<u8>>);

#[derive(Default)]
struct Script {
    steps: Mutex<VecDeque<Step>>,
    /// The calls as they came.
    calls: Mutex<Vec<Called>>,
    /// Streams that came.
    streams: Mutex<usize>,
    /// Lets a stream that has begun be refused.
    refuse: Notify,
}

/// A header, version 1, without metadata, and a message.
fn begun() -> Vec<u8> {
    let mut bytes = vec![4, 0, 0, 0, 4, 1, 0, 12];
    let mut payload = Vec::new();
    v1::Message::encode(&text("begun"), &mut payload).unwrap();
    bytes.extend(framed(0, &payload));
    bytes
}

impl Script {
    async fn serve(self: Arc<Self>, connection: Connection) {
        while let Ok((send, receive)) = connection.accept_bi().await {
            *self.streams.lock().unwrap() += 1;
            let step = self.steps.lock().unwrap().pop_front().unwrap_or(Step::Answer);
            let (script, connection) = (Arc::clone(&self), connection.clone());
            tokio::spawn(async move { script.stream(step, connection, send, receive).await });
        }
    }

    async fn stream(
        &self,
        step: Step,
        connection: Connection,
        mut send: SendStream,
        mut receive: RecvStream,
    ) {
        match step {
            Step::CloseUnread => return connection.close(1u32.into(), b"unread"),
            Step::Refuse | Step::Begin => {
                if step == Step::Begin {
                    send.write_all(&begun()).await.unwrap();
                    // a reset takes with it what was not read
                    self.refuse.notified().await;
                }
                send.reset(2u32.into()).unwrap();
                let _ = receive.stop(2u32.into());
                return;
            }
            Step::Answer | Step::CloseRead | Step::Unavailable => {}
        }
        let bytes = receive.read_to_end(1 << 20).await.unwrap();
        let mut decoder = Decoder::new(1 << 20);
        decoder.push(bytes.into());
        let head = decoder.next().unwrap().unwrap();
        assert!(head.flags.kind() == Kind::Header);
        let header = StreamHeader::decode(&head.payload).unwrap();
        let metadata = format!("{:?}", header.metadata);
        let mut requests = Vec::new();
        let mut packed = 0;
        while let Some(request) = decoder.next().unwrap() {
            packed = u8::from(request.flags.is_compressed());
            requests.push(request.payload.to_vec());
        }
        let request = requests.last().unwrap().clone();
        self.calls
            .lock()
            .unwrap()
            .push((header.call_id, metadata, requests));
        if step == Step::CloseRead {
            return connection.close(1u32.into(), b"read");
        }
        let mut answer = Vec::new();
        if step == Step::Unavailable {
            answer.extend_from_slice(UNAVAILABLE);
        } else {
            answer.extend_from_slice(&(request.len() as u32 + 1).to_le_bytes());
            answer.push(packed);
            answer.extend_from_slice(&request);
            answer.extend_from_slice(&[1, 0, 0, 0, 2]);
        }
        send.write_all(&answer).await.unwrap();
        send.finish().unwrap();
    }
}

/// What a client's interceptors see of retries.
#[derive(Clone, Default)]
struct Attempts(Arc<Mutex<Vec<String>>>);

impl ClientInterceptor for Attempts {
    fn on_attempt(&self, call: &ClientCall, attempt: u32) {
        self.0
            .lock()
            .unwrap()
            .push(format!("{} {attempt}", call.method()));
    }

    fn after(&self, call: &ClientCall, outcome: &Outcome<'_>) {
        let line = format!("{} {}", call.method(), outcome.code().as_str());
        self.0.lock().unwrap().push(line);
    }
}

struct Scripted {
    script: Arc<Script>,
    node: Node,
    client_node: Node,
    probe: ProbeClient,
}

impl Scripted {
    async fn new(policy: RetryPolicy, steps: &[Step]) -> Self {
        Self::seen_by(policy, steps, Attempts::default()).await
    }

    async fn seen_by(policy: RetryPolicy, steps: &[Step], attempts: Attempts) -> Self {
        let script = Arc::new(Script {
            steps: Mutex::new(steps.iter().copied().collect()),
            ..Script::default()
        });
        let node = Node::dev().spawn().await.unwrap();
        let mut calls = by_hand(&node);
        let served = Arc::clone(&script);
        tokio::spawn(async move {
            while let Some(connection) = calls.recv().await {
                tokio::spawn(Arc::clone(&served).serve(connection));
            }
        });
        let client_node = Node::dev().spawn().await.unwrap();
        let client = Client::builder(&client_node).retry(policy).interceptor(attempts);
        let client = client.connect(node.address()).await.unwrap();
        let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
        Self {
            script,
            node,
            client_node,
            probe,
        }
    }

    fn streams(&self) -> usize {
        *self.script.streams.lock().unwrap()
    }

    fn processed(&self) -> usize {
        self.script.calls.lock().unwrap().len()
    }

    async fn close(self) {
        self.client_node.close().await;
        self.node.close().await;
    }
}

fn quick() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.least = Duration::from_millis(1);
    policy.most = Duration::from_millis(5);
    policy
}

async fn call(method: usize, steps: &[Step]) -> (Scripted, Result<Text, Status>) {
    let scripted = Scripted::new(quick(), steps).await;
    let result = scripted.probe.unary(method, "x").metadata("k", "v").await;
    (scripted, result)
}

#[tokio::test]
async fn a_refused_call_is_made_again() {
    for method in [ECHO, AGAIN] {
        let (scripted, result) = call(method, &[REFUSE, REFUSE]).await;
        assert_eq!(result.unwrap(), text("x"));
        assert_eq!((scripted.streams(), scripted.processed()), (3, 1));
        scripted.close().await;

        let (scripted, result) = call(method, &[REFUSE; 4]).await;
        let status = result.unwrap_err();
        assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
        assert!(
            status.message().contains("refused the call before it began"),
            "{status}"
        );
        assert_eq!((scripted.streams(), scripted.processed()), (3, 0));
        scripted.close().await;
    }
}

#[tokio::test]
async fn a_large_request_is_sent_again_whole() {
    let scripted = Scripted::new(quick(), &[REFUSE]).await;
    let mut noise = vec![0; 500_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let large: String = noise.iter().map(|byte| char::from(32 + byte % 95)).collect();
    let result = scripted.probe.echo(&large).await.unwrap();
    assert!(result.0 == large);
    scripted.close().await;
}

#[tokio::test]
async fn a_call_that_may_have_been_processed_is_made_again_only_if_it_is_idempotent() {
    for step in [Step::CloseUnread, Step::CloseRead, Step::Unavailable] {
        let (scripted, result) = call(ECHO, &[step]).await;
        let status = result.unwrap_err();
        assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
        if step != Step::Unavailable {
            assert!(
                status
                    .message()
                    .ends_with("the request was sent, the server may have handled it"),
                "{status}"
            );
        }
        assert_eq!(scripted.streams(), 1);
        // the next call is another call
        assert_eq!(scripted.probe.echo("next").await.unwrap(), text("next"));
        scripted.close().await;

        let (scripted, result) = call(AGAIN, &[step]).await;
        assert_eq!(result.unwrap(), text("x"));
        assert_eq!(scripted.streams(), 2);
        scripted.close().await;
    }
}

#[tokio::test]
async fn a_request_that_an_attempt_has_sent_is_not_told_as_unsent() {
    let mut policy = RetryPolicy::default();
    policy.least = Duration::from_millis(200);
    policy.most = policy.least;
    let scripted = Scripted::new(policy, &[Step::CloseRead]).await;
    let call = tokio::spawn(scripted.probe.unary(AGAIN, "x").into_future());
    while scripted.processed() == 0 {
        tokio::task::yield_now().await;
    }
    // the second attempt finds no node to be made from
    scripted.client_node.close().await;
    let status = call.await.unwrap().unwrap_err();
    assert!(
        status
            .message()
            .ends_with("the request was sent, the server may have handled it"),
        "{status}"
    );
    scripted.close().await;
}

#[tokio::test]
async fn every_attempt_sends_the_same() {
    let (scripted, result) = call(AGAIN, &[Step::CloseRead, Step::Unavailable]).await;
    assert_eq!(result.unwrap(), text("x"));
    {
        let calls = scripted.script.calls.lock().unwrap();
        assert_eq!(calls.len(), 3);
        assert!(calls[0].1.contains('k'), "{}", calls[0].1);
        assert!(calls.iter().all(|call| *call == calls[0]), "{calls:?}");
    }
    scripted.close().await;
}

#[tokio::test]
async fn the_policy_switches_it_off() {
    let scripted = Scripted::new(RetryPolicy::off(), &[REFUSE, Step::CloseRead]).await;
    for _ in 0..2 {
        let status = scripted.probe.unary(AGAIN, "x").await.unwrap_err();
        assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    }
    assert_eq!(scripted.streams(), 2);
    scripted.close().await;
}

#[tokio::test]
async fn retries_stay_a_tenth_of_the_calls() {
    let scripted = Scripted::new(quick(), &[REFUSE; 400]).await;
    let calls = (0..100).map(|_| scripted.probe.echo("x").into_future());
    let results = futures_util::future::join_all(calls).await;
    assert!(results.iter().all(Result::is_err));
    let retries = scripted.streams() - 100;
    assert!(
        (10..=20).contains(&retries),
        "ten in advance, a tenth of 100: {retries}"
    );
    scripted.close().await;
}

#[tokio::test]
async fn a_retry_does_not_outlive_the_deadline() {
    let mut policy = RetryPolicy::default();
    policy.least = Duration::from_secs(60);
    policy.most = policy.least;
    let scripted = Scripted::new(policy, &[REFUSE]).await;
    let status = scripted
        .probe
        .echo("x")
        .deadline(Duration::from_secs(30))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "the cause, at once: {status}");
    scripted.close().await;
}

#[tokio::test]
async fn a_stream_of_which_nothing_came_is_made_again() {
    let count = |scripted: &Scripted| {
        scripted
            .probe
            .0
            .server_stream(COUNT, text("x"), |Text(item)| item)
    };
    let scripted = Scripted::new(quick(), &[REFUSE, REFUSE]).await;
    let mut items = count(&scripted).await.unwrap();
    assert_eq!(items.message().await.unwrap().unwrap(), "x");
    assert_eq!(items.message().await.unwrap(), None);
    assert_eq!(scripted.streams(), 3);
    scripted.close().await;

    // an answer has begun: a refusal behind it is a failure
    let scripted = Scripted::new(quick(), &[Step::Begin]).await;
    let mut items = count(&scripted).await.unwrap();
    assert_eq!(items.message().await.unwrap().unwrap(), "begun");
    scripted.script.refuse.notify_one();
    let status = items.message().await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    assert_eq!(scripted.streams(), 1);
    scripted.close().await;
}

#[tokio::test]
async fn interceptors_see_each_attempt_and_each_call_once() {
    let attempts = Attempts::default();
    let scripted = Scripted::seen_by(quick(), &[REFUSE, REFUSE], attempts.clone()).await;
    scripted.probe.echo("x").await.unwrap();
    assert_eq!(
        *attempts.0.lock().unwrap(),
        ["echo 1", "echo 2", "echo 3", "echo OK"]
    );
    scripted.close().await;

    let attempts = Attempts::default();
    let scripted = Scripted::seen_by(quick(), &[REFUSE; 3], attempts.clone()).await;
    let (mut sender, mut replies) = chat(&scripted).await;
    sender.send("a".to_owned()).await.unwrap();
    replies.message().await.unwrap_err();
    assert_eq!(
        *attempts.0.lock().unwrap(),
        ["chat 1", "chat 2", "chat 3", "chat UNAVAILABLE"]
    );
    scripted.close().await;
}

async fn upload(
    scripted: &Scripted,
    requests: impl futures_util::Stream<Item = String> + Send + 'static,
) -> Result<Text, Status> {
    scripted
        .probe
        .0
        .client_stream(6, requests, text, |out: Text| out)
        .await
}

async fn chat(scripted: &Scripted) -> (v1::Sender<String>, v1::Streaming<String>) {
    let call = scripted
        .probe
        .0
        .bidi_stream(7, |item: String| text(item), |Text(item)| item);
    call.await.unwrap()
}

fn letters(letters: &[&str]) -> impl futures_util::Stream<Item = String> + Send + use<> {
    let letters: Vec<_> = letters.iter().map(ToString::to_string).collect();
    futures_util::stream::iter(letters)
}

/// The requests of a call, as text.
fn requests(scripted: &Scripted, call: usize) -> Vec<Text> {
    let calls = scripted.script.calls.lock().unwrap();
    let requests = calls[call].2.iter();
    requests
        .filter(|payload| !payload.is_empty())
        .map(|payload| <Text as v1::Message>::decode(payload).unwrap())
        .collect()
}

#[tokio::test]
async fn requests_that_stream_are_sent_again_whole_where_they_were_refused() {
    let scripted = Scripted::new(quick(), &[REFUSE, REFUSE]).await;
    let result = upload(&scripted, letters(&["a", "b", "c"])).await;
    assert_eq!(result.unwrap(), text("c"));
    assert_eq!((scripted.streams(), scripted.processed()), (3, 1));
    assert_eq!(requests(&scripted, 0), [text("a"), text("b"), text("c")]);
    scripted.close().await;

    let scripted = Scripted::new(quick(), &[REFUSE; 4]).await;
    let status = upload(&scripted, letters(&["a"])).await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE);
    assert!(status.message().contains("before it began"), "{status}");
    assert_eq!((scripted.streams(), scripted.processed()), (3, 0));
    scripted.close().await;
}

#[tokio::test]
async fn a_chat_goes_on_where_it_was_refused() {
    let scripted = Scripted::new(quick(), &[REFUSE, REFUSE]).await;
    let (mut sender, mut replies) = chat(&scripted).await;
    let sending = async {
        for letter in ["a", "b", "c", "d"] {
            sender.send(letter.to_owned()).await.unwrap();
            // while the other side finds out
            tokio::task::yield_now().await;
        }
        sender.finish();
    };
    let ((), reply) = tokio::join!(sending, replies.message());
    assert_eq!(reply.unwrap().unwrap(), "d");
    assert_eq!(replies.message().await.unwrap(), None);
    assert_eq!((scripted.streams(), scripted.processed()), (3, 1));
    assert_eq!(
        requests(&scripted, 0),
        ["a", "b", "c", "d"].map(text),
        "each once, in their order"
    );
    scripted.close().await;

    // its sender may be gone by then
    let scripted = Scripted::new(quick(), &[REFUSE]).await;
    let (mut sender, mut replies) = chat(&scripted).await;
    sender.send("a".to_owned()).await.unwrap();
    drop(sender);
    assert_eq!(replies.message().await.unwrap().unwrap(), "a");
    scripted.close().await;
}

#[tokio::test]
async fn a_chat_that_is_refused_for_good_ends_for_both_sides() {
    let scripted = Scripted::new(quick(), &[REFUSE; 9]).await;
    let (mut sender, mut replies) = chat(&scripted).await;
    sender.send("a".to_owned()).await.unwrap();
    let status = replies.message().await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    let status = sender.send("b".to_owned()).await.unwrap_err();
    assert!(status.message().contains("the responses say why"), "{status}");
    assert_eq!(scripted.streams(), 3);
    scripted.close().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_sent_once() {
    let noise = |number: u8| {
        let mut noise = vec![number; 60_000];
        blake3::Hasher::new()
            .update(&[number])
            .finalize_xof()
            .fill(&mut noise);
        noise
            .iter()
            .map(|byte| char::from(32 + byte % 95))
            .collect::<String>()
    };
    let scripted = Scripted::new(quick(), &[REFUSE, REFUSE]).await;
    let requests = futures_util::stream::iter((0..12).map(noise));
    let status = upload(&scripted, requests).await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    assert_eq!((scripted.streams(), scripted.processed()), (1, 0));
    scripted.close().await;

    let scripted = Scripted::new(RetryPolicy::off(), &[REFUSE]).await;
    let status = upload(&scripted, letters(&["a"])).await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    assert_eq!(scripted.streams(), 1);
    scripted.close().await;
}

#[tokio::test]
async fn a_stream_that_the_server_has_begun_is_not_sent_again() {
    let scripted = Scripted::new(quick(), &[Step::Begin]).await;
    let (mut sender, mut replies) = chat(&scripted).await;
    sender.send("a".to_owned()).await.unwrap();
    assert_eq!(replies.message().await.unwrap().unwrap(), "begun");
    scripted.script.refuse.notify_one();
    let status = replies.message().await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    assert_eq!(scripted.streams(), 1);
    scripted.close().await;

    for step in [Step::CloseUnread, Step::CloseRead, Step::Unavailable] {
        let scripted = Scripted::new(quick(), &[step]).await;
        let status = upload(&scripted, letters(&["a"])).await.unwrap_err();
        assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
        assert_eq!(scripted.streams(), 1);
        scripted.close().await;
    }
}

#[tokio::test]
async fn a_chat_dropped_while_it_is_made_again_is_cancelled() {
    let mut policy = RetryPolicy::default();
    policy.least = Duration::from_secs(3600);
    policy.most = policy.least;
    let scripted = Scripted::new(policy, &[REFUSE]).await;
    let (mut sender, mut replies) = chat(&scripted).await;
    sender.send("a".to_owned()).await.unwrap();
    assert!(
        futures_util::future::poll_immediate(replies.message())
            .await
            .is_none()
    );
    drop(replies);
    drop(sender);
    scripted.probe.echo("next").await.unwrap();
    scripted.close().await;
}
