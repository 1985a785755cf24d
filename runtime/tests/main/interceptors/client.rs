//! What sees every call of a client.

use super::Journal;
use crate::support::{Pair, ProbeClient, Text, text};
use aster_runtime::codegen::v1;
use aster_runtime::interceptor::{
    Before, CircuitBreaker, ClientCall, ClientInterceptor, Outcome, RateLimit, RateLimitPer,
};
use aster_runtime::{Client, ClientBuilder, Code, Status};
use futures_util::stream;
use std::time::Duration;
use tokio::sync::Notify;

/// Another client of the pair's, with what `add` adds.
pub(super) async fn watched(pair: &Pair, add: impl FnOnce(ClientBuilder) -> ClientBuilder) -> ProbeClient {
    let client = add(Client::builder(&pair.client_node))
        .connect(pair.server_node.address())
        .await
        .unwrap();
    ProbeClient(v1::Stub::new(&client, &crate::support::PROBE).unwrap())
}

struct Named(&'static str, Journal);

impl ClientInterceptor for Named {
    fn before<'a>(&'a self, call: &'a mut ClientCall) -> Before<'a> {
        Box::pin(async move {
            self.1.write(format!("{} before {}", self.0, call.method()));
            call.add_metadata(format!("from-{}", self.0), call.call_id().to_string())?;
            match call.metadata().get("refused-by") {
                Some(name) if name == self.0 => Err(Status::permission_denied("not today")),
                Some("wait") if self.0 == "b" => std::future::pending().await,
                _ => Ok(()),
            }
        })
    }

    fn on_attempt(&self, call: &ClientCall, attempt: u32) {
        self.1
            .write(format!("{} attempt {attempt} {}", self.0, call.method()));
    }

    fn after(&self, call: &ClientCall, outcome: &Outcome<'_>) {
        let code = outcome.code();
        self.1
            .write(format!("{} after {} {}", self.0, call.method(), code.as_str()));
        assert!(call.metadata().get("panic-after").is_none(), "it costs nobody");
    }
}

async fn named(pair: &Pair) -> (ProbeClient, Journal) {
    let journal = Journal::default();
    let client = watched(pair, |builder| {
        let builder = builder.interceptor(Named("a", journal.clone()));
        builder.interceptor(Named("b", journal.clone()))
    })
    .await;
    (client, journal)
}

fn call(method: &str, code: &str) -> Vec<String> {
    let lines = [
        format!("a before {method}"),
        format!("b before {method}"),
        format!("a attempt 1 {method}"),
        format!("b attempt 1 {method}"),
        format!("b after {method} {code}"),
        format!("a after {method} {code}"),
    ];
    lines.into()
}

/// A message that no text fits.
struct Number;

static NUMBER: v1::TypeInfo = v1::TypeInfo::new("probe.Number", &[1, 0, 0, 0, 0, 0, 0, 0, 2]);

impl v1::Message for Number {
    const TYPE: &'static v1::TypeInfo = &NUMBER;

    fn write_fields(&self, _: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        Ok(())
    }

    fn read_fields(_: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self)
    }
}

#[tokio::test]
async fn every_call_is_seen_once_in_every_pattern_however_it_ends() {
    let pair = Pair::new().await;
    let (client, journal) = named(&pair).await;
    let mut expected = Vec::new();

    client.echo("x").await.unwrap();
    expected.extend(call("echo", "OK"));
    client.unary(0, "x").with_response().await.unwrap();
    expected.extend(call("echo", "OK"));
    client.unary(1, "x").await.unwrap_err();
    expected.extend(call("fail", "NOT_FOUND"));
    client.unary(9, "x").await.unwrap_err();
    expected.extend(call("impatient", "DEADLINE_EXCEEDED"));
    let misread: v1::UnaryCall<Number> = client.0.unary(0, text("x"), |out: Number| out);
    misread.await.map(drop).unwrap_err();
    expected.extend(call("echo", "CONTRACT_VIOLATION"));

    let count = |number: &str| client.0.server_stream(5, text(number), |out: Text| out.0);
    let mut items = count("2").await.unwrap();
    while items.message().await.unwrap().is_some() {}
    expected.extend(call("count", "OK"));
    assert_eq!(journal.lines(0).await, expected, "when the last message was read");
    drop(items);
    drop(count("1000000").await.unwrap());
    expected.extend(call("count", "CANCELLED"));
    let mut items = count("no number").await.unwrap();
    items.message().await.unwrap_err();
    drop(items);
    expected.extend(call("count", "INVALID_ARGUMENT"));
    let mut misread = client
        .0
        .server_stream(5, text("2"), |_: Number| ())
        .await
        .unwrap();
    misread.message().await.unwrap_err();
    drop(misread);
    expected.extend(call("count", "CONTRACT_VIOLATION"));

    let collect = client
        .0
        .client_stream(6, stream::iter(["x"]), text, |out: Text| out.0);
    collect.await.unwrap();
    expected.extend(call("collect", "OK"));
    let chat = || {
        client
            .0
            .bidi_stream(7, |item: String| text(item), |out: Text| out.0)
    };
    let (sender, mut replies) = chat().await.unwrap();
    sender.finish();
    assert_eq!(replies.message().await.unwrap(), None);
    expected.extend(call("chat", "OK"));
    drop(chat().await.unwrap());
    expected.extend(call("chat", "CANCELLED"));

    // the caller gives up
    let hanging = tokio::spawn(client.unary(2, "x").into_future());
    journal.lines(expected.len() + 4).await;
    hanging.abort();
    expected.extend(call("hang", "CANCELLED"));
    assert_eq!(journal.lines(expected.len()).await, expected);
    pair.close().await;
}

