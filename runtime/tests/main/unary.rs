//! Unary calls: replies, metadata, errors, deadlines, cancellation, size.

use crate::support::{CHANGED, OTHER, PROBE, Pair, ProbeServer, text};
use aster_runtime::codegen::v1;
use aster_runtime::{BuildError, Code, Node, Server};
use std::time::Duration;

#[tokio::test]
async fn a_request_comes_back() {
    let pair = Pair::new().await;
    assert_eq!(pair.probe.echo("hello").await.unwrap(), text("hello"));
    for size in [0, 4000, 4096, 5000, 100_000, 3_000_000] {
        let payload = "x".repeat(size);
        assert_eq!(pair.probe.echo(&payload).await.unwrap().0.len(), size);
    }
    pair.close().await;
}

#[tokio::test]
async fn many_calls_share_a_connection() {
    let pair = Pair::new().await;
    let calls = (0..200).map(|number| {
        let probe = pair.probe.clone();
        async move { probe.echo(&number.to_string()).await.unwrap() == text(number.to_string()) }
    });
    assert!(
        futures_util::future::join_all(calls)
            .await
            .into_iter()
            .all(|same| same)
    );
    pair.close().await;
}

#[tokio::test]
async fn metadata_goes_both_ways() {
    let pair = Pair::new().await;
    let call = pair
        .probe
        .unary(4, "")
        .metadata("a", "1")
        .metadata("b-bin", "AAE=");
    let response = call.with_response().await.unwrap();
    assert_eq!(response.message, text("probe.Probe metadata a=1 b-bin=AAE="));
    assert_eq!(response.metadata.get("h.a"), Some("1"));
    assert_eq!(response.trailer.get_bytes("t.b-bin"), Some(vec![0, 1]));

    let status = pair.probe.unary(4, "fail").metadata("a", "1").await.unwrap_err();
    assert_eq!(status.code(), Code::ABORTED);
    assert_eq!(status.metadata().get("t.a"), Some("1"));
    pair.close().await;
}

#[tokio::test]
async fn metadata_against_the_rules_fails_the_call_before_it_is_sent() {
    let pair = Pair::new().await;
    let status = pair.probe.echo("x").metadata("Upper", "1").await.unwrap_err();
    assert_eq!(status.code(), Code::INVALID_ARGUMENT);
    let status = pair
        .probe
        .echo("x")
        .metadata("k", "v".repeat(5000))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED);
    pair.close().await;
}

#[tokio::test]
async fn a_status_arrives_as_the_handler_made_it() {
    let pair = Pair::new().await;
    let status = pair.probe.unary(1, "the thing").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NOT_FOUND, "the thing"));
    assert_eq!(
        status.details().collect::<Vec<_>>(),
        [("which", &b"this"[..]), ("n", &[1, 2])]
    );
    pair.close().await;
}

#[tokio::test]
async fn a_panic_costs_its_call_only_and_tells_nothing() {
    let pair = Pair::new().await;
    let status = pair.probe.unary(3, "password").await.unwrap_err();
    assert_eq!(status.code(), Code::INTERNAL);
    assert!(
        status.message().contains("reference") && !status.message().contains("password"),
        "{status}"
    );
    assert_eq!(pair.probe.echo("still here").await.unwrap(), text("still here"));
    assert_eq!(pair.server_node.stats().panics, 1);
    pair.close().await;
}

#[tokio::test]
async fn the_client_gives_up_at_its_deadline_and_the_handler_is_dropped() {
    let pair = Pair::new().await;
    let status = pair
        .probe
        .unary(2, "")
        .deadline(Duration::from_millis(500))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED);
    pair.seen.dropped(1).await;
    let status = pair.probe.unary(9, "").await.unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED, "the method's own time");
    let status = pair.probe.echo("").deadline(Duration::ZERO).await.unwrap_err();
    assert_eq!(
        status.code(),
        Code::DEADLINE_EXCEEDED,
        "a call is never sent late"
    );
    pair.close().await;
}

