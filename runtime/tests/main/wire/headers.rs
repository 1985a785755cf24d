//! What headers and trailers may hold. Source: wire protocol, "StreamHeader, ResponseHeader, RpcStatus".

use super::deadlines::odd;
use super::frames::ask;
use super::service::{ANNOUNCE, Odd, TELL};
use super::{AtHand, INTERNAL, OK, Trailer, Wire, metadata, ok, response_header};
use crate::garbage::{framed, head, header, message};
use crate::support::{Pair, text};
use aster_contract::canonical::Reader;
use aster_runtime::header::StreamHeader;
use aster_runtime::metadata::{MAX_ENTRIES, MAX_KEY, MAX_VALUE};
use aster_runtime::{Code, Status};

const INVALID_ARGUMENT: u64 = 3;
const RESOURCE_EXHAUSTED: u64 = 8;
const UNIMPLEMENTED: u64 = 12;

type Entries = Vec<(String, String)>;

fn entry(key: usize, value: usize) -> (String, String) {
    ("k".repeat(key), "v".repeat(value))
}

/// Metadata at each limit.
fn at_the_limits() -> Vec<(&'static str, Entries)> {
    vec![
        ("entries", vec![entry(1, 1); MAX_ENTRIES]),
        ("a key", vec![entry(MAX_KEY, 1)]),
        ("a value", vec![entry(1, MAX_VALUE)]),
        ("all", vec![entry(1, MAX_VALUE - 1), entry(1, MAX_VALUE - 1)]),
    ]
}

/// Metadata one past each limit.
fn over_the_limits() -> Vec<(&'static str, Entries)> {
    vec![
        ("entries", vec![entry(1, 1); MAX_ENTRIES + 1]),
        ("a key", vec![entry(MAX_KEY + 1, 1)]),
        ("a value", vec![entry(1, MAX_VALUE + 1)]),
        ("all", vec![entry(1, MAX_VALUE - 1), entry(1, MAX_VALUE)]),
    ]
}

/// A header with this list of metadata, whatever is in it.
fn with_metadata(header: &StreamHeader<'_>, entries: &[(String, String)]) -> Vec<u8> {
    let mut payload = Vec::new();
    header.encode(&mut payload);
    // no entries are a count and the mark of a list
    payload.truncate(payload.len() - 2);
    payload.extend(metadata(entries));
    framed(0x04, &payload)
}

#[tokio::test]
async fn a_server_takes_metadata_up_to_each_limit_and_refuses_more() {
    let odd_pair = Odd::new().await;
    let connection = odd_pair.pair.raw().await;
    let tell =
        |entries: &Entries| [with_metadata(&odd(TELL, 0), entries), framed(0x40, &message(""))].concat();
    for (what, entries) in at_the_limits() {
        let answer = ask(&connection, &tell(&entries)).await;
        assert_eq!(answer.trailer.code, OK, "{what}: {}", answer.trailer.message);
        let said = String::from_utf8_lossy(&answer.messages[0]).into_owned();
        let arrived: usize = said
            .split(' ')
            .filter(|word| word.starts_with('k'))
            .map(str::len)
            .sum();
        let sent: usize = entries
            .iter()
            .map(|(key, value)| key.len() + value.len() + 1)
            .sum();
        assert_eq!(arrived, sent, "{what}: nothing is dropped");
    }
    for (what, entries) in over_the_limits() {
        // refused with the header: the request side is stopped before anything else has come
        let mut wire = Wire::call(&connection, &with_metadata(&odd(TELL, 0), &entries)).await;
        let answer = wire.answer().await;
        assert_eq!(
            answer.trailer.code, RESOURCE_EXHAUSTED,
            "{what}: {}",
            answer.trailer.message
        );
        assert_eq!(wire.stopped().await, Some(0), "{what}");
    }
    assert_eq!(odd_pair.pair.server_node.stats().protocol_errors, 0);
    odd_pair.close().await;
}

