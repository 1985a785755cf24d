//! Frames at our server: which flags, lengths and payloads it takes. Source: wire protocol, "Frames".

use super::{Answer, INTERNAL, OK, Trailer, Wire};
use crate::garbage::{framed, head, header, message};
use crate::support::{Pair, text};
use aster_runtime::frame::{MAX_HEADER, MAX_TRAILER};
use futures_util::{StreamExt as _, stream};
use iroh::endpoint::Connection;

/// What a payload that is no zstd frame is answered with.
const CONTRACT_VIOLATION: u64 = 101;
const RESOURCE_EXHAUSTED: u64 = 8;

/// Sends all of a request side in one write, and hears the answer.
pub(super) async fn ask(connection: &Connection, bytes: &[u8]) -> Answer {
    let mut wire = Wire::call(connection, bytes).await;
    wire.finish();
    wire.answer().await
}

/// Where a frame stands on the request side.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    First,
    AfterHeader,
    AfterMessage,
    AfterEnd,
}

/// What the specification says of a frame from a client, in a call whose requests stream.
fn expected(place: Place, flags: u8, empty: bool) -> u64 {
    match (place, flags, empty) {
        (Place::First, 0x04 | 0x44, false) => OK,
        (Place::AfterHeader | Place::AfterMessage, 0x00 | 0x40, false) => OK,
        (Place::AfterHeader | Place::AfterMessage, 0x40, true) => OK,
        (Place::AfterHeader | Place::AfterMessage, 0x01 | 0x41, false) => CONTRACT_VIOLATION,
        _ => INTERNAL,
    }
}

#[tokio::test]
async fn refuses_every_flag_value_that_is_not_allowed_in_its_place() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let (header, item) = (head(&header("collect")), message("a"));
    let (connection, header, item) = (&connection, &header, &item);
    let places = [
        Place::First,
        Place::AfterHeader,
        Place::AfterMessage,
        Place::AfterEnd,
    ];
    let cases = places.iter().flat_map(|place| {
        (0..=255u8).flat_map(move |flags| [false, true].map(|empty| (*place, flags, empty)))
    });
    let calls = stream::iter(cases).map(async move |(place, flags, empty)| {
        let (before, payload) = match place {
            Place::First => (vec![], &header[5..]),
            Place::AfterHeader => (header.clone(), &item[..]),
            Place::AfterMessage => ([&header[..], &framed(0, item)].concat(), &item[..]),
            Place::AfterEnd => ([&header[..], &framed(0x40, item)].concat(), &item[..]),
        };
        let frame = framed(flags, if empty { b"" } else { payload });
        let answer = ask(connection, &[before, frame].concat()).await;
        let expected = expected(place, flags, empty);
        let case = format!("{place:?}, flags {flags:#04x}, empty: {empty}");
        assert_eq!(
            answer.trailer.code, expected,
            "{case}: {}",
            answer.trailer.message
        );
        u64::from(expected == INTERNAL)
    });
    let breaches: u64 = calls
        .buffer_unordered(64)
        .collect::<Vec<u64>>()
        .await
        .iter()
        .sum();
    assert_eq!(pair.server_node.stats().protocol_errors, breaches);
    assert!(connection.close_reason().is_none());
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}

#[tokio::test]
async fn the_end_of_a_side_may_be_said_or_seen() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let item = message("a");
    let mut told = Vec::new();
    for (method, frames) in [
        // END_STREAM with the last message, alone, and FIN without it
        ("echo", framed(0x40, &item)),
        ("echo", [framed(0, &item), framed(0x40, b"")].concat()),
        ("echo", framed(0, &item)),
        ("collect", framed(0x40, &item)),
        ("collect", [framed(0, &item), framed(0x40, b"")].concat()),
        ("collect", framed(0, &item)),
    ] {
        let answer = ask(&connection, &[head(&header(method)), frames].concat()).await;
        told.push((answer.trailer.code, answer.messages));
    }
    assert!(
        told.iter().all(|told| *told == (OK, vec![message("a")])),
        "{told:?}"
    );
    for ending in [
        &framed(0x44, &head(&header("collect"))[5..]),
        &head(&header("collect")),
    ] {
        let answer = ask(&connection, ending).await;
        assert_eq!((answer.trailer.code, answer.messages), (OK, vec![message("")]));
    }
    pair.close().await;
}

#[tokio::test]
async fn an_unary_call_begins_with_end_stream_and_does_not_wait_for_the_end_of_the_stream() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let request = [head(&header("echo")), framed(0x40, &message("a"))].concat();
    let mut wire = Wire::call(&connection, &request).await;
    assert_eq!(wire.answer().await.messages, [message("a")]);
    pair.close().await;
}

#[tokio::test]
async fn every_limit_is_checked_on_the_prefix() {
    let pair = Pair::with(|limits| limits.frame = 100_000).await;
    let connection = pair.raw().await;
    let prefix = |flags: u8, payload: usize| {
        let length = u32::try_from(payload + 1).unwrap();
        [&length.to_le_bytes()[..], &[flags]].concat()
    };
    let after_header = |flags, payload| [head(&header("echo")), prefix(flags, payload)].concat();
    for (what, bytes, expected) in [
        ("a header", prefix(0x04, MAX_HEADER + 1), RESOURCE_EXHAUSTED),
        (
            "the only header",
            prefix(0x44, MAX_HEADER + 1),
            RESOURCE_EXHAUSTED,
        ),
        ("a request", after_header(0x40, 100_001), RESOURCE_EXHAUSTED),
        (
            "a compressed request",
            after_header(0x41, 100_001),
            RESOURCE_EXHAUSTED,
        ),
        (
            "a trailer",
            after_header(0x02, MAX_TRAILER + 1),
            RESOURCE_EXHAUSTED,
        ),
        ("a length of zero", vec![0; 4], INTERNAL),
    ] {
        // the payload never comes, and the stream stays open: the answer does not wait for them
        let mut wire = Wire::call(&connection, &bytes).await;
        let Trailer { code, message, .. } = wire.answer().await.trailer;
        assert_eq!(code, expected, "{what}: {message}");
        assert!(message.contains("protocol error"), "{what}: {message}");
        assert_eq!(wire.stopped().await, Some(3), "{what}");
    }
    assert_eq!(pair.server_node.stats().protocol_errors, 6);
    pair.close().await;
}
