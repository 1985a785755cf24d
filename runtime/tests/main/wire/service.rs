//! A service of which each method does one thing that handlers seldom do.

use super::HANG;
use crate::support::{Pair, Text, text};
use aster_runtime::codegen::v1;
use aster_runtime::{Limits, Node};
use futures_util::{StreamExt as _, stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

const fn method(name: &'static str, pattern: v1::Pattern) -> v1::MethodInfo {
    v1::MethodInfo {
        name,
        pattern,
        idempotent: false,
        timeout: None,
        requires: None,
    }
}

const fn soon(name: &'static str, pattern: v1::Pattern) -> v1::MethodInfo {
    v1::MethodInfo {
        timeout: Some(SOON),
        ..method(name, pattern)
    }
}

/// The `@timeout` of some methods.
const SOON: Duration = Duration::from_millis(60);

/// Says the deadline, call id and metadata of its call.
pub(super) const TELL: usize = 0;
/// Sets metadata: the request says where, how many entries, how long.
pub(super) const ANNOUNCE: usize = 1;
/// Answers with so many bytes, that shrink.
pub(super) const LARGE: usize = 2;
/// The same twice, in a stream.
pub(super) const LARGE_STREAM: usize = 3;
/// Leaves a task that sends without end, and never answers itself.
pub(super) const LINGER: usize = 4;
/// Leaves such a task, and answers.
pub(super) const LEAVE: usize = 5;
/// Never reads what it is sent.
pub(super) const IGNORE: usize = 6;
pub(super) const SOON_STREAM: usize = 7;
pub(super) const SOON_CHAT: usize = 8;
pub(super) const SOON_UPLOAD: usize = 9;

pub(super) static ODD: v1::ServiceInfo = v1::ServiceInfo {
    name: "wire.Odd",
    version: 3,
    contract_id: v1::ContractId([40; 32]),
    scope: v1::Scope::Shared,
    modes: &[v1::Mode::Xlang],
    definitions: &v1::Definitions::NONE,
    requires: None,
    methods: &[
        method("tell", v1::Pattern::Unary),
        method("announce", v1::Pattern::Unary),
        method("large", v1::Pattern::Unary),
        method("largeStream", v1::Pattern::ServerStream),
        method("linger", v1::Pattern::ServerStream),
        method("leave", v1::Pattern::ServerStream),
        method("ignore", v1::Pattern::BidiStream),
        soon("soonStream", v1::Pattern::ServerStream),
        soon("soonChat", v1::Pattern::BidiStream),
        soon("soonUpload", v1::Pattern::ClientStream),
    ],
};

pub(super) struct OddServer {
    /// What tasks were told that outlived their call.
    told: mpsc::UnboundedSender<v1::Status>,
    /// Items that were taken from endless streams.
    taken: Arc<AtomicUsize>,
    /// Handlers that were dropped.
    dropped: mpsc::UnboundedSender<()>,
}

struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        // a test that has ended does not ask
        let _ = self.0.send(());
    }
}

/// Answers as a handler does that mixes secrets into some of its answers.
async fn large(Text(request): Text, context: v1::Context) -> Result<usize, v1::Status> {
    if request.contains("plain") {
        context.uncompressed();
    }
    let digits = request.trim_end_matches(" plain");
    digits
        .parse()
        .map_err(|_| v1::Status::invalid_argument("a number"))
}

fn announce(Text(request): Text, context: &v1::Context) -> Result<Text, v1::Status> {
    let words: Vec<&str> = request.split(' ').collect();
    let [place, entries, length] = words[..] else {
        return Err(v1::Status::invalid_argument("three words"));
    };
    let (entries, length): (usize, usize) = (entries.parse().unwrap(), length.parse().unwrap());
    for number in 0..entries {
        let (key, value) = (format!("k{number}"), "v".repeat(length));
        match place {
            "header" => context.set_header(key, value)?,
            _ => context.set_trailer(key, value)?,
        }
    }
    if place == "status" {
        let mut own = aster_runtime::Metadata::new();
        for number in 0..entries {
            own.insert(format!("own{number}"), "v".repeat(length))?;
        }
        return Err(v1::Status::aborted("the real reason").with_metadata(own));
    }
    Ok(text("done"))
}