#[tokio::test]
async fn what_they_add_is_sent_and_what_they_refuse_is_not() {
    let pair = Pair::new().await;
    let (client, journal) = named(&pair).await;
    let told = client.unary(4, "").metadata("k", "v").await.unwrap();
    assert_eq!(told.0, "probe.Probe metadata k=v from-a=1 from-b=1");
    let told = client.unary(4, "").await.unwrap();
    assert_eq!(told.0, "probe.Probe metadata from-a=2 from-b=2");
    journal.lines(12).await;

    let hang = client.unary(2, "x").metadata("refused-by", "b");
    let status = hang.await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::PERMISSION_DENIED, "not today")
    );
    assert_eq!(
        journal.lines(15).await[12..],
        ["a before hang", "b before hang", "a after hang PERMISSION_DENIED"]
    );
    let hang = client.unary(2, "x").metadata("refused-by", "wait");
    let status = hang.deadline(Duration::from_millis(30)).await.unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED);
    let echo = client.echo("x").metadata("panic-after", "");
    echo.await.unwrap();
    // metadata against the rules ends a call that was seen
    let bad = client.echo("x").metadata("Not Lower", "");
    assert_eq!(bad.await.unwrap_err().code(), Code::INVALID_ARGUMENT);
    let lines = journal.lines(18 + 6 + 4).await;
    assert_eq!(lines.last().unwrap(), "a after echo INVALID_ARGUMENT");
    assert_eq!(pair.seen.begun.load(std::sync::atomic::Ordering::SeqCst), 0);
    pair.close().await;
}

#[tokio::test]
async fn a_rate_limit_holds_calls_back_before_they_are_sent() {
    let pair = Pair::new().await;
    let limit = RateLimit::new(RateLimitPer::Method, 0.001, 1);
    let client = watched(&pair, |builder| builder.interceptor(limit)).await;
    client.echo("x").await.unwrap();
    let status = client.echo("x").await.unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED);
    assert!(status.detail("retry-after-ms").is_some());
    client.unary(4, "another method").await.unwrap();
    pair.close().await;
}

/// Tells the test when a call has come through all interceptors.
struct Passed(std::sync::Arc<Notify>);

impl ClientInterceptor for Passed {
    fn on_attempt(&self, _: &ClientCall, _: u32) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_circuit_breaker_spares_a_server_that_fails_and_tries_it_again() {
    let pair = Pair::new().await;
    let passed = std::sync::Arc::new(Notify::new());
    let breaker = CircuitBreaker::new(3, Duration::from_millis(200));
    let client = watched(&pair, |builder| {
        let builder = builder.interceptor(breaker);
        builder.interceptor(Passed(passed.clone()))
    })
    .await;
    for _ in 0..5 {
        // an error of the caller's own is none of the server's
        let status = client.unary(1, "x").await.unwrap_err();
        assert_eq!(status.code(), Code::NOT_FOUND);
    }
    for _ in 0..3 {
        let status = client.unary(3, "x").await.unwrap_err();
        assert_eq!(status.code(), Code::INTERNAL);
    }
    passed.notified().await;
    let status = client.echo("x").await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE);
    assert!(status.detail("retry-after-ms").is_some());
    assert!(status.message().contains("not sent"), "{status}");
    let other = watched(&pair, |builder| builder).await;
    other.echo("x").await.unwrap();
    // it is tried again once the pause is over
    let trying = async {
        loop {
            let result = client.echo("back").await;
            match result {
                Ok(reply) => return reply,
                Err(status) => assert_eq!(status.code(), Code::UNAVAILABLE),
            }
            tokio::task::yield_now().await;
        }
    };
    let reply = tokio::time::timeout(Duration::from_secs(60), trying).await;
    assert_eq!(reply.unwrap(), text("back"));
    client.echo("x").await.unwrap();
    pair.close().await;
}
