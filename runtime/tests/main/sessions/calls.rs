//! Calls of sessions: whose instance answers them, and when.

use super::{
    FAILED_PRECONDITION, PANIC, SECOND, Served, TALLY, Tally, TallyClient, add_by_hand, close_by_hand, header,
};
use crate::garbage::{framed, head, message, send};
use crate::support::{PROBE, Text, at_rest};
use aster_runtime::codegen::v1;
use aster_runtime::header::StreamHeader;
use aster_runtime::{Client, Code, Node, PerSession, Server, SessionEnd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

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

async fn within<T>(what: impl IntoFuture<Output = T>) -> T {
    let time = Duration::from_secs(20);
    tokio::time::timeout(time, what).await.expect("held up")
}

#[tokio::test]
async fn streams_of_a_session_that_nobody_reads_hold_up_no_other_call() {
    // more than the windows that a connection is dialled with
    const STREAMS: usize = 100;
    let served = Served::with(|_| (), PerSession::overlapping).await;
    let session = served.client.session().overlapping();
    let tally = TallyClient::new(&session);
    // not large enough to be compressed
    let item = "y".repeat(4_000);
    let mut unread = Vec::new();
    for _ in 0..STREAMS {
        unread.push(within(tally.flood(&item)).await.unwrap());
    }
    // each has filled its window
    let flooded = at_rest(&served.world.flooded).await;
    assert!(flooded > STREAMS * 100, "{flooded}");
    for number in 1..=20 {
        let all = within(tally.add("x")).await.unwrap();
        assert_eq!(all.matches('x').count(), number);
    }
    assert_eq!(served.world.made(), 1);
    for stream in &mut unread {
        assert_eq!(within(stream.message()).await.unwrap().as_ref(), Some(&item));
    }
    drop(unread);
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
