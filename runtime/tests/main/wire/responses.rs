//! Frames at our client: which answers it takes. Source: wire protocol, "Frames" and "A call".

use super::{AtHand, Trailer, Wire, ok, response_header};
use crate::garbage::{framed, message};
use crate::support::{Text, text};
use aster_runtime::frame::{MAX_HEADER, MAX_TRAILER};
use aster_runtime::{Code, Status};
use futures_util::TryStreamExt as _;

/// Answers the next call with these bytes, and says what the caller gets, and what the stream is stopped with.
async fn answered(hand: &AtHand, unary: bool, bytes: &[u8], end: bool) -> (Result<usize, Status>, Wire) {
    let call = async {
        if unary {
            return hand.probe.echo("x").await.map(|Text(text)| text.len());
        }
        let items = hand.probe.count(1).await?;
        items.try_collect::<Vec<String>>().await.map(|items| items.len())
    };
    let serve = async {
        let mut wire = hand.accept().await;
        assert_eq!(wire.flags().await, [0x04, 0x40]);
        wire.write(bytes).await;
        if end {
            wire.finish();
        }
        wire
    };
    tokio::join!(call, serve)
}

fn code(result: &Result<usize, Status>) -> Code {
    result.as_ref().map_or_else(Status::code, |_| Code::OK)
}

#[tokio::test]
async fn refuses_every_flag_value_that_is_not_allowed() {
    let hand = AtHand::new().await;
    for (first, flags, empty) in (0..=255u8)
        .flat_map(|flags| [true, false].map(|first| [true, false].map(|empty| (first, flags, empty))))
        .flatten()
    {
        let (payload, expected) = match (flags, empty, first) {
            (0x04 | 0x44, false, true) => (response_header::<&str>(&[]), Some(Code::UNAVAILABLE)),
            (0x00 | 0x40, false, _) => (message("a"), Some(Code::UNAVAILABLE)),
            (0x40, true, _) => (vec![], Some(Code::UNAVAILABLE)),
            (0x01 | 0x41, false, _) => (message("a"), Some(Code::CONTRACT_VIOLATION)),
            (0x02, false, _) => (Trailer::new(5, "gone").payload(), Some(Code::NOT_FOUND)),
            (0x02, true, _) => (vec![], Some(Code::OK)),
            (_, true, _) => (vec![], None),
            (_, false, _) => (response_header::<&str>(&[]), None),
        };
        let before = if first { vec![] } else { framed(0, &message("b")) };
        let bytes = [before, framed(flags, &payload)].concat();
        let (result, mut wire) = answered(&hand, false, &bytes, expected.is_some()).await;
        let case = format!("flags {flags:#04x}, empty: {empty}, first: {first}: {result:?}");
        assert_eq!(code(&result), expected.unwrap_or(Code::INTERNAL), "{case}");
        if expected.is_none() {
            assert!(
                result.unwrap_err().message().contains("broke the protocol"),
                "{case}"
            );
            assert_eq!(wire.stopped().await, Some(3), "{case}");
        }
    }
    hand.close().await;
}

#[tokio::test]
async fn refuses_an_answer_out_of_order() {
    let hand = AtHand::new().await;
    let (head, item) = (
        framed(0x04, &response_header::<&str>(&[])),
        framed(0, &message("a")),
    );
    let last = framed(0x40, &message("a"));
    let (head, item, last, ok) = (&head[..], &item[..], &last[..], &ok()[..]);
    for (what, unary, frames) in [
        ("two headers", false, [head, head, ok]),
        ("a header behind a message", false, [item, head, ok]),
        ("a message behind the last", false, [last, item, ok]),
        ("a header behind the last", false, [last, head, ok]),
        ("a message behind the trailer", false, [ok, item, &[]]),
        ("two trailers", false, [item, ok, ok]),
        ("two messages where there is one", true, [item, item, ok]),
        ("no message where there is one", true, [head, ok, &[]]),
    ] {
        let (result, _wire) = answered(&hand, unary, &frames.concat(), false).await;
        let status = result.unwrap_err();
        assert_eq!(status.code(), Code::INTERNAL, "{what}: {status}");
        assert!(
            status.message().contains("broke the protocol"),
            "{what}: {status}"
        );
    }
    for frames in [
        [head, item, ok],
        [item, ok, &[]],
        [last, ok, &[]],
        [head, last, ok],
    ] {
        let (result, _wire) = answered(&hand, true, &frames.concat(), true).await;
        assert_eq!(result, Ok(1));
    }
    hand.close().await;
}

