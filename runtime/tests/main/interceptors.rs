//! What sees every call of a server, and every call of a client.

mod client;

use crate::support::{self, Pair, ProbeClient, text};
use aster_runtime::interceptor::{
    Audit, Before, Metrics, Outcome, RateLimit, RateLimitPer, ServerInterceptor,
};
use aster_runtime::{Code, Context, DevRoles, Node, NodeBuilder, PeerId, ServerBuilder, Status};
use futures_util::{StreamExt as _, stream};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down what it sees.
#[derive(Clone, Default)]
struct Journal {
    lines: Arc<Mutex<Vec<String>>>,
    written: Arc<Notify>,
}

impl Journal {
    fn write(&self, line: String) {
        self.lines.lock().unwrap().push(line);
        self.written.notify_waiters();
    }

    /// Everything, once there are so many lines.
    async fn lines(&self, count: usize) -> Vec<String> {
        loop {
            let written = self.written.notified();
            let lines = self.lines.lock().unwrap().clone();
            if lines.len() >= count {
                return lines;
            }
            written.await;
        }
    }
}

struct Named(&'static str, Journal);

impl ServerInterceptor for Named {
    fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
        Box::pin(async move {
            self.1.write(format!("{} before {}", self.0, call.method()));
            match call.metadata().get("refused-by") {
                Some(name) if name == self.0 => Err(Status::permission_denied("not today")),
                Some("panic") => panic!("an interceptor's secret"),
                Some("wait") if self.0 == "b" => std::future::pending().await,
                _ => Ok(()),
            }
        })
    }

    fn after(&self, call: &Context, outcome: &Outcome<'_>) {
        self.1.write(format!(
            "{} after {} {}",
            self.0,
            call.method(),
            outcome.code().as_str()
        ));
        assert!(call.metadata().get("panic-after").is_none(), "another secret");
    }
}

/// A server with two interceptors, and what `add` adds.
async fn serve(add: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Pair, Journal) {
    serve_at(Node::dev(), add).await
}

async fn serve_at(node: NodeBuilder, add: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Pair, Journal) {
    let journal = Journal::default();
    let (server, client) = (node.spawn().await.unwrap(), Node::dev().spawn().await.unwrap());
    let build = |builder: ServerBuilder| {
        let builder = builder.interceptor(Named("a", journal.clone()));
        add(builder.interceptor(Named("b", journal.clone())))
    };
    let pair = Pair::building(server, client, build).await;
    (pair, journal)
}

#[tokio::test]
async fn every_call_is_seen_once_in_every_pattern_however_it_ends() {
    let (pair, journal) = serve(|builder| builder).await;
    let client = &pair.probe;
    client.echo("x").await.unwrap();
    client.unary(1, "x").await.unwrap_err();
    client.unary(3, "boom").await.unwrap_err();
    let counted: Vec<_> = client
        .0
        .server_stream(5, text("3"), |out: support::Text| out.0)
        .await
        .unwrap()
        .collect()
        .await;
    assert_eq!(counted.len(), 3);
    client
        .0
        .client_stream(6, stream::iter(["x"]), text, |out: support::Text| out.0)
        .await
        .unwrap();
    let (sender, mut replies) = client
        .0
        .bidi_stream(7, |item: String| text(item), |out: support::Text| out.0)
        .await
        .unwrap();
    sender.finish();
    assert!(replies.next().await.is_none());
    // the caller gives up
    let hanging = tokio::spawn(client.unary(2, "x").into_future());
    pair.seen.begun(4).await;
    hanging.abort();
    let mut expected = Vec::new();
    for (method, code) in [
        ("echo", "OK"),
        ("fail", "NOT_FOUND"),
        ("panic", "INTERNAL"),
        ("count", "OK"),
        ("collect", "OK"),
        ("chat", "OK"),
        ("hang", "CANCELLED"),
    ] {
        expected.extend([
            format!("a before {method}"),
            format!("b before {method}"),
            format!("b after {method} {code}"),
            format!("a after {method} {code}"),
        ]);
    }
    assert_eq!(journal.lines(expected.len()).await, expected);
    pair.close().await;
}

