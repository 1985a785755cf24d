//! The client: what a line says is called, and what came of it is a line.

use crate::generated::corners::services::{In, ManyRequest, Out, ShapesClient};
use crate::generated::fleet::common::Level;
use crate::generated::fleet::control::{Command, ControlClient, LogEntry, ShellClient, TailRequest};
use crate::generated::hello::{HelloClient, HelloRequest};
use crate::generated::{Any, BareClient, EchoClient, FailRequest, PeerClient, echo};
use crate::{itself, wire};
use aster_runtime::codegen::v1::{BidiCall, BigDecimal, Message, SignedDuration, Stub, StubError, Timestamp};
use aster_runtime::raw::Payload;
use aster_runtime::{Client, Node, Status, Streaming, Ticket};
use data_encoding::BASE64;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::BTreeSet;
use std::fmt::Write as _;

pub(crate) struct Commands {
    node: Node,
    client: Option<Client>,
    server: Option<Ticket>,
}

/// Why a command has no payloads: the call's status, or that there is no client for it.
enum Failure {
    Status(Status),
    Stub(StubError),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<StubError> for Failure {
    fn from(error: StubError) -> Self {
        Self::Stub(error)
    }
}

type Answer = Result<Vec<Vec<u8>>, Failure>;

impl Commands {
    pub(crate) fn new(node: &Node) -> Self {
        Self {
            node: node.clone(),
            client: None,
            server: None,
        }
    }

