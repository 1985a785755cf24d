//! A service written by hand in the shape of generated code, and nodes to serve and call it.

use aster_runtime::alpn::Alpn;
use aster_runtime::codegen::v1;
use aster_runtime::{Client, Limits, Node, Server, ServerBuilder, SpawnError};
use iroh::endpoint::{Connection, ConnectionError};
use iroh::{EndpointAddr, SecretKey, TransportAddr};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

/// The one message of these tests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text(pub(crate) String);

static TEXT: v1::TypeInfo = v1::TypeInfo::new("probe.Text", &[1, 0, 0, 0, 0, 0, 0, 0, 1]);

impl v1::Message for Text {
    const TYPE: &'static v1::TypeInfo = &TEXT;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.string(&self.0);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self(input.string()?))
    }
}

pub(crate) fn text(text: impl Into<String>) -> Text {
    Text(text.into())
}

const fn method(name: &'static str, pattern: v1::Pattern) -> v1::MethodInfo {
    v1::MethodInfo {
        name,
        pattern,
        idempotent: false,
        timeout: None,
        requires: None,
    }
}

const ADMIN: v1::Requirement = v1::Requirement {
    kind: v1::CapabilityKind::Role,
    roles: &["admin"],
};

const METHODS: &[v1::MethodInfo] = &[
    method("echo", v1::Pattern::Unary),
    method("fail", v1::Pattern::Unary),
    method("hang", v1::Pattern::Unary),
    method("panic", v1::Pattern::Unary),
    method("metadata", v1::Pattern::Unary),
    method("count", v1::Pattern::ServerStream),
    method("collect", v1::Pattern::ClientStream),
    method("chat", v1::Pattern::BidiStream),
    v1::MethodInfo {
        requires: Some(ADMIN),
        ..method("admin", v1::Pattern::Unary)
    },
    v1::MethodInfo {
        timeout: Some(Duration::from_millis(30)),
        ..method("impatient", v1::Pattern::Unary)
    },
    v1::MethodInfo {
        idempotent: true,
        ..method("again", v1::Pattern::Unary)
    },
];

const fn probe(id: u8) -> v1::ServiceInfo {
    v1::ServiceInfo {
        name: "probe.Probe",
        version: 1,
        contract_id: v1::ContractId([id; 32]),
        scope: v1::Scope::Shared,
        modes: &[v1::Mode::Xlang],
        requires: None,
        methods: METHODS,
        definitions: &v1::Definitions::NONE,
    }
}

pub(crate) static PROBE: v1::ServiceInfo = probe(7);
/// The same name, another contract.
pub(crate) static CHANGED: v1::ServiceInfo = probe(8);
pub(crate) static OTHER: v1::ServiceInfo = v1::ServiceInfo {
    name: "probe.Other",
    ..probe(9)
};

/// What the handlers of a server saw.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) begun: AtomicUsize,
    pub(crate) dropped: AtomicUsize,
    pub(crate) change: Notify,
}

impl Seen {
    /// Waits until so many handlers were dropped before their end.
    pub(crate) async fn dropped(&self, count: usize) {
        self.wait(|| self.dropped.load(Ordering::SeqCst) >= count).await;
    }

    pub(crate) async fn begun(&self, count: usize) {
        self.wait(|| self.begun.load(Ordering::SeqCst) >= count).await;
    }

    async fn wait(&self, done: impl Fn() -> bool) {
        loop {
            let change = self.change.notified();
            if done() {
                return;
            }
            change.await;
        }
    }

    fn begin(self: &Arc<Self>) -> Begun {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.change.notify_waiters();
        Begun(Arc::clone(self))
    }
}

struct Begun(Arc<Seen>);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
        self.0.change.notify_waiters();
    }
}

pub(crate) struct ProbeServer {
    pub(crate) info: &'static v1::ServiceInfo,
    pub(crate) seen: Arc<Seen>,
}