#[tokio::test]
async fn one_that_refuses_is_the_last_to_see_the_call() {
    let (pair, journal) = serve(|builder| builder).await;
    let client = &pair.probe;
    let status = client.echo("x").metadata("refused-by", "b").await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::PERMISSION_DENIED, "not today")
    );
    let expected = ["a before echo", "b before echo", "a after echo PERMISSION_DENIED"];
    assert_eq!(journal.lines(3).await, expected);
    pair.close().await;
}

#[tokio::test]
async fn one_that_panics_or_waits_costs_its_call_only() {
    let (pair, journal) = serve(|builder| builder).await;
    let client = &pair.probe;
    let status = client
        .echo("x")
        .metadata("refused-by", "panic")
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::INTERNAL);
    assert!(!status.message().contains("secret"), "{status}");
    client.echo("x").metadata("panic-after", "").await.unwrap();
    let soon = Duration::from_millis(30);
    let status = client
        .echo("x")
        .metadata("refused-by", "wait")
        .deadline(soon)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED);
    client.echo("x").await.unwrap();
    let lines = journal.lines(12).await;
    assert!(lines.contains(&"a after echo OK".to_owned()), "{lines:?}");
    pair.close().await;
}

#[tokio::test]
async fn gates_come_before_interceptors() {
    let (pair, journal) = serve_at(Node::dev().dev_roles(DevRoles::Only(Vec::new())), |builder| {
        builder
    })
    .await;
    let status = pair.probe.unary(8, "x").await.unwrap_err();
    assert_eq!(status.code(), Code::PERMISSION_DENIED);
    pair.probe.echo("x").await.unwrap();
    assert_eq!(journal.lines(4).await[0], "a before echo");
    pair.close().await;
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_again() {
    let (pair, _) =
        serve(|builder| builder.interceptor(RateLimit::new(RateLimitPer::PeerAndMethod, 0.001, 2))).await;
    let client = &pair.probe;
    client.echo("x").await.unwrap();
    client.echo("x").await.unwrap();
    let status = client.echo("x").await.unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED);
    let wait: u64 = String::from_utf8_lossy(status.detail("retry-after-ms").unwrap())
        .parse()
        .unwrap();
    assert!((1..=1_000_001).contains(&wait), "{wait}");
    client.unary(4, "another method").await.unwrap();
    pair.close().await;
}

/// Every event and span, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("aster")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = attributes.metadata().name().to_owned();
        attributes.record(&mut Text(&mut line));
        self.0.lock().unwrap().push(line);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = "recorded".to_owned();
        values.record(&mut Text(&mut line));
        self.0.lock().unwrap().push(line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = event.metadata().target().to_owned();
        event.record(&mut Text(&mut line));
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn calls_have_a_span_and_a_line_in_the_audit_without_their_messages() {
    let log = Log::default();
    // while there is but one subscriber, a span that a thread without it reaches first is off for all threads
    let _second = tracing::Dispatch::new(Log::default());
    let _guard = tracing::subscriber::set_default(log.clone());
    let (pair, journal) = serve(|builder| builder.interceptor(Audit)).await;
    pair.probe
        .unary(1, "a secret")
        .metadata("secret-key", "hidden")
        .await
        .unwrap_err();
    journal.lines(4).await;
    let lines = log.0.lock().unwrap().clone();
    let peer = pair.client_node.id();
    let peer = PeerId(*peer.as_bytes()).to_string();
    let spans: Vec<_> = lines.iter().filter(|line| line.starts_with("rpc ")).collect();
    let [out, span] = spans[..] else {
        panic!("{spans:?}")
    };
    let server = PeerId(*pair.server_node.id().as_bytes()).to_string();
    assert!(
        out.contains("otel.kind=\"client\"") && out.contains(&server),
        "{out}"
    );
    for part in [
        "otel.kind=\"server\"",
        "rpc.system=\"aster\"",
        "rpc.service=\"probe.Probe\"",
        "rpc.method=\"fail\"",
        &peer,
    ] {
        assert!(span.contains(part), "{part} in {span}");
    }
    let recorded = |line: &&String| *line == "recorded rpc.status=\"NOT_FOUND\"";
    assert_eq!(
        lines.iter().filter(recorded).count(),
        2,
        "at both ends: {lines:?}"
    );
    let audit: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("aster::audit"))
        .collect();
    assert_eq!(audit.len(), 1);
    for part in [
        "service=\"probe.Probe\"",
        "method=\"fail\"",
        "code=\"NOT_FOUND\"",
        &peer,
    ] {
        assert!(audit[0].contains(part), "{part} in {}", audit[0]);
    }
    assert!(
        !lines
            .iter()
            .any(|line| line.contains("hidden") || line.contains("a secret")),
        "{lines:?}"
    );
    pair.close().await;
}

