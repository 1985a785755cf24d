//! Sessions: an instance for each, its calls in order, its end told once, and peers that ask for too many.

use crate::garbage::{Told, framed, head, message, send};
use crate::support::{PROBE, ProbeServer, Text, text};
use aster_runtime::codegen::v1;
use aster_runtime::header::StreamHeader;
use aster_runtime::{Client, Code, Limits, Metadata, Node, PerSession, Server, Session, SessionEnd};
use futures_util::{StreamExt as _, stream};
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
        let address = self.server_node.address().endpoint_addr().clone();
        let endpoint = self.client_node.endpoint();
        endpoint.connect(address, b"aster/1").await.unwrap()
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

#[tokio::test]
async fn each_session_has_an_instance_that_remembers() {
    let served = Served::new().await;
    let (one, two) = (served.client.session(), served.client.session());
    let (first, second) = (TallyClient::new(&one), TallyClient::new(&two));
    assert_eq!((one.id(), two.id()), (None, None));
    assert_eq!(first.add("a").await.unwrap(), "a");
    assert_eq!(second.add("x").await.unwrap(), "x");
    assert_eq!(first.add("b").await.unwrap(), "a,b");
    let same = TallyClient::new(&one);
    assert_eq!(same.add("c").await.unwrap(), "a,b,c");
    assert_eq!(served.world.made(), 2);
    assert_eq!((one.id(), two.id()), (Some(1), Some(2)));

    let unused = served.client.session();
    unused.close().await.unwrap();
    let status = TallyClient::new(&unused).add("").await.unwrap_err();
    assert_eq!(status.code(), Code::NOT_FOUND);
    assert_eq!((unused.id(), served.world.made()), (None, 2));
    served.close().await;
}

#[tokio::test]
async fn services_of_one_session_have_an_instance_each_and_end_together() {
    let served = Served::new().await;
    let session = served.client.session();
    let tally = TallyClient::new(&session);
    let second = TallyClient(v1::Stub::in_session(&session, &SECOND).unwrap());
    assert_eq!(tally.add("a").await.unwrap(), "a");
    assert_eq!(second.add("b").await.unwrap(), "b");
    assert_eq!(served.world.made(), 2);
    session.close().await.unwrap();
    let ended = served.world.ended.lock().unwrap().clone();
    let closed = |items: &str| (1, SessionEnd::Closed, items.to_owned());
    assert_eq!(ended, [closed("a"), closed("b")], "before `close` returns");
    for stub in [tally, second] {
        let status = stub.add("late").await.unwrap_err();
        assert_eq!(status.code(), Code::NOT_FOUND);
    }
    served.close().await;
}

#[tokio::test]
async fn calls_of_a_session_run_one_after_the_other() {
    let served = Served::new().await;
    let tally = TallyClient::new(&served.client.session());
    served.world.permits.add_permits(20);
    let calls = (0..20).map(|number| tally.wait(&number.to_string()).into_future());
    for all in futures_util::future::join_all(calls).await {
        all.unwrap();
    }
    assert_eq!(served.world.made(), 1, "concurrent first calls make one");
    assert_eq!(served.world.most.load(Ordering::SeqCst), 1);
    let expected: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(tally.add("end").await.unwrap(), expected.join(",") + ",end");
    served.close().await;
}

#[tokio::test]
async fn the_server_takes_overlapping_calls_one_at_a_time_unless_told_otherwise() {
    for overlaps in [false, true] {
        let options = |service: PerSession<Tally>| {
            if overlaps { service.overlapping() } else { service }
        };
        let served = Served::with(|_| (), options).await;
        let tally = TallyClient::new(&served.client.session().overlapping());
        let calls: Vec<_> = ["a", "b", "c"]
            .map(|item| tokio::spawn(tally.wait(item).into_future()))
            .into();
        served.world.running(if overlaps { 3 } else { 1 }).await;
        served.world.permits.add_permits(3);
        for call in calls {
            call.await.unwrap().unwrap();
        }
        assert_eq!(served.world.made(), 1);
        let most = served.world.most.load(Ordering::SeqCst);
        assert_eq!(most, if overlaps { 3 } else { 1 });
        served.close().await;
    }
}

