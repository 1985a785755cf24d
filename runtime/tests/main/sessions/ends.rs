//! The ends of sessions: closed, idle, lost; each is told once, after the last call.

use super::{Served, TallyClient};
use aster_runtime::codegen::v1;
use aster_runtime::{Admission, Code, SessionEnd};
use std::time::Duration;

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
async fn a_session_is_lost_with_the_admission_of_its_peer() {
    let served = Served::new().await;
    let (node, peer) = (&served.server_node, served.client_node.id());
    let session = served.client.session().overlapping();
    let tally = TallyClient::new(&session);
    tally.add("a").await.unwrap();
    let call = tokio::spawn(tally.wait("b").into_future());
    served.world.running(1).await;
    assert!(node.revoke(peer));
    let lost = |status: v1::Status| {
        assert_eq!(status.code(), Code::ABORTED, "{status}");
        assert!(status.message().starts_with("session lost"), "{status}");
        assert!(status.message().contains("expired or was revoked"), "{status}");
    };
    lost(call.await.unwrap().unwrap_err());
    let ended = served.world.ended(1).await;
    assert_eq!(ended, [(1, SessionEnd::Lost, "a".to_owned())]);
    // it never moves, also when its peer is welcome again
    node.admit(peer, Admission::new()).unwrap();
    let status = tally.add("later").await.unwrap_err();
    assert_eq!(status.code(), Code::ABORTED, "{status}");
    let tally = TallyClient::new(&served.client.session());
    assert_eq!(tally.add("c").await.unwrap(), "c");
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
    draining.await.unwrap();
    let ended = served.world.ended(1).await;
    assert_eq!(
        ended,
        [(1, SessionEnd::Lost, "a".to_owned())],
        "what ran came to its end"
    );
    drop(call);
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
