//! Sessions: an instance for each, its calls in order, its end told once, and peers that ask for too many.

mod calls;
mod ends;
mod hostile;

use crate::garbage::{Told, framed, head, message, send};
use crate::support::{PROBE, ProbeServer, Text, raw, text};
use aster_runtime::codegen::v1;
use aster_runtime::header::StreamHeader;
use aster_runtime::{Client, Limits, Metadata, Node, PerSession, Server, Session, SessionEnd};
use futures_util::stream;
use iroh::endpoint::Connection;
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

const fn method(name: &'static str, pattern: v1::Pattern) -> v1::MethodInfo {
    v1::MethodInfo {
        name,
        pattern,
        idempotent: false,
        timeout: None,
        requires: None,
    }
}

const METHODS: &[v1::MethodInfo] = &[
    method("add", v1::Pattern::Unary),
    method("wait", v1::Pattern::Unary),
    method("panic", v1::Pattern::Unary),
    method("feed", v1::Pattern::BidiStream),
    method("flood", v1::Pattern::ServerStream),
];

const fn info(name: &'static str, id: u8) -> v1::ServiceInfo {
    v1::ServiceInfo {
        name,
        version: 1,
        contract_id: v1::ContractId([id; 32]),
        scope: v1::Scope::Session,
        modes: &[v1::Mode::Xlang],
        requires: None,
        methods: METHODS,
        definitions: &v1::Definitions::NONE,
    }
}

/// Keeps what was added to it.
static TALLY: v1::ServiceInfo = info("probe.Tally", 21);
/// Another service of the same kind.
static SECOND: v1::ServiceInfo = info("probe.Second", 22);

const ADD: usize = 0;
const WAIT: usize = 1;
const PANIC: usize = 2;
const FEED: usize = 3;
const FLOOD: usize = 4;

/// What all instances share.
struct World {
    made: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    /// The sessions that have ended: the id, why, and what the instance had.
    ended: Mutex<Vec<(u64, SessionEnd, String)>>,
    change: Notify,
    /// `wait` takes one of these.
    permits: Semaphore,
    /// What `flood` has given.
    flooded: AtomicUsize,
}

impl World {
    async fn until(&self, done: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                let change = self.change.notified();
                if done(self) {
                    return;
                }
                change.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .unwrap();
    }

    async fn running(&self, count: usize) {
        self.until(|world| world.running.load(Ordering::SeqCst) == count)
            .await;
    }

    async fn ended(&self, count: usize) -> Vec<(u64, SessionEnd, String)> {
        self.until(|world| world.ended.lock().unwrap().len() >= count)
            .await;
        let mut ended = self.ended.lock().unwrap().clone();
        ended.sort_by_key(|(id, ..)| *id);
        ended
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    fn run(self: &Arc<Self>) -> Run {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        self.change.notify_waiters();
        Run(Arc::clone(self))
    }
}

struct Run(Arc<World>);

impl Drop for Run {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.change.notify_waiters();
    }
}

struct Tally {
    id: u64,
    items: Mutex<Vec<String>>,
    world: Arc<World>,
}

impl Tally {
    fn add(&self, item: String) -> String {
        let mut items = self.items.lock().unwrap();
        items.push(item);
        items.join(",")
    }
}

/// What answers the calls of one instance, as generated code does.
struct TallyServer(Arc<Tally>);

impl v1::Service for TallyServer {
    fn info(&self) -> &'static v1::ServiceInfo {
        &TALLY
    }

    fn call(&self, method: usize, call: v1::ServerCall) -> v1::CallFuture {
        let tally = Arc::clone(&self.0);
        match method {
            ADD => call.unary(text, async move |Text(item), context: v1::Context| {
                assert_eq!(context.session(), Some(tally.id));
                Ok(tally.add(item))
            }),
            WAIT => call.unary(text, async move |Text(item), _: v1::Context| {
                let _run = tally.world.run();
                tally.world.permits.acquire().await.unwrap().forget();
                Ok(tally.add(item))
            }),
            PANIC => call.unary(text, async move |Text(item), _: v1::Context| {
                assert!(item.is_empty(), "{item}");
                Ok(item)
            }),
            FEED => call.bidi_stream(
                |Text(item)| item,
                async move |requests: v1::Streaming<String>, _: v1::Context, out: v1::Outgoing| {
                    let _run = tally.world.run();
                    out.forward(requests, |item| text(tally.add(item))).await
                },
            ),
            FLOOD => call.server_stream(async move |Text(item), _: v1::Context, out: v1::Outgoing| {
                let items = stream::repeat_with(|| {
                    tally.world.flooded.fetch_add(1, Ordering::SeqCst);
                    Ok(item.clone())
                });
                out.forward(items, text).await
            }),
            _ => call.unknown_method(),
        }
    }
}