#[tokio::test]
async fn the_server_takes_calls_in_the_order_of_their_arrival() {
    let served = Served::new().await;
    let tally = TallyClient::new(&served.client.session().overlapping());
    let mut calls = Vec::new();
    for (number, item) in ["a", "b", "c", "d"].into_iter().enumerate() {
        calls.push(tokio::spawn(tally.wait(item).into_future()));
        // those that wait for their turn count too
        while served.server_node.stats().calls_in_flight <= number as u64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    served.world.permits.add_permits(4);
    for (call, all) in calls.into_iter().zip(["a", "a,b", "a,b,c", "a,b,c,d"]) {
        assert_eq!(call.await.unwrap().unwrap(), all);
    }
    served.close().await;
}

#[tokio::test]
async fn a_stream_has_its_turn_until_it_has_ended() {
    let served = Served::new().await;
    let tally = TallyClient::new(&served.client.session());
    let (mut requests, mut responses) = tally.feed().await.unwrap();
    requests.send("a".to_owned()).await.unwrap();
    assert_eq!(responses.message().await.unwrap().as_deref(), Some("a"));
    let status = tally
        .add("early")
        .deadline(Duration::from_millis(200))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED);
    let next = tokio::spawn(tally.add("b").into_future());
    requests.finish();
    assert_eq!(responses.message().await.unwrap(), None);
    assert_eq!(next.await.unwrap().unwrap(), "a,b");
    served.close().await;
}

#[tokio::test]
async fn closing_waits_for_the_running_call() {
    let served = Served::new().await;
    let session = served.client.session().overlapping();
    let tally = TallyClient::new(&session);
    let call = tokio::spawn(tally.wait("slow").into_future());
    served.world.running(1).await;
    let closing = session.clone();
    let mut closing = tokio::spawn(async move { closing.close().await });
    let early = tokio::time::timeout(Duration::from_millis(200), &mut closing).await;
    assert!(early.is_err(), "the call still runs");
    let status = tally.add("late").await.unwrap_err();
    assert_eq!(status.code(), Code::NOT_FOUND);
    served.world.permits.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap(), "slow");
    closing.await.unwrap().unwrap();
    let ended = served.world.ended(1).await;
    assert_eq!(ended, [(1, SessionEnd::Closed, "slow".to_owned())]);
    session.close().await.unwrap();
    assert_eq!(served.world.ended(1).await.len(), 1, "closing again is nothing");
    served.close().await;
}

#[tokio::test]
async fn the_last_handle_closes_the_session_behind_its_calls() {
    let served = Served::new().await;
    let session = served.client.session();
    let tally = TallyClient::new(&session);
    drop(session);
    let (mut requests, mut responses) = tally.feed().await.unwrap();
    drop(tally);
    requests.send("a".to_owned()).await.unwrap();
    assert_eq!(responses.message().await.unwrap().as_deref(), Some("a"));
    assert!(
        served.world.ended.lock().unwrap().is_empty(),
        "a call still has it"
    );
    drop((requests, responses));
    let ended = served.world.ended(1).await;
    assert_eq!(ended, [(1, SessionEnd::Closed, "a".to_owned())]);
    served.close().await;
}

#[tokio::test]
async fn an_idle_session_ends_but_not_while_a_call_runs() {
    let idle = Duration::from_millis(300);
    let served = Served::with(|limits| limits.session_idle = idle, |service| service).await;
    let (busy, quiet) = (served.client.session(), served.client.session());
    let (busy, quiet) = (TallyClient::new(&busy), TallyClient::new(&quiet));
    assert_eq!(quiet.add("q").await.unwrap(), "q");
    let call = tokio::spawn(busy.wait("b").into_future());
    let ended = served.world.ended(1).await;
    assert_eq!(ended, [(1, SessionEnd::Idle, "q".to_owned())]);
    assert_eq!(quiet.add("late").await.unwrap_err().code(), Code::NOT_FOUND);
    tokio::time::sleep(idle * 2).await;
    served.world.permits.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap(), "b");
    let ended = served.world.ended(2).await;
    assert_eq!(ended[1], (2, SessionEnd::Idle, "b".to_owned()));
    served.close().await;
}

#[tokio::test]
async fn a_session_is_lost_with_its_connection() {
    let served = Served::new().await;
    let session = served.client.session();
    let tally = TallyClient::new(&session);
    tally.add("a").await.unwrap();
    let (mut requests, mut responses) = tally.feed().await.unwrap();
    served.world.running(1).await;
    let queued = tokio::spawn(tally.add("queued").into_future());
    tokio::task::yield_now().await;
    served.server.shutdown(Duration::ZERO).await;
    let ended = served.world.ended.lock().unwrap().clone();
    assert_eq!(
        ended,
        [(1, SessionEnd::Lost, "a".to_owned())],
        "the shutdown waits for the hook"
    );
    let lost = |status: v1::Status| {
        assert_eq!(status.code(), Code::ABORTED, "{status}");
        assert!(status.message().starts_with("session lost"), "{status}");
    };
    lost(responses.message().await.unwrap_err());
    lost(requests.send("b".to_owned()).await.unwrap_err());
    drop((requests, responses));
    lost(queued.await.unwrap().unwrap_err());
    lost(tally.add("later").await.unwrap_err());
    lost(session.close().await.unwrap_err());
    served.close().await;
}

