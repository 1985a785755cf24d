//! Peers that open and close sessions as they please: bounded, and at their own expense.

use super::{NOT_FOUND, OK, RESOURCE_EXHAUSTED, Served, TallyClient, add_by_hand, close_by_hand, header};
use crate::garbage::{Told, framed, head, message, send};
use aster_runtime::PerSession;
use futures_util::{StreamExt as _, stream};
use std::time::Duration;

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