#[tokio::test]
async fn the_server_ends_a_unary_handler_that_runs_too_long() {
    let pair = Pair::with(|limits| limits.unary_time = Duration::from_millis(30)).await;
    let status = pair.probe.unary(2, "").await.unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED);
    assert!(status.message().contains("at the server"), "{status}");
    pair.seen.dropped(1).await;
    pair.close().await;
}

#[tokio::test]
async fn dropping_the_call_drops_the_handler() {
    let pair = Pair::new().await;
    {
        let mut call = pair.probe.unary(2, "").into_future();
        tokio::select! {
            _ = &mut call => panic!("the handler never answers"),
            () = pair.seen.begun(1) => {}
        }
    }
    pair.seen.dropped(1).await;
    assert_eq!(pair.probe.echo("next").await.unwrap(), text("next"));
    pair.close().await;
}

#[tokio::test]
async fn a_lost_server_fails_running_calls_as_unavailable() {
    let pair = Pair::new().await;
    let call = pair.probe.unary(2, "").into_future();
    let call = tokio::spawn(call);
    pair.seen.begun(1).await;
    pair.server.shutdown(Duration::ZERO).await;
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE);
    assert!(status.message().contains("the request was sent"), "{status}");
    pair.seen.dropped(1).await;
    pair.close().await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_before_it_is_sent_and_before_it_is_read() {
    let pair = Pair::with(|limits| limits.frame = 10_000).await;
    // does not shrink under zstd: it must look like noise
    let noise: String = (0..20_000u64)
        .map(|n| char::from(33 + (blake3::hash(&n.to_le_bytes()).as_bytes()[0] % 90)))
        .collect();
    let status = pair.probe.echo(&noise).await.unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED, "{status}");
    assert_eq!(pair.probe.echo("small").await.unwrap(), text("small"));
    let large = "x".repeat(17 * 1024 * 1024);
    let status = pair.probe.echo(&large).await.unwrap_err();
    assert!(status.message().contains("the limit is"), "{status}");
    pair.close().await;
}

#[tokio::test]
async fn the_contract_is_checked_before_anything_is_sent() {
    let pair = Pair::new().await;
    let error = v1::Stub::new(&pair.client, &CHANGED).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, v1::StubError::ContractMismatch { .. }));
    assert!(
        text.contains(&"07".repeat(32)) && text.contains(&"08".repeat(32)),
        "{text}"
    );
    let error = v1::Stub::new(&pair.client, &OTHER).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server does not have the service `probe.Other`; it serves `probe.Probe`"
    );
    pair.close().await;
}

#[tokio::test]
async fn one_contract_is_served_once() {
    let node = Node::dev().spawn().await.unwrap();
    let service = |info| ProbeServer {
        info,
        seen: Default::default(),
    };
    let built = Server::builder(&node)
        .add(service(&PROBE))
        .add(service(&PROBE))
        .build();
    assert!(matches!(
        built,
        Err(BuildError::DuplicateContract {
            service: "probe.Probe",
            ..
        })
    ));
    let server = Server::builder(&node)
        .add(service(&PROBE))
        .add(service(&CHANGED))
        .build()
        .unwrap();
    assert_eq!(server.services().len(), 3, "and the node's own");
    node.close().await;
}

#[tokio::test]
async fn connecting_fails_with_a_sentence() {
    let node = Node::dev().spawn().await.unwrap();
    let connect = async |address: &str| aster_runtime::Client::connect(&node, address).await.unwrap_err();
    assert!(
        connect("nonsense")
            .await
            .to_string()
            .contains("not an Aster ticket")
    );
    let mut damaged = node.address().to_string();
    damaged.pop();
    assert!(connect(&damaged).await.to_string().contains("damaged"));

    // nobody is there any more
    let gone = Node::dev().spawn().await.unwrap();
    let address = gone.address();
    gone.close().await;
    let place = address.endpoint_addr().ip_addrs().next().unwrap().to_string();
    let time = Duration::from_millis(300);
    let error = aster_runtime::Client::connect_within(&node, address, time)
        .await
        .unwrap_err();
    assert!(error.to_string().contains(&place), "{error}");
    node.close().await;
}