#[tokio::test]
async fn a_session_of_a_server_that_drains_is_lost_for_its_later_calls() {
    let served = Served::new().await;
    let tally = TallyClient::new(&served.client.session().overlapping());
    let call = tokio::spawn(tally.wait("a").into_future());
    served.world.running(1).await;
    let draining = served.server.clone();
    let draining = tokio::spawn(async move { draining.shutdown(Duration::from_secs(10)).await });
    tokio::task::yield_now().await;
    let status = tally.add("late").await.unwrap_err();
    assert_eq!(status.code(), Code::ABORTED, "{status}");
    assert!(status.message().starts_with("session lost"), "{status}");
    served.world.permits.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap(), "a", "what runs comes to its end");
    draining.await.unwrap();
    served.close().await;
}

#[tokio::test]
async fn a_node_that_closes_tells_its_sessions() {
    let served = Served::new().await;
    let tally = TallyClient::new(&served.client.session());
    tally.add("a").await.unwrap();
    served.server_node.close().await;
    let ended = served.world.ended.lock().unwrap().clone();
    assert_eq!(ended, [(1, SessionEnd::Lost, "a".to_owned())]);
    served.close().await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_sessions() {
    let served = Served::new().await;
    let tallies: Vec<_> = (0..3)
        .map(|_| TallyClient::new(&served.client.session()))
        .collect();
    for tally in &tallies {
        tally.add("a").await.unwrap();
    }
    served.client.close();
    let ended = served.world.ended(3).await;
    assert!(ended.iter().all(|(_, end, _)| *end == SessionEnd::Lost));
    served.close().await;
}

#[tokio::test]
async fn a_panic_costs_its_call_and_the_instance_lives_on() {
    let served = Served::new().await;
    let tally = TallyClient::new(&served.client.session());
    tally.add("a").await.unwrap();
    let status = tally.call(PANIC, "boom").await.unwrap_err();
    assert_eq!(status.code(), Code::INTERNAL);
    assert_eq!(tally.add("b").await.unwrap(), "a,b");
    served.close().await;
}

#[tokio::test]
async fn an_instance_that_cannot_be_made_fails_its_call_and_the_next_tries_again() {
    let server_node = Node::dev().spawn().await.unwrap();
    let client_node = Node::dev().spawn().await.unwrap();
    let tries = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&tries);
    let make = move |session: v1::SessionContext| {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            match number {
                0 => std::future::pending().await,
                1 => Err(v1::Status::permission_denied(session.peer().to_string())),
                2 => panic!("the third"),
                _ => Ok(Text(number.to_string())),
            }
        }
    };
    let service = PerSession::try_new(&TALLY, make, Named)
        .overlapping()
        .on_close(async |_, _| panic!("a hook that fails"));
    let server = Server::builder(&server_node).add(service).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });
    let client = Client::connect(&client_node, server_node.address())
        .await
        .unwrap();
    let session = client.session().overlapping();
    let tally = TallyClient::new(&session);
    let impatient = tally.add("").deadline(Duration::from_millis(200));
    assert_eq!(impatient.await.unwrap_err().code(), Code::DEADLINE_EXCEEDED);
    let status = tally.add("").await.unwrap_err();
    let peer = aster_runtime::PeerId(*client_node.id().as_bytes()).to_string();
    assert_eq!(
        (status.code(), status.message()),
        (Code::PERMISSION_DENIED, &*peer)
    );
    assert_eq!(tally.add("").await.unwrap_err().code(), Code::INTERNAL);
    let calls = (0..10).map(|_| tally.add("").into_future());
    for name in futures_util::future::join_all(calls).await {
        assert_eq!(
            name.unwrap(),
            "3",
            "calls that came while it was made have the same"
        );
    }
    assert_eq!(tries.load(Ordering::SeqCst), 4);
    session.close().await.unwrap();
    assert_eq!(server_node.stats().panics, 2, "the hook's is counted too");
    client_node.close().await;
    server_node.close().await;
    serving.await.unwrap();
}

/// Answers with what its instance is.
struct Named(Arc<Text>);

impl v1::Service for Named {
    fn info(&self) -> &'static v1::ServiceInfo {
        &TALLY
    }

    fn call(&self, _: usize, call: v1::ServerCall) -> v1::CallFuture {
        let name = Text::clone(&self.0);
        call.unary(|out: Text| out, async move |_: Text, _| Ok(name))
    }
}