#[tokio::test]
async fn metrics_have_names_of_the_schema_and_codes_alone() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    let (pair, journal) = serve(|builder| builder.interceptor(Metrics)).await;
    let probe = client::watched(&pair, |builder| builder.interceptor(Metrics)).await;
    probe.echo("x").await.unwrap();
    probe.unary(1, "x").await.unwrap_err();
    journal.lines(8).await;
    let mut found = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<_> = key
            .key()
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => format!("{} values", values.len()),
        };
        found.push(format!("{}{{{}}} {value}", key.key().name(), labels.join(",")));
    }
    found.sort();
    assert_eq!(
        found,
        [
            "aster_client_attempts_total{service=probe.Probe,method=echo} 1",
            "aster_client_attempts_total{service=probe.Probe,method=fail} 1",
            "aster_client_call_seconds{service=probe.Probe,method=echo} 1 values",
            "aster_client_call_seconds{service=probe.Probe,method=fail} 1 values",
            "aster_client_calls_in_flight{service=probe.Probe,method=echo} 0",
            "aster_client_calls_in_flight{service=probe.Probe,method=fail} 0",
            "aster_client_calls_total{service=probe.Probe,method=echo,code=OK} 1",
            "aster_client_calls_total{service=probe.Probe,method=fail,code=NOT_FOUND} 1",
            "aster_server_call_seconds{service=probe.Probe,method=echo} 1 values",
            "aster_server_call_seconds{service=probe.Probe,method=fail} 1 values",
            "aster_server_calls_in_flight{service=probe.Probe,method=echo} 0",
            "aster_server_calls_in_flight{service=probe.Probe,method=fail} 0",
            "aster_server_calls_total{service=probe.Probe,method=echo,code=OK} 1",
            "aster_server_calls_total{service=probe.Probe,method=fail,code=NOT_FOUND} 1",
        ]
    );
    pair.close().await;
}

/// The time that each call has left.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Vec<Option<Duration>>>>);

impl ServerInterceptor for Left {
    fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
        self.0.lock().unwrap().push(call.deadline());
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A handler that calls on: it hands down what its own call has.
struct Relay(ProbeClient);

impl ServerInterceptor for Relay {
    fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
        let depth = call
            .metadata()
            .get("relay")
            .and_then(|depth| depth.parse::<u32>().ok());
        let Some(depth @ 1..) = depth else {
            return Box::pin(std::future::ready(Ok(())));
        };
        let nested = self.0.unary(4, "").metadata("relay", (depth - 1).to_string());
        let context = call.clone();
        Box::pin(async move {
            // in a task of its own, as handlers do
            let nested = tokio::spawn(context.scope(nested.into_future()));
            let told = nested.await.unwrap()?;
            Err(Status::aborted(told.0))
        })
    }
}

#[tokio::test]
async fn a_call_from_a_handler_carries_its_trace_and_ends_with_its_deadline() {
    let left = Left::default();
    let (inner, _) = serve(|builder| builder.interceptor(left.clone())).await;
    let (pair, _) = serve(|builder| builder.interceptor(Relay(inner.probe.clone()))).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let call = pair.probe.echo("x").metadata("relay", "1");
    let status = call
        .metadata("traceparent", trace)
        .metadata("tracestate", "a=1")
        .await
        .unwrap_err();
    assert_eq!(
        status.message(),
        format!("probe.Probe metadata relay=0 traceparent={trace} tracestate=a=1")
    );
    let soon = Duration::from_secs(5);
    pair.probe
        .echo("x")
        .metadata("relay", "1")
        .deadline(soon)
        .await
        .unwrap_err();
    let left = left.0.lock().unwrap().clone();
    let [default, set] = left.as_slice() else {
        panic!("{left:?}")
    };
    assert!(
        default.is_some_and(|left| left > soon) && set.is_some_and(|left| left <= soon),
        "{left:?}"
    );
    assert!(Context::current().is_none());
    pair.close().await;
    inner.close().await;
}
