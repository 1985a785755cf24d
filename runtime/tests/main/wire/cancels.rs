//! Calls that are given up, at both ends. Source: wire protocol, "A call".

use super::service::{IGNORE, LEAVE, LINGER, Odd, SOON_CHAT};
use super::{AtHand, OK, Wire};
use crate::garbage::{framed, head, header, message};
use crate::support::{Pair, text};
use aster_runtime::Code;
use aster_runtime::header::StreamHeader;
use futures_util::stream;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How a request side came to its end.
#[derive(Debug, PartialEq)]
enum End {
    Finished,
    Reset(u64),
}

/// Reads a request side to its end.
async fn ended(wire: &mut Wire) -> End {
    loop {
        match wire.frame().await {
            Ok(Some(_)) => {}
            Ok(None) => return End::Finished,
            Err(code) => return End::Reset(code),
        }
    }
}

/// Reads a request side to its end, and waits until the response side is stopped.
async fn cancelled(mut wire: Wire) -> (End, Option<u64>) {
    (ended(&mut wire).await, wire.stopped().await)
}

#[tokio::test]
async fn the_client_stops_the_response_and_resets_a_request_that_is_not_finished() {
    let hand = AtHand::new().await;

    let task = tokio::spawn(hand.probe.echo("x").into_future());
    let wire = hand.accept().await;
    task.abort();
    assert_eq!(cancelled(wire).await, (End::Finished, Some(1)));

    let task = tokio::spawn(hand.probe.count(1).into_future());
    let wire = hand.accept().await;
    task.abort();
    assert_eq!(cancelled(wire).await, (End::Finished, Some(1)));

    // a stream that has begun
    let (items, wire) = tokio::join!(hand.probe.count(1).into_future(), async {
        let mut wire = hand.accept().await;
        wire.write(&framed(0, &message("a"))).await;
        wire
    });
    drop(items);
    assert_eq!(cancelled(wire).await, (End::Finished, Some(1)));

    let task = tokio::spawn(hand.probe.collect(stream::pending()).into_future());
    let wire = hand.accept().await;
    task.abort();
    assert_eq!(cancelled(wire).await, (End::Reset(1), Some(1)));

    let ((send, receive), wire) = tokio::join!(async { hand.probe.chat().await.unwrap() }, hand.accept());
    drop(receive);
    drop(send);
    assert_eq!(cancelled(wire).await, (End::Reset(1), Some(1)));

    let ((send, receive), wire) = tokio::join!(async { hand.probe.chat().await.unwrap() }, hand.accept());
    send.finish();
    drop(receive);
    assert_eq!(
        cancelled(wire).await,
        (End::Finished, Some(1)),
        "also after the requests"
    );
    hand.close().await;
}

#[tokio::test]
async fn requests_of_which_one_is_missing_are_not_ended_as_if_they_were_all() {
    let hand = AtHand::new().await;
    let chat = async || {
        let call = hand.probe.chat();
        let ((send, receive), wire) = tokio::join!(async { call.await.unwrap() }, hand.accept());
        (send, receive, wire)
    };
    let large = "x".repeat(17 << 20);

    let (mut send, _receive, mut wire) = chat().await;
    let status = send.send(large.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED);
    drop(send);
    assert_eq!(ended(&mut wire).await, End::Reset(1));

    // whoever goes on without it says so
    let (mut send, _receive, mut wire) = chat().await;
    send.send(large.clone()).await.unwrap_err();
    send.send("y".into()).await.unwrap();
    send.finish();
    assert_eq!(ended(&mut wire).await, End::Finished);

    let (mut send, _receive, mut wire) = chat().await;
    send.send("y".into()).await.unwrap();
    send.cancel();
    assert_eq!(ended(&mut wire).await, End::Reset(1));

    let (send, _receive, mut wire) = chat().await;
    drop(send);
    assert_eq!(ended(&mut wire).await, End::Finished);
    hand.close().await;
}