#[tokio::test]
async fn keys_and_values_have_their_form_and_their_order() {
    let odd_pair = Odd::new().await;
    let connection = odd_pair.pair.raw().await;
    let send = async |entries: &[(&str, &str)]| {
        let entries: Entries = entries
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect();
        let bytes = [with_metadata(&odd(TELL, 0), &entries), framed(0x40, &message(""))].concat();
        ask(&connection, &bytes).await
    };
    let answer = send(&[
        ("b.z_9-x", "2"),
        ("a", "ü"),
        ("b.z_9-x", "1"),
        ("n-bin", "AAE="),
        ("n-bin", "AAE"),
    ])
    .await;
    let said = String::from_utf8_lossy(&answer.messages[0]).into_owned();
    assert!(
        said.ends_with("b.z_9-x=2 a=ü b.z_9-x=1 n-bin=AAE= n-bin=AAE"),
        "{said}"
    );
    for bad in [
        ("Upper", "1"),
        ("", "1"),
        ("a b", "1"),
        ("ü", "1"),
        ("n-bin", "%"),
    ] {
        assert_eq!(send(&[bad]).await.trailer.code, INVALID_ARGUMENT, "{bad:?}");
    }
    odd_pair.close().await;
}

#[tokio::test]
async fn a_caller_cannot_send_more_nor_what_is_reserved() {
    let hand = AtHand::new().await;
    for (what, entries) in over_the_limits() {
        let mut call = hand.probe.echo("x");
        for (key, value) in entries {
            call = call.metadata(key, value);
        }
        assert_eq!(call.await.unwrap_err().code(), Code::RESOURCE_EXHAUSTED, "{what}");
    }
    for (key, value) in [("aster-x", "1"), ("Upper", "1"), ("n-bin", "%")] {
        let status = hand.probe.echo("x").metadata(key, value).await.unwrap_err();
        assert_eq!(status.code(), Code::INVALID_ARGUMENT, "{key}");
        let status = hand.probe.count(1).metadata(key, value).await.unwrap_err();
        assert_eq!(status.code(), Code::INVALID_ARGUMENT, "{key}");
    }
    hand.close().await;
}

#[tokio::test]
async fn a_handler_cannot_send_more_and_is_told() {
    let odd = Odd::new().await;
    for place in ["header", "trailer"] {
        let response = odd
            .unary(ANNOUNCE, &format!("{place} 64 100"))
            .with_response()
            .await
            .unwrap();
        let arrived = if place == "header" {
            response.metadata
        } else {
            response.trailer
        };
        assert_eq!(arrived.len(), 64, "{place}");
        for more in ["65 1", "1 4097", "3 4000"] {
            let status = odd.unary(ANNOUNCE, &format!("{place} {more}")).await.unwrap_err();
            assert_eq!(
                status.code(),
                Code::RESOURCE_EXHAUSTED,
                "{place} {more}: {status}"
            );
        }
    }
    let status = odd.unary(ANNOUNCE, "status 20 100").await.unwrap_err();
    assert_eq!(
        (status.code(), status.metadata().len()),
        (Code::ABORTED, 40),
        "both sets fit"
    );
    let status = odd.unary(ANNOUNCE, "status 40 100").await.unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED, "{status}");
    assert!(status.message().contains("the real reason"), "{status}");
    odd.close().await;
}

/// What the caller gets of an answer.
async fn answered(hand: &AtHand, bytes: &[u8]) -> Result<usize, Status> {
    let (result, _wire) = tokio::join!(hand.probe.echo("x").with_response(), async {
        let mut wire = hand.accept().await;
        wire.flags().await;
        wire.write(bytes).await;
        wire.finish();
        wire
    });
    result.map(|response| response.metadata.len() + response.trailer.len())
}