#[tokio::test]
async fn a_call_of_the_wrong_scope_is_refused() {
    let served = Served::new().await;
    let connection = served.raw().await;
    let shared = StreamHeader {
        service: PROBE.name.into(),
        contract_id: Some(PROBE.contract_id),
        ..header("echo", 1)
    };
    let call = [head(&shared), framed(0x40, &message("x"))].concat();
    assert_eq!(send(&connection, &call, true).await.code, FAILED_PRECONDITION);
    assert_eq!(add_by_hand(&connection, 0).await.code, FAILED_PRECONDITION);
    assert_eq!(close_by_hand(&connection, 0).await.code, FAILED_PRECONDITION);
    assert_eq!(served.world.made(), 0);
    served.close().await;
}

#[tokio::test]
async fn two_thousand_sessions_are_cut_at_the_limit_and_cost_nobody_else_anything() {
    let served = Served::new().await;
    let connection = served.raw().await;
    // from the highest down: the order of the ids does not count
    let calls = stream::iter((1..=2000).rev()).map(|id| add_by_hand(&connection, id));
    let told: Vec<Told> = calls.buffered(100).collect().await;
    let refused = told.iter().filter(|told| told.code == RESOURCE_EXHAUSTED).count();
    assert_eq!(told.iter().filter(|told| told.code == OK).count(), 1024);
    assert_eq!((served.world.made(), refused), (1024, 2000 - 1024));
    assert_eq!(served.server_node.stats().over_limit, 2000 - 1024);
    assert_eq!(close_by_hand(&connection, 2000).await.code, OK);
    assert_eq!(
        add_by_hand(&connection, 1).await.code,
        OK,
        "a place is free again"
    );
    let tally = TallyClient::new(&served.client.session());
    assert_eq!(tally.add("other").await.unwrap(), "other", "another connection");
    connection.close(0u32.into(), b"");
    assert_eq!(served.world.ended(1025).await.len(), 1025);
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_calls_at_once_make_one_instance() {
    let served = Served::with(|_| (), PerSession::overlapping).await;
    let connection = served.raw().await;
    for id in 1..=5 {
        let calls = stream::iter(0..50).map(|_| add_by_hand(&connection, id));
        let told: Vec<Told> = calls.buffer_unordered(50).collect().await;
        assert!(told.iter().all(|told| told.code == OK));
        assert_eq!(served.world.made(), usize::try_from(id).unwrap());
    }
    // opened, closed and called at once, from both ends of the ids
    let connection = &connection;
    let mixed = stream::iter(0..2000u64).map(async move |number| {
        let id = 6 + number % 300;
        match number % 3 {
            0 => close_by_hand(connection, id).await.code,
            _ => add_by_hand(connection, id).await.code,
        }
    });
    let codes: Vec<u8> = mixed.buffer_unordered(100).collect().await;
    assert!(
        codes.iter().all(|code| [OK, NOT_FOUND].contains(code)),
        "{codes:?}"
    );
    connection.close(0u32.into(), b"");
    let made = served.world.made();
    let ended = served.world.ended(made).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(served.world.ended(made).await.len(), made, "each is ended once");
    assert!(
        ended.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "no id has two"
    );
    served.close().await;
}

#[tokio::test]
async fn ids_that_were_never_opened_are_closed_in_bounded_memory() {
    let served = Served::new().await;
    let connection = served.raw().await;
    assert_eq!(add_by_hand(&connection, 1).await.code, OK);
    assert_eq!(close_by_hand(&connection, 3).await.code, OK);
    assert_eq!(add_by_hand(&connection, 3).await.code, NOT_FOUND);
    assert_eq!(add_by_hand(&connection, 2).await.code, OK, "below a closed one");
    for number in 0..1100 {
        assert_eq!(close_by_hand(&connection, u64::MAX - number).await.code, OK);
    }
    assert_eq!(
        add_by_hand(&connection, 1 << 40).await.code,
        NOT_FOUND,
        "the mark passed it"
    );
    assert_eq!(add_by_hand(&connection, 1).await.code, OK, "open all the while");
    assert_eq!(close_by_hand(&connection, 1).await.code, OK);
    assert_eq!(add_by_hand(&connection, 1).await.code, NOT_FOUND);
    assert!(connection.close_reason().is_none());
    assert_eq!(served.server_node.stats().protocol_errors, 0);
    served.close().await;
}

#[tokio::test]
async fn a_close_that_sends_more_than_it_should_is_a_close() {
    let served = Served::new().await;
    let connection = served.raw().await;
    assert_eq!(add_by_hand(&connection, 1).await.code, OK);
    let close = [head(&header("_close", 1)), framed(0x40, &message("why"))].concat();
    assert_eq!(send(&connection, &close, true).await.code, OK);
    assert_eq!(served.world.ended(1).await.len(), 1);
    served.close().await;
}
