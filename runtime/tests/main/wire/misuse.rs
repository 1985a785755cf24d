//! What programs do wrong at either end: one clear status each, and others unharmed.

use super::frames::ask;
use super::{HANG, INTERNAL};
use crate::garbage::{framed, head, header, message};
use crate::support::{PROBE, Pair, ProbeClient, Text, text};
use aster_runtime::codegen::v1;
use aster_runtime::{Client, Code, ConnectError, Node, Status};
use futures_util::stream;
use std::time::Duration;

/// The code of one call of each pattern.
async fn codes(probe: &ProbeClient) -> Vec<Code> {
    let of = |result: Result<(), Status>| result.map_or_else(|status| status.code(), |()| Code::OK);
    let calls = async {
        vec![
            of(probe.echo("x").await.map(drop)),
            of(probe.count(1).await.map(drop)),
            of(probe.collect(stream::iter(["a".to_owned()])).await.map(drop)),
            of(probe.chat().await.map(drop)),
        ]
    };
    tokio::time::timeout(HANG, calls)
        .await
        .expect("a call waits for ever")
}

#[tokio::test]
async fn a_stub_of_a_closed_client_is_told_so() {
    let pair = Pair::new().await;
    let other = Client::connect(&pair.client_node, pair.server_node.address())
        .await
        .unwrap();
    let other = ProbeClient(v1::Stub::new(&other, &PROBE).unwrap());
    pair.client.close();
    assert_eq!(codes(&pair.probe).await, [Code::CANCELLED; 4]);
    let status = pair.probe.echo("x").await.unwrap_err();
    assert!(status.message().contains("the client is closed"), "{status}");
    assert_eq!(
        codes(&other).await,
        [Code::OK; 4],
        "other clients of the node are not"
    );
    pair.close().await;
}

#[tokio::test]
async fn a_stub_of_a_closed_node_is_told_so() {
    let pair = Pair::new().await;
    let address = pair.server_node.address();
    let elsewhere = Node::dev().spawn().await.unwrap();
    let other = Client::connect(&elsewhere, address.clone()).await.unwrap();
    let other = ProbeClient(v1::Stub::new(&other, &PROBE).unwrap());
    pair.client_node.close().await;
    assert_eq!(codes(&pair.probe).await, [Code::CANCELLED; 4]);
    let status = pair.probe.echo("x").await.unwrap_err();
    assert!(status.message().contains("this node is closed"), "{status}");
    let error = Client::connect(&pair.client_node, address).await.unwrap_err();
    assert!(matches!(error, ConnectError::Closed), "{error}");
    assert_eq!(codes(&other).await, [Code::OK; 4], "other nodes are not");
    elsewhere.close().await;
    pair.close().await;
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_call_only() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let request = [head(&header("panic")), framed(0x40, &message("password"))].concat();
    let mut references = Vec::new();
    for _ in 0..3 {
        let trailer = ask(&connection, &request).await.trailer;
        assert_eq!(trailer.code, INTERNAL);
        assert!(!trailer.message.contains("password"), "{}", trailer.message);
        assert_eq!((trailer.details, trailer.metadata), (vec![], vec![]));
        let (_, reference) = trailer.message.split_once("reference ").unwrap();
        assert!(reference.len() == 16 && reference.bytes().all(|digit| digit.is_ascii_hexdigit()));
        references.push(reference.to_owned());
    }
    references.dedup();
    assert_eq!(references.len(), 3, "each failure has a reference of its own");
    assert_eq!(codes(&pair.probe).await, [Code::OK; 4]);
    assert_eq!(pair.server_node.stats().panics, 3);
    assert_eq!(pair.server_node.stats().calls_in_flight, 0);
    pair.close().await;
}

#[tokio::test]
async fn handlers_that_never_return_leave_room_for_others() {
    let pair = Pair::with(|limits| limits.unary_time = Duration::from_millis(200)).await;
    let calls: Vec<_> = (0..50)
        .map(|_| tokio::spawn(pair.probe.unary(2, "").into_future()))
        .collect();
    pair.seen.begun(50).await;
    assert_eq!(codes(&pair.probe).await, [Code::OK; 4]);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DEADLINE_EXCEEDED);
    }
    assert_eq!(pair.server_node.stats().calls_in_flight, 0);
    pair.close().await;
}

#[tokio::test]
async fn a_status_that_says_ok_is_no_success() {
    struct SaysOk;

    impl v1::Service for SaysOk {
        fn info(&self) -> &'static v1::ServiceInfo {
            &crate::support::OTHER
        }

        fn call(&self, _: usize, call: v1::ServerCall) -> v1::CallFuture {
            call.unary(|out: Text| out, async |_: Text, _| Err(Status::ok("all is well")))
        }
    }

    let (server, client) = (
        Node::dev().spawn().await.unwrap(),
        Node::dev().spawn().await.unwrap(),
    );
    let pair = Pair::building(server, client, |builder| builder.add(SaysOk)).await;
    let other = ProbeClient(v1::Stub::new(&pair.client, &crate::support::OTHER).unwrap());
    assert_eq!(other.echo("x").await.unwrap_err().code(), Code::UNKNOWN);
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}