#[tokio::test]
async fn a_deadline_cancels_as_dropping_does() {
    let hand = AtHand::new().await;
    let soon = Duration::from_millis(30);
    let (result, end) = tokio::join!(hand.probe.echo("x").deadline(soon).into_future(), async {
        cancelled(hand.accept().await).await
    });
    assert_eq!(result.unwrap_err().code(), Code::DEADLINE_EXCEEDED);
    assert_eq!(end, (End::Finished, Some(1)));

    let upload = hand.probe.collect(stream::pending()).deadline(soon);
    let (result, end) = tokio::join!(upload.into_future(), async {
        cancelled(hand.accept().await).await
    });
    assert_eq!(result.unwrap_err().code(), Code::DEADLINE_EXCEEDED);
    assert_eq!(end, (End::Reset(1), Some(1)));

    // the server is told though the caller keeps both ends
    let call = hand.probe.chat().deadline(soon);
    let ((_send, mut receive), mut wire) = tokio::join!(async { call.await.unwrap() }, hand.accept());
    assert_eq!(
        receive.message().await.unwrap_err().code(),
        Code::DEADLINE_EXCEEDED
    );
    assert_eq!(wire.stopped().await, Some(1));
    hand.close().await;
}

#[tokio::test]
async fn the_server_drops_the_handler_at_once_also_after_the_request_was_finished() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    for (number, method, finished) in [
        (1, "hang", true),
        (2, "hang", false),
        (3, "chat", true),
        (4, "chat", false),
    ] {
        let mut request = head(&header(method));
        if method == "hang" {
            request.extend(framed(0x40, &message("")));
        }
        let mut wire = Wire::call(&connection, &request).await;
        if finished && method == "hang" {
            wire.finish();
        }
        pair.seen.begun(number).await;
        wire.receive.stop(1u32.into()).unwrap();
        tokio::time::timeout(super::HANG, pair.seen.dropped(number))
            .await
            .expect(method);
        if finished && method == "chat" {
            wire.finish();
        }
    }
    assert_eq!(pair.server_node.stats().calls_in_flight, 0);
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}

#[tokio::test]
async fn a_request_side_that_is_reset_ends_a_handler_that_reads_it() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let mut wire = Wire::call(
        &connection,
        &[head(&header("chat")), framed(0, &message("a"))].concat(),
    )
    .await;
    assert!(wire.frame().await.unwrap().is_some());
    wire.send.reset(1u32.into()).unwrap();
    assert_eq!(wire.frame().await.unwrap_err(), 1, "nobody waits for a trailer");
    pair.seen.dropped(1).await;
    assert_eq!(pair.server_node.stats().protocol_errors, 0);
    pair.close().await;
}

#[tokio::test]
async fn what_goes_on_sending_after_the_cancel_is_told_and_freed() {
    let mut odd = Odd::new().await;
    let mut items = odd.server_stream(LINGER, "").await.unwrap();
    assert!(items.message().await.unwrap().is_some());
    drop(items);
    odd.dropped().await;
    let status = odd.told().await;
    assert_eq!(status.code(), Code::CANCELLED, "{status}");
    let taken = odd.taken.load(Ordering::SeqCst);
    assert_eq!(odd.pair.probe.echo("x").await.unwrap(), text("x"));
    assert_eq!(odd.taken.load(Ordering::SeqCst), taken, "it has stopped");
    odd.close().await;
}

#[tokio::test]
async fn what_goes_on_sending_after_the_answer_is_told_and_not_sent() {
    let mut odd = Odd::new().await;
    let connection = odd.pair.raw().await;
    let header = StreamHeader {
        service: "wire.Odd".into(),
        version: 3,
        contract_id: Some(super::service::ODD.contract_id),
        ..header("leave")
    };
    assert_eq!(super::service::ODD.methods[LEAVE].name, "leave");
    let mut wire = Wire::call(&connection, &[head(&header), framed(0x40, &message(""))].concat()).await;
    // the trailer is the last frame, whatever was sent before it
    assert_eq!(wire.answer().await.trailer.code, OK);
    assert!(wire.frame().await.unwrap().is_none());
    assert_eq!(odd.told().await.code(), Code::CANCELLED);
    odd.close().await;
}

#[tokio::test]
async fn a_handler_that_reads_nothing_is_dropped_too() {
    let mut odd = Odd::new().await;
    for method in [IGNORE, SOON_CHAT] {
        let (mut send, receive) = odd.bidi(method).await.unwrap();
        send.send("x".to_owned()).await.unwrap();
        drop((send, receive));
        odd.dropped().await;
    }
    odd.close().await;
}