fn per_session(info: &'static v1::ServiceInfo, world: &Arc<World>) -> PerSession<Tally> {
    let (making, ending) = (Arc::clone(world), Arc::clone(world));
    PerSession::new(
        info,
        move |session| {
            making.made.fetch_add(1, Ordering::SeqCst);
            Tally {
                id: session.id(),
                items: Mutex::default(),
                world: Arc::clone(&making),
            }
        },
        TallyServer,
    )
    .on_close(move |tally, end| {
        let world = Arc::clone(&ending);
        async move {
            assert_eq!(
                Arc::strong_count(&tally),
                3,
                "this, the runtime's and the service's: no call runs"
            );
            let items = tally.items.lock().unwrap().join(",");
            world.ended.lock().unwrap().push((tally.id, end, items));
            world.change.notify_waiters();
        }
    })
}

#[derive(Clone)]
struct TallyClient(v1::Stub);

impl TallyClient {
    fn new(session: &Session) -> Self {
        Self(v1::Stub::in_session(session, &TALLY).unwrap())
    }

    fn call(&self, method: usize, item: &str) -> v1::UnaryCall<String> {
        self.0.unary(method, text(item), |Text(all)| all)
    }

    fn add(&self, item: &str) -> v1::UnaryCall<String> {
        self.call(ADD, item)
    }

    fn wait(&self, item: &str) -> v1::UnaryCall<String> {
        self.call(WAIT, item)
    }

    fn flood(&self, item: &str) -> v1::ServerStreamCall<String> {
        self.0.server_stream(FLOOD, text(item), |Text(item)| item)
    }

    fn feed(&self) -> v1::BidiCall<String, String> {
        self.0.bidi_stream(FEED, Text, |Text(all)| all)
    }
}

/// A server of two session services and a shared one, and a client of it.
struct Served {
    server_node: Node,
    client_node: Node,
    server: Server,
    client: Client,
    world: Arc<World>,
    serving: JoinHandle<()>,
}

impl Served {
    async fn new() -> Self {
        Self::with(|_| (), |service| service).await
    }

    async fn with(
        change: impl FnOnce(&mut Limits),
        options: impl Fn(PerSession<Tally>) -> PerSession<Tally>,
    ) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        let server_node = Node::dev().limits(limits).spawn().await.unwrap();
        let client_node = Node::dev().spawn().await.unwrap();
        let world = Arc::new(World {
            made: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            ended: Mutex::default(),
            change: Notify::new(),
            permits: Semaphore::new(0),
            flooded: AtomicUsize::new(0),
        });
        let server = Server::builder(&server_node)
            .add(options(per_session(&TALLY, &world)))
            .add(options(per_session(&SECOND, &world)))
            .add(ProbeServer {
                info: &PROBE,
                seen: Arc::default(),
            })
            .build()
            .unwrap();
        let running = server.clone();
        let serving = tokio::spawn(async move { running.serve().await.unwrap() });
        let client = Client::connect(&client_node, server_node.address())
            .await
            .unwrap();
        Self {
            server_node,
            client_node,
            server,
            client,
            world,
            serving,
        }
    }

    /// A connection of the client's node that speaks by hand.
    async fn raw(&self) -> Connection {
        raw(&self.client_node, &self.server_node).await
    }

    async fn close(self) {
        self.client_node.close().await;
        self.server_node.close().await;
        self.serving.await.unwrap();
    }
}

fn header(method: &str, session: u64) -> StreamHeader<'_> {
    StreamHeader {
        service: TALLY.name.into(),
        version: 1,
        method: method.into(),
        contract_id: Some(TALLY.contract_id),
        call_id: 1,
        deadline_ms: 0,
        mode: 0,
        session,
        metadata: Cow::Owned(Metadata::new()),
    }
}

async fn add_by_hand(connection: &Connection, session: u64) -> Told {
    let call = [head(&header("add", session)), framed(0x40, &message("x"))].concat();
    send(connection, &call, true).await
}

/// Closes a session as a peer of another make might: with the header alone.
async fn close_by_hand(connection: &Connection, session: u64) -> Told {
    let mut close = head(&header("_close", session));
    close[4] = 0x44;
    send(connection, &close, true).await
}

const OK: u8 = 0;
const NOT_FOUND: u8 = 5;
const RESOURCE_EXHAUSTED: u8 = 8;
const FAILED_PRECONDITION: u8 = 9;