#[tokio::test]
async fn a_client_takes_metadata_up_to_each_limit_and_refuses_more() {
    let hand = AtHand::new().await;
    let item = framed(0, &message("y"));
    let header = |entries: &Entries| [framed(0x04, &response_header(entries)), item.clone(), ok()].concat();
    let trailer = |entries: &Entries| {
        let metadata = entries.clone();
        let trailer = Trailer {
            metadata,
            ..Trailer::default()
        };
        [item.clone(), trailer.frame()].concat()
    };
    for (what, entries) in at_the_limits() {
        assert_eq!(
            answered(&hand, &header(&entries)).await,
            Ok(entries.len()),
            "{what}"
        );
        assert_eq!(
            answered(&hand, &trailer(&entries)).await,
            Ok(entries.len()),
            "{what}"
        );
    }
    for (what, entries) in over_the_limits() {
        for bytes in [header(&entries), trailer(&entries)] {
            let status = answered(&hand, &bytes).await.unwrap_err();
            assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED, "{what}: {status}");
        }
    }
    hand.close().await;
}

#[tokio::test]
async fn an_unknown_format_version_is_unimplemented() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    for version in (0..=255).filter(|version| ![1, b'{'].contains(version)) {
        let mut bytes = head(&header("echo"));
        bytes[5] = version;
        let answer = ask(&connection, &bytes).await;
        assert_eq!(answer.trailer.code, UNIMPLEMENTED, "{version}");
        assert_eq!(answer.trailer.detail("wire_versions"), ["1"]);
    }
    assert_eq!(pair.server_node.stats().protocol_errors, 0);
    pair.close().await;

    let hand = AtHand::new().await;
    let header = framed(0x04, &[2, 0, 0x0c]);
    let mut status = Trailer::new(5, "x").frame();
    status[5] = 2;
    for bytes in [header, status] {
        let status = answered(&hand, &bytes).await.unwrap_err();
        assert_eq!(status.code(), Code::UNIMPLEMENTED, "{status}");
    }
    hand.close().await;
}

#[tokio::test]
async fn trailing_and_missing_bytes_are_refused() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let whole = head(&header("echo"))[5..].to_vec();
    for payload in [[&whole[..], &[0]].concat(), whole[..whole.len() - 1].to_vec()] {
        let answer = ask(&connection, &framed(0x04, &payload)).await;
        assert_eq!(answer.trailer.code, INTERNAL);
        assert!(answer.trailer.message.contains("protocol error"));
    }
    assert_eq!(pair.server_node.stats().protocol_errors, 2);
    pair.close().await;

    let hand = AtHand::new().await;
    let (header, status) = (response_header(&[("k", "v")]), Trailer::new(5, "x").payload());
    for (flags, whole) in [(0x04, header), (0x02, status)] {
        for payload in [[&whole[..], &[0]].concat(), whole[..whole.len() - 1].to_vec()] {
            let status = answered(&hand, &framed(flags, &payload)).await.unwrap_err();
            assert_eq!(status.code(), Code::INTERNAL, "{status}");
        }
    }
    hand.close().await;
}

#[tokio::test]
async fn an_ok_trailer_without_metadata_is_empty() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let mut wire = Wire::call(
        &connection,
        &[head(&header("echo")), framed(0x40, &message("x"))].concat(),
    )
    .await;
    assert!(wire.frame().await.unwrap().is_some());
    assert!(wire.frame().await.unwrap().unwrap().payload.is_empty());
    // an OK with a message is the same to the caller
    let hand = AtHand::new().await;
    let spoken = [framed(0, &message("y")), Trailer::new(0, "fine").frame()].concat();
    assert_eq!(answered(&hand, &spoken).await, Ok(0));
    hand.close().await;
    pair.close().await;
}

#[tokio::test]
async fn a_response_header_is_a_version_and_a_list() {
    let odd_pair = Odd::new().await;
    let connection = odd_pair.pair.raw().await;
    let request = [head(&odd(ANNOUNCE, 0)), framed(0x40, &message("header 2 1"))].concat();
    let answer = ask(&connection, &request).await;
    let mut input = Reader::new(&answer.header);
    assert_eq!(input.byte().unwrap(), 1);
    let entries = super::read_metadata(&mut input);
    assert_eq!(entries, [("k0".into(), "v".into()), ("k1".into(), "v".into())]);
    input.finish().unwrap();
    assert_eq!(odd_pair.pair.probe.echo("x").await.unwrap(), text("x"));
    odd_pair.close().await;
}