impl v1::Service for OddServer {
    fn info(&self) -> &'static v1::ServiceInfo {
        &ODD
    }

    fn call(&self, method: usize, call: v1::ServerCall) -> v1::CallFuture {
        let (told, taken) = (self.told.clone(), Arc::clone(&self.taken));
        let dropped = Dropped(self.dropped.clone());
        match method {
            TELL => call.unary(text, async move |_: Text, context: v1::Context| {
                let mut out = format!("{:?} {}", context.deadline(), context.call_id());
                for (key, value) in context.metadata().iter() {
                    out += &format!(" {key}={value}");
                }
                Ok(out)
            }),
            ANNOUNCE => call.unary(
                |out: Text| out,
                async move |request: Text, context: v1::Context| announce(request, &context),
            ),
            LARGE => call.unary(text, async move |request: Text, context: v1::Context| {
                Ok("x".repeat(large(request, context).await?))
            }),
            LARGE_STREAM => call.server_stream(async move |request: Text, context, out: v1::Outgoing| {
                let length = large(request, context).await?;
                out.forward(stream::iter([Ok(()), Ok(())]), |()| text("x".repeat(length)))
                    .await
            }),
            LINGER | LEAVE => call.server_stream(async move |_: Text, _, out: v1::Outgoing| {
                let items = stream::repeat(()).map(move |()| {
                    taken.fetch_add(1, Ordering::SeqCst);
                    Ok("y".repeat(1000))
                });
                tokio::spawn(async move {
                    let result = out.forward(items, Text).await;
                    told.send(result.unwrap_err()).unwrap();
                });
                if method == LINGER {
                    std::future::pending::<()>().await;
                }
                drop(dropped);
                Ok(())
            }),
            IGNORE | SOON_CHAT => call.bidi_stream(
                |Text(item)| item,
                async move |requests: v1::Streaming<String>, _, out: v1::Outgoing| {
                    std::future::pending::<()>().await;
                    drop((requests, out, dropped));
                    Ok(())
                },
            ),
            SOON_STREAM => call.server_stream(async move |_: Text, _, _: v1::Outgoing| {
                std::future::pending::<()>().await;
                drop(dropped);
                Ok(())
            }),
            SOON_UPLOAD => call.client_stream(
                |Text(item)| item,
                text,
                async move |requests: v1::Streaming<String>, _: v1::Context| {
                    std::future::pending::<()>().await;
                    drop((requests, dropped));
                    Ok(String::new())
                },
            ),
            _ => call.unknown_method(),
        }
    }
}

/// A server with the odd service beside the probe, and a client for it.
pub(super) struct Odd {
    pub(super) pair: Pair,
    pub(super) stub: v1::Stub,
    pub(super) taken: Arc<AtomicUsize>,
    told: mpsc::UnboundedReceiver<v1::Status>,
    dropped: mpsc::UnboundedReceiver<()>,
}

impl Odd {
    pub(super) async fn new() -> Self {
        Self::with(|_| (), |node| node, |server| server).await
    }

    pub(super) async fn with(
        limits: impl FnOnce(&mut Limits),
        node: impl FnOnce(aster_runtime::NodeBuilder) -> aster_runtime::NodeBuilder,
        build: impl FnOnce(aster_runtime::ServerBuilder) -> aster_runtime::ServerBuilder,
    ) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let (drop, dropped) = mpsc::unbounded_channel();
        let taken: Arc<AtomicUsize> = Arc::default();
        let service = OddServer {
            told: tell,
            taken: Arc::clone(&taken),
            dropped: drop,
        };
        let mut changed = Limits::default();
        limits(&mut changed);
        let server_node = node(Node::dev().limits(changed)).spawn().await.unwrap();
        let client_node = Node::dev().spawn().await.unwrap();
        let pair = Pair::building(server_node, client_node, |builder| build(builder.add(service))).await;
        let stub = v1::Stub::new(&pair.client, &ODD).unwrap();
        Self {
            pair,
            stub,
            taken,
            told,
            dropped,
        }
    }

    pub(super) fn unary(&self, method: usize, request: &str) -> v1::UnaryCall<String> {
        self.stub.unary(method, text(request), |Text(out)| out)
    }

    pub(super) fn server_stream(&self, method: usize, request: &str) -> v1::ServerStreamCall<String> {
        self.stub.server_stream(method, text(request), |Text(out)| out)
    }

    pub(super) fn bidi(&self, method: usize) -> v1::BidiCall<String, String> {
        self.stub.bidi_stream(method, Text, |Text(item)| item)
    }

    /// What a task was told that outlived its call.
    pub(super) async fn told(&mut self) -> v1::Status {
        let told = tokio::time::timeout(HANG, self.told.recv()).await;
        told.expect("the task waits for ever").unwrap()
    }

    /// Waits until a handler was dropped.
    pub(super) async fn dropped(&mut self) {
        let dropped = tokio::time::timeout(HANG, self.dropped.recv()).await;
        dropped.expect("the handler lives on").unwrap();
    }

    pub(super) async fn close(self) {
        self.pair.close().await;
    }
}
