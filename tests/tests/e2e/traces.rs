//! Traces of calls, as an OpenTelemetry exporter gets them.

use aster_runtime::codegen::v1::{Context, Status};
use aster_runtime::{Client, Node, Server};
use aster_tests::golden::fleet_tree::fleet::control::{
    CdRequest, Listing, LsRequest, Shell, ShellClient, ShellServer,
};
use opentelemetry::trace::{SpanId, SpanKind, Status as SpanStatus, TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt as _;

/// `ls` asks the next one, if there is one; `cd` fails.
#[derive(Clone)]
struct Chained(Option<ShellClient>);

impl Shell for Chained {
    async fn cd(&self, request: CdRequest, _: &Context) -> Result<(), Status> {
        Err(Status::permission_denied(request.path))
    }

    async fn ls(&self, _: LsRequest, context: &Context) -> Result<Listing, Status> {
        match &self.0 {
            Some(next) => next.ls().await,
            None => {
                let trace = context.metadata().get("traceparent").unwrap_or_default();
                Ok(Listing::new(trace, Vec::new()))
            }
        }
    }
}

async fn serve(shell: Chained) -> (Node, ShellClient, Node) {
    let (node, client_node) = (
        Node::dev().spawn().await.unwrap(),
        Node::dev().spawn().await.unwrap(),
    );
    let service = ShellServer::per_session(move |_| shell.clone());
    let server = Server::builder(&node).add(service).build().unwrap();
    tokio::spawn(async move { server.serve().await.unwrap() });
    let client = Client::connect(&client_node, node.address()).await.unwrap();
    let shell = ShellClient::new(&client.session()).unwrap();
    (node, shell, client_node)
}

#[tokio::test]
async fn a_chain_of_calls_is_one_trace() {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let (second_node, second, first_as_client) = serve(Chained(None)).await;
    let (first_node, first, client_node) = serve(Chained(Some(second))).await;
    let listing = first.ls().await.unwrap();
    first.cd("/root").await.unwrap_err();
    for node in [client_node, first_node, first_as_client, second_node] {
        node.close().await;
    }

    let spans: Vec<SpanData> = exporter
        .get_finished_spans()
        .unwrap()
        .into_iter()
        .filter(|span| span.name.starts_with("fleet.control.Shell/"))
        .collect();
    let child_of = |parent: SpanId, kind: SpanKind| {
        let mut children = spans
            .iter()
            .filter(|span| span.parent_span_id == parent && span.span_kind == kind);
        let child = children.next().unwrap();
        assert!(children.next().is_none());
        child
    };
    let root = spans
        .iter()
        .find(|span| span.parent_span_id == SpanId::INVALID && span.name.ends_with("/ls"))
        .unwrap();
    assert_eq!(root.span_kind, SpanKind::Client);
    let server = child_of(root.span_context.span_id(), SpanKind::Server);
    let nested = child_of(server.span_context.span_id(), SpanKind::Client);
    let last = child_of(nested.span_context.span_id(), SpanKind::Server);
    let trace = root.span_context.trace_id();
    for span in [server, nested, last] {
        assert_eq!(span.span_context.trace_id(), trace);
        assert_eq!(span.name, "fleet.control.Shell/ls");
        assert_eq!(span.status, SpanStatus::Unset);
    }
    let expected = format!("00-{trace}-{}-01", nested.span_context.span_id());
    assert_eq!(listing.path, expected);

    let failed: Vec<_> = spans.iter().filter(|span| span.name.ends_with("/cd")).collect();
    assert_eq!(failed.len(), 2);
    for span in failed {
        // being refused is an error to the caller, and none of the server's
        assert_eq!(
            matches!(span.status, SpanStatus::Error { .. }),
            span.span_kind == SpanKind::Client
        );
    }
}