    /// What one command came to. What is no command ends the program.
    pub(crate) async fn run(&mut self, line: &str) -> anyhow::Result<String> {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        if name == "connect" {
            let address: Ticket = words.next().unwrap_or_default().parse()?;
            self.client = Some(Client::connect(&self.node, address.clone()).await?);
            self.server = Some(address);
            return Ok("ok".to_owned());
        }
        let payloads = words
            .map(|word| BASE64.decode(word.as_bytes()))
            .collect::<Result<Vec<_>, _>>()?;
        let Some(client) = &self.client else {
            anyhow::bail!("not connected");
        };
        let answer = match name {
            "wire" | "wire.open" => {
                let Some(server) = &self.server else {
                    anyhow::bail!("not connected");
                };
                Ok(wire::write(&self.node, server, &payloads[0], name == "wire").await?)
            }
            "echo.unary" | "echo.server_stream" | "echo.client_stream" | "echo.bidi" => {
                echoes(client, name, messages(&payloads)?).await
            }
            "bare.unary" | "bare.server_stream" | "bare.client_stream" | "bare.bidi" => {
                bare(client, name, messages(&payloads)?).await
            }
            "raw" => raw(client, &payloads).await,
            "raw.open" => raw_open(client, &payloads).await,
            _ if name.starts_with("itself.") => {
                let case = name.trim_start_matches("itself.");
                itself::call(client, case, &payloads).await.map_err(Failure::from)
            }
            "fail" => fail(client, FailRequest::decode(&payloads[0])?).await,
            "moments" => moments(client).await,
            "drop" => drops(client).await,
            "examples" => examples(client).await,
            _ => anyhow::bail!("no command: {name}"),
        };
        let mut text = String::new();
        match answer {
            Ok(payloads) => {
                text.push_str("ok");
                for payload in payloads {
                    write!(text, " {}", BASE64.encode(&payload))?;
                }
            }
            Err(Failure::Stub(error)) => {
                let kind = match error {
                    StubError::ContractMismatch { .. } => "mismatch",
                    StubError::ServiceNotFound { .. } => "missing",
                    _ => "stub",
                };
                write!(text, "{kind} {}", BASE64.encode(error.to_string().as_bytes()))?;
            }
            Err(Failure::Status(status)) => {
                let message = BASE64.encode(status.message().as_bytes());
                write!(text, "error {} {message}", status.code().0)?;
                for (key, value) in status.details() {
                    write!(text, " d:{key}={}", BASE64.encode(value))?;
                }
                for (key, value) in status.metadata().iter() {
                    write!(text, " m:{key}={}", BASE64.encode(value.as_bytes()))?;
                }
            }
        }
        Ok(text)
    }
}

/// The payloads as messages: static code reads them.
fn messages(payloads: &[Vec<u8>]) -> anyhow::Result<Vec<Any>> {
    Ok(payloads
        .iter()
        .map(|payload| Any::decode(payload))
        .collect::<Result<_, _>>()?)
}

fn payload<T: Message>(message: &T) -> Result<Vec<u8>, Failure> {
    let mut buffer = Vec::new();
    match message.encode(&mut buffer) {
        Ok(()) => Ok(buffer),
        Err(error) => Err(Status::internal(error.to_string()).into()),
    }
}

async fn all<T>(responses: Streaming<T>) -> Result<Vec<T>, Status> {
    responses.try_collect().await
}

/// Sends all requests while responses are read.
async fn both<I, O>(call: BidiCall<I, O>, requests: Vec<I>) -> Result<Vec<O>, Status>
where
    I: Send + 'static,
    O: Send + 'static,
{
    let (mut sender, responses) = call.await?;
    let sending = async move {
        for request in requests {
            // what the responses end with says why
            if sender.send(request).await.is_err() {
                break;
            }
        }
        sender.finish();
    };
    let ((), responses) = futures_util::join!(sending, all(responses));
    responses
}

async fn echoes(client: &Client, method: &str, messages: Vec<Any>) -> Answer {
    let echo = EchoClient::new(client)?;
    let answers = match method {
        "echo.unary" => {
            let mut answers = Vec::new();
            for message in messages {
                answers.push(echo.unary(message).await?);
            }
            answers
        }
        "echo.server_stream" => {
            let mut answers = Vec::new();
            for message in messages {
                answers.extend(all(echo.server_stream(message).await?).await?);
            }
            answers
        }
        "echo.client_stream" => vec![echo.client_stream(stream::iter(messages)).await?],
        _ => both(echo.bidi(), messages).await?,
    };
    answers.iter().map(payload).collect()
}

async fn bare(client: &Client, method: &str, messages: Vec<Any>) -> Answer {
    let bare = BareClient::new(client)?;
    let values: Vec<_> = messages.into_iter().map(|message| message.value).collect();
    let answers = match method {
        "bare.unary" => {
            let mut answers = Vec::new();
            for value in values {
                answers.push(bare.unary(value).await?);
            }
            answers
        }
        "bare.server_stream" => {
            let mut answers = Vec::new();
            for value in values {
                answers.extend(all(bare.server_stream(value).await?).await?);
            }
            answers
        }
        "bare.client_stream" => vec![bare.client_stream(stream::iter(values)).await?],
        _ => both(bare.bidi(), values).await?,
    };
    answers.into_iter().map(|value| payload(&Any { value })).collect()
}

/// Sends payloads as they are: the first alone, then all in one stream.
async fn raw(client: &Client, payloads: &[Vec<u8>]) -> Answer {
    let stub = Stub::new(client, echo())?;
    if let [payload] = payloads {
        let answer = stub.raw_unary(0, Payload::holding(payload)).await?;
        return Ok(vec![answer.to_vec()]);
    }
    let payloads = payloads.iter().map(|payload| Payload::holding(payload)).collect();
    let answers = both(stub.raw_bidi_stream(3), payloads).await?;
    Ok(answers.iter().map(|answer| answer.to_vec()).collect())
}

/// Sends payloads as they are in one stream, whose end does not come before that of the responses.
async fn raw_open(client: &Client, payloads: &[Vec<u8>]) -> Answer {
    let (mut sender, responses) = Stub::new(client, echo())?.raw_bidi_stream(3).await?;
    for payload in payloads {
        sender.send(Payload::holding(payload)).await?;
    }
    let answers = all(responses).await?;
    sender.finish();
    Ok(answers.iter().map(|answer| answer.to_vec()).collect())
}

async fn fail(client: &Client, request: FailRequest) -> Answer {
    let FailRequest {
        code,
        message,
        details,
        trailer,
    } = request;
    PeerClient::new(client)?
        .fail(code, message, details, trailer)
        .await?;
    Ok(Vec::new())
}

async fn moments(client: &Client) -> Answer {
    all(PeerClient::new(client)?.moments().await?)
        .await?
        .iter()
        .map(payload)
        .collect()
}

/// Breaks off a stream of responses, then one of requests. Each time the peer says that its handler has ended.
async fn drops(client: &Client) -> Answer {
    let peer = PeerClient::new(client)?;
    let mut responses = peer.endless(vec![0; 1024]).await?;
    assert_eq!(responses.message().await?, Some(0));
    // the handler runs ahead no further than there is room
    let mut made = 0;
    for _ in 0..100 {
        made = peer.made().await?;
    }
    assert!((1..100_000).contains(&made), "{made}");
    drop(responses);
    peer.gone().await?;

    let requests = stream::repeat_with(|| vec![0; 1024]);
    let mut call = Box::pin(peer.swallow(requests).into_future());
    let begun = async {
        while peer.made().await? == 0 {}
        Ok::<_, Status>(())
    };
    tokio::select! {
        answer = &mut call => panic!("it ended with {answer:?}"),
        begun = begun => begun?,
    }
    drop(call);
    peer.gone().await?;
    Ok(Vec::new())
}

/// Calls every method of the examples' services, and holds the answers against what `examples.rs` would give.
async fn examples(client: &Client) -> Answer {
    let reply = HelloClient::new(client)?.greet(HelloRequest::new("Ada")).await?;
    assert_eq!((reply.text.as_str(), reply.at), ("Ada 0", Timestamp::UNIX_EPOCH));

    let control = ControlClient::new(client)?;
    let status = control.status("名前", true).await?;
    assert_eq!((status.agent.as_str(), status.load), ("名前", vec![0.5]));
    let Some(crate::generated::fleet::control::Outcome::Done(report)) = status.outcome else {
        panic!("{:?}", status.outcome)
    };
    assert_eq!(
        (report.steps, report.took),
        (3, SignedDuration::from_millis(-1500))
    );
    assert_eq!(control.status("b", false).await?.outcome, None);
    let entry = |text: &str| LogEntry::new("a", Timestamp::UNIX_EPOCH, text);
    control.submit(entry("x")).await?;
    let refused = control.submit(entry("")).await.err();
    assert_eq!(
        refused.map(|status| status.message().to_owned()).as_deref(),
        Some("the line is empty")
    );
    let mut wanted = TailRequest::new(BTreeSet::from(["a".to_owned(), "é".to_owned()]));
    wanted.level = Level::Error;
    let lines = all(control.tail(wanted).await?).await?;
    let mut agents: Vec<_> = lines
        .iter()
        .map(|line| (line.agent.as_str(), line.level))
        .collect();
    agents.sort_unstable_by_key(|(agent, _)| *agent);
    assert_eq!(agents, [("a", Level::Error), ("é", Level::Error)]);
    let taken = control.ingest(stream::iter(vec![entry("x"); 700])).await?;
    assert_eq!(taken.lines, 700);
    let mut command = Command::new("ls");
    command.arguments = vec!["-l".to_owned(), "🎈".to_owned()];
    let output = both(control.exec(), vec![command, Command::new("cd")]).await?;
    let output: Vec<_> = output
        .iter()
        .map(|output| (output.line.as_str(), output.code))
        .collect();
    assert_eq!(output, [("ls -l 🎈", Some(30)), ("cd ", Some(30))]);

    let (first, second) = (client.session(), client.session());
    let (first, second) = (ShellClient::new(&first)?, ShellClient::new(&second)?);
    first.cd("/tmp").await?;
    assert_eq!(first.ls().await?.path, "/tmp");
    assert_eq!(second.ls().await?.path, "/");

    let shapes = ShapesClient::new(client)?;
    let words = |words: [&str; 2]| words.map(In::new).to_vec();
    assert_eq!(shapes.unary(In::new("é🎈")).await?, Out::new("é🎈"));
    assert_eq!(shapes.unary_value(In::new("é🎈")).await?, -2);
    assert_eq!(
        shapes.unary_list(In::new("a")).await?,
        [Some("a".to_owned()), None]
    );
    assert_eq!(shapes.unary_maybe(In::new("")).await?, None);
    assert_eq!(shapes.unary_maybe(In::new("a")).await?, Some(Out::new("a")));
    shapes.unary_nothing(In::new("")).await?;
    assert_eq!(shapes.no_parameters().await?, Out::new("none"));
    assert!(shapes.parameters("a", 7, None, vec![In::new("a")]).await?);
    assert!(
        !shapes
            .parameters("a", 7, Some(Out::new("")), vec![In::new("a")])
            .await?
    );
    shapes
        .many(ManyRequest::new(-128, 127, 0, 1, 2, 3, "-128 127 0 1 2 3"))
        .await?;
    let letters = all(shapes.server_stream(In::new("aé🎈")).await?).await?;
    assert_eq!(letters, ["a", "é", "🎈"].map(Out::new));
    assert_eq!(
        all(shapes.server_stream_value(-2, 3).await?).await?,
        [-2, -1, 0, 1, 2]
    );
    assert_eq!(
        shapes.client_stream(stream::iter(words(["a", "é"]))).await?,
        Out::new("aé")
    );
    let texts = stream::iter(["a", "é"]).map(str::to_owned);
    assert_eq!(shapes.client_stream_value(texts).await?, 3);
    shapes.client_stream_nothing(stream::empty()).await?;
    assert_eq!(
        both(shapes.bidi(), words(["a", "é"])).await?,
        ["a", "é"].map(Out::new)
    );
    let bytes = vec![vec![], vec![0, 255]];
    assert_eq!(both(shapes.bidi_value(), bytes.clone()).await?, bytes);
    let digits = "-1234567890123456789012345678901234567890.5";
    let decimals = both(shapes.bidi_mixed(), words([digits, "0.10"])).await?;
    let expected: Vec<BigDecimal> = [digits, "0.10"]
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    assert_eq!(decimals, expected);
    Ok(Vec::new())
}