#[tokio::test]
async fn an_answer_without_a_trailer_is_unavailable() {
    let hand = AtHand::new().await;
    let (head, item) = (
        framed(0x04, &response_header::<&str>(&[])),
        framed(0, &message("a")),
    );
    for bytes in [
        vec![],
        head.clone(),
        [&head[..], &item].concat(),
        item.clone(),
        item[..7].to_vec(),
        framed(0x40, b""),
        [&item[..], &ok()[..4]].concat(),
    ] {
        for unary in [true, false] {
            let (result, _wire) = answered(&hand, unary, &bytes, true).await;
            assert_eq!(code(&result), Code::UNAVAILABLE, "{bytes:?}: {result:?}");
        }
    }
    hand.close().await;
}

#[tokio::test]
async fn every_limit_is_checked_on_the_prefix() {
    let hand = AtHand::with(|node| {
        let mut limits = aster_runtime::Limits::default();
        limits.frame = 100_000;
        node.limits(limits)
    })
    .await;
    for (flags, payload) in [
        (0x04, MAX_HEADER + 1),
        (0x02, MAX_TRAILER + 1),
        (0x00, 100_001),
        (0x01, 100_001),
    ] {
        let length = u32::try_from(payload + 1).unwrap();
        let prefix = [&length.to_le_bytes()[..], &[flags]].concat();
        let (result, mut wire) = answered(&hand, true, &prefix, false).await;
        assert_eq!(
            code(&result),
            Code::RESOURCE_EXHAUSTED,
            "{flags:#04x}: {result:?}"
        );
        assert_eq!(wire.stopped().await, Some(3), "{flags:#04x}");
    }
    hand.close().await;
}

#[tokio::test]
async fn a_header_alone_ends_the_wait_for_a_stream() {
    let hand = AtHand::new().await;
    let (mut items, mut wire) = tokio::join!(async { hand.probe.count(1).await.unwrap() }, async {
        let mut wire = hand.accept().await;
        wire.write(&framed(0x04, &response_header(&[("k", "1"), ("k", "2")])))
            .await;
        wire
    });
    let metadata: Vec<_> = items.metadata().iter().collect();
    assert_eq!(metadata, [("k", "1"), ("k", "2")]);
    assert!(items.trailer().is_none());
    let trailer = Trailer {
        metadata: vec![("sum".into(), "3".into())],
        ..Trailer::default()
    };
    wire.write(&[framed(0, &message("a")), trailer.frame()].concat())
        .await;
    wire.finish();
    assert_eq!(items.message().await.unwrap().as_deref(), Some("a"));
    assert_eq!(items.message().await.unwrap(), None);
    assert_eq!(items.trailer().unwrap().get("sum"), Some("3"));
    hand.close().await;
}

#[tokio::test]
async fn a_status_arrives_as_the_server_made_it() {
    let hand = AtHand::new().await;
    for number in (0..=16).chain([101, 17, 4711, u64::from(u32::MAX)]) {
        let trailer = Trailer {
            code: number,
            message: "why".into(),
            details: vec![("d".into(), vec![0, 255]), ("d".into(), vec![])],
            metadata: vec![("k".into(), "2".into()), ("k".into(), "1".into())],
        };
        let bytes = [framed(0, &message("a")), trailer.frame()].concat();
        let (result, _wire) = answered(&hand, true, &bytes, true).await;
        if number == 0 {
            assert_eq!(result, Ok(1));
            continue;
        }
        let status = result.unwrap_err();
        assert_eq!(
            status.code(),
            Code(u32::try_from(number).unwrap()),
            "kept as a number"
        );
        assert_eq!(status.message(), "why");
        assert_eq!(
            status.details().collect::<Vec<_>>(),
            [("d", &[0, 255][..]), ("d", &[])]
        );
        assert_eq!(
            status.metadata().iter().collect::<Vec<_>>(),
            [("k", "2"), ("k", "1")]
        );
    }
    let probe = hand.probe.echo("x").into_future();
    let (reply, ()) = tokio::join!(probe, async {
        let mut wire = hand.accept().await;
        wire.flags().await;
        wire.write(&[framed(0, &message("y")), ok()].concat()).await;
        wire.finish();
    });
    assert_eq!(reply.unwrap(), text("y"));
    hand.close().await;
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_a_contract_violation_and_ends_the_call() {
    let hand = AtHand::new().await;
    for unary in [true, false] {
        let bytes = [framed(0, b"garbage"), ok()].concat();
        let (result, _wire) = answered(&hand, unary, &bytes, true).await;
        assert_eq!(code(&result), Code::CONTRACT_VIOLATION, "{result:?}");
    }
    // of a stream that goes on, no more is taken
    let (result, mut wire) = answered(&hand, false, &framed(0, b"garbage"), false).await;
    assert_eq!(code(&result), Code::CONTRACT_VIOLATION);
    assert_eq!(wire.stopped().await, Some(1));
    hand.close().await;
}