impl v1::Service for ProbeServer {
    fn info(&self) -> &'static v1::ServiceInfo {
        self.info
    }

    fn call(&self, method: usize, call: v1::ServerCall) -> v1::CallFuture {
        let seen = Arc::clone(&self.seen);
        match method {
            0 | 8 | 10 => call.unary(
                |out: Text| out,
                move |request: Text, _| async move { Ok(request) },
            ),
            1 => call.unary(
                |out: Text| out,
                move |request: Text, _| async move {
                    Err(v1::Status::not_found(request.0)
                        .with_detail("which", "this")
                        .with_detail("n", [1, 2]))
                },
            ),
            2 | 9 => call.unary(
                |out: Text| out,
                move |_: Text, _| async move {
                    let _begun = seen.begin();
                    std::future::pending().await
                },
            ),
            3 => call.unary(
                |out: Text| out,
                move |request: Text, _| async move {
                    assert!(request.0.is_empty(), "a secret of the server: {}", request.0);
                    Ok(request)
                },
            ),
            4 => call.unary(
                |out: Text| out,
                move |request: Text, context: v1::Context| async move {
                    if request.0 == "peer" {
                        return Ok(text(context.peer().to_string()));
                    }
                    let mut out = format!("{} {}", context.service(), context.method());
                    for (key, value) in context.metadata().iter() {
                        out += &format!(" {key}={value}");
                        context.set_header(format!("h.{key}"), value)?;
                        context.set_trailer(format!("t.{key}"), value)?;
                    }
                    if request.0 == "fail" {
                        return Err(v1::Status::aborted(out));
                    }
                    Ok(text(out))
                },
            ),
            5 => call.server_stream(move |request: Text, context: v1::Context, out| async move {
                let _begun = seen.begin();
                context.set_header("kind", "count")?;
                let count: usize = request
                    .0
                    .parse()
                    .map_err(|_| v1::Status::invalid_argument("a number"))?;
                let items = futures_util::stream::iter((0..count).map(|number| Ok(number.to_string())));
                out.forward(items, Text).await?;
                context.set_trailer("sum", "yes")?;
                Ok(())
            }),
            6 => call.client_stream(
                |request: Text| request,
                |out: Text| out,
                move |mut requests: v1::Streaming<Text>, _| async move {
                    let _begun = seen.begin();
                    let mut all = Vec::new();
                    while let Some(Text(item)) = requests.message().await? {
                        if item == "enough" {
                            return Ok(text("enough"));
                        }
                        all.push(item);
                    }
                    Ok(text(all.join(",")))
                },
            ),
            7 => call.bidi_stream(
                |request: Text| request,
                move |requests: v1::Streaming<Text>, _, out| async move {
                    let _begun = seen.begin();
                    out.forward(requests, |Text(item)| text(format!("<{item}>")))
                        .await
                },
            ),
            _ => call.unknown_method(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct ProbeClient(pub(crate) v1::Stub);

impl ProbeClient {
    pub(crate) fn unary(&self, method: usize, request: &str) -> v1::UnaryCall<Text> {
        self.0.unary(method, text(request), |out: Text| out)
    }

    pub(crate) fn echo(&self, request: &str) -> v1::UnaryCall<Text> {
        self.unary(0, request)
    }
}

/// A server that is stopped and started again under the same key and address.
#[derive(Clone)]
pub(crate) struct Place {
    key: SecretKey,
    address: SocketAddr,
}

/// One run of such a server, as a process would be: all of it is in a runtime of its own and goes with that.
pub(crate) struct Run {
    runtime: Runtime,
    pub(crate) seen: Arc<Seen>,
    /// Connections that came, of all protocols.
    pub(crate) connections: Arc<AtomicUsize>,
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        Self::at(socket.local_addr().unwrap())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        Self {
            key: SecretKey::from_bytes(&[5; 32]),
            address,
        }
    }

    pub(crate) fn address(&self) -> EndpointAddr {
        EndpointAddr::from_parts(self.key.public(), [TransportAddr::Ip(self.address)])
    }

    async fn node(&self) -> Node {
        let node = Node::dev().secret_key(self.key.clone()).bind(self.address);
        for _ in 0..1000 {
            // the last run gives its socket back when its runtime is gone
            match node.clone().spawn().await {
                Err(SpawnError::Bind { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
                spawned => return spawned.unwrap(),
            }
        }
        panic!("the address stays in use");
    }

    pub(crate) async fn start(&self, info: &'static v1::ServiceInfo) -> Run {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (seen, connections): (Arc<Seen>, Arc<AtomicUsize>) = Default::default();
        let (end, ended) = oneshot::channel();
        let (ready, is_ready) = oneshot::channel();
        let (place, service) = (
            self.clone(),
            ProbeServer {
                info,
                seen: Arc::clone(&seen),
            },
        );
        let count = Arc::clone(&connections);
        let task = runtime.spawn(async move {
            let node = place.node().await;
            let server = Server::builder(&node).add(service).build().unwrap();
            let mut accepted = node.accept_aster().unwrap();
            let handler = server.clone();
            tokio::spawn(async move {
                while let Some(connection) = accepted.next().await {
                    count.fetch_add(1, Ordering::SeqCst);
                    let server = handler.clone();
                    tokio::spawn(async move { server.handle(connection).await });
                }
            });
            ready.send(()).unwrap();
            if ended.await.is_ok() {
                server.shutdown(Duration::ZERO).await;
                node.close().await;
            }
        });
        is_ready.await.unwrap();
        Run {
            runtime,
            seen,
            connections,
            end,
            task,
        }
    }
}

impl Run {
    /// Closes its connections, and the node.
    pub(crate) async fn stop(self) {
        self.end.send(()).unwrap();
        self.task.await.unwrap();
        self.runtime.shutdown_background();
    }
}

/// A connection for calls that speaks by hand.
pub(crate) async fn raw(client: &Node, server: &Node) -> Connection {
    let address = server.address().endpoint_addr().clone();
    client.endpoint().connect(address, b"aster/1").await.unwrap()
}

/// Waits until the other end closes a connection, and says with which code.
pub(crate) async fn close_code(connection: &Connection) -> u64 {
    match connection.closed().await {
        ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
        other => panic!("closed for another reason: {other}"),
    }
}

/// Admits every peer of a node as a server of [`PROBE`] does, and gives its connections for calls to a server made by hand.
pub(crate) fn by_hand(node: &Node) -> mpsc::Receiver<Connection> {
    let service = ProbeServer {
        info: &PROBE,
        seen: Arc::default(),
    };
    let admission = Server::builder(node).add(service).build().unwrap();
    let mut connections = node.accept_aster().unwrap();
    let (sender, calls) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(connection) = connections.next().await {
            if connection.alpn == Alpn::Calls {
                if sender.send(connection.connection).await.is_err() {
                    return;
                }
            } else {
                let admission = admission.clone();
                tokio::spawn(async move { admission.handle(connection).await });
            }
        }
    });
    calls
}

/// A node that serves, another that calls, and what runs between them.
pub(crate) struct Pair {
    pub(crate) server: Server,
    pub(crate) server_node: Node,
    pub(crate) client_node: Node,
    pub(crate) client: Client,
    pub(crate) probe: ProbeClient,
    pub(crate) seen: Arc<Seen>,
    pub(crate) serving: JoinHandle<()>,
}

impl Pair {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        let server_node = Node::dev().limits(limits).spawn().await.unwrap();
        Self::serve(server_node, Node::dev().spawn().await.unwrap()).await
    }

    pub(crate) async fn serve(server_node: Node, client_node: Node) -> Self {
        Self::building(server_node, client_node, |builder| builder).await
    }

    /// With what `build` adds to the server.
    pub(crate) async fn building(
        server_node: Node,
        client_node: Node,
        build: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let seen = Arc::new(Seen::default());
        let service = ProbeServer {
            info: &PROBE,
            seen: Arc::clone(&seen),
        };
        let server = build(Server::builder(&server_node).add(service)).build().unwrap();
        let running = server.clone();
        let serving = tokio::spawn(async move { running.serve().await.unwrap() });
        let client = Client::connect(&client_node, server_node.address())
            .await
            .unwrap();
        let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
        Self {
            server,
            server_node,
            client_node,
            client,
            probe,
            seen,
            serving,
        }
    }

    /// A connection of the client's node that speaks by hand.
    pub(crate) async fn raw(&self) -> Connection {
        raw(&self.client_node, &self.server_node).await
    }

    pub(crate) async fn close(self) {
        self.client_node.close().await;
        self.server_node.close().await;
        self.serving.await.unwrap();
    }
}

/// Waits until a count has stopped growing, and says where.
pub(crate) async fn at_rest(count: &AtomicUsize) -> usize {
    let resting = async {
        let mut before = count.load(Ordering::SeqCst);
        loop {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let now = count.load(Ordering::SeqCst);
            if now == before && now > 0 {
                return now;
            }
            before = now;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), resting)
        .await
        .expect("nothing stops it")
}
