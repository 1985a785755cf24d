//! Peers that break the protocol: each costs its own stream, others go on being served.

use crate::support::{Pair, text};
use aster_runtime::codegen::v1;
use aster_runtime::frame::{self, Decoder, Flags, Kind};
use aster_runtime::header::StreamHeader;
use aster_runtime::{Code, Metadata, compress};
use iroh::endpoint::{Connection, ReadToEndError, RecvStream, SendStream};
use std::borrow::Cow;
use std::time::Duration;

pub(crate) fn header(method: &str) -> StreamHeader<'_> {
    StreamHeader {
        service: "probe.Probe".into(),
        version: 1,
        method: method.into(),
        contract_id: Some(v1::ContractId([7; 32])),
        call_id: 1,
        deadline_ms: 0,
        mode: 0,
        session: 0,
        metadata: Cow::Owned(Metadata::new()),
    }
}

pub(crate) fn framed(flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = (u32::try_from(payload.len()).unwrap() + 1).to_le_bytes().to_vec();
    out.push(flags);
    out.extend(payload);
    out
}

pub(crate) fn head(header: &StreamHeader<'_>) -> Vec<u8> {
    let mut payload = Vec::new();
    header.encode(&mut payload);
    framed(0x04, &payload)
}

pub(crate) fn message(value: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    v1::Message::encode(&text(value), &mut payload).unwrap();
    payload
}

/// What a stream was answered: the status' code, its message, and the code the request side was stopped with.
pub(crate) struct Told {
    pub(crate) code: u8,
    pub(crate) text: String,
    stopped: Option<u64>,
}

async fn told(mut send: SendStream, mut receive: RecvStream) -> Told {
    let bytes = match receive.read_to_end(1 << 20).await {
        Ok(bytes) => bytes,
        Err(ReadToEndError::Read(error)) => panic!("the server resets without a trailer: {error}"),
        Err(error) => panic!("{error}"),
    };
    let _ = send.finish();
    let stopped = send
        .stopped()
        .await
        .unwrap()
        .map(iroh::endpoint::VarInt::into_inner);
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(bytes.into());
    while let Some(frame) = decoder.next().unwrap() {
        if frame.flags.kind() == Kind::Trailer {
            assert!(!decoder.has_rest(), "nothing follows a trailer");
            // format version, code, message: enough for these tests, which speak binary
            let code = frame.payload.get(1).copied().unwrap_or(0);
            let text = String::from_utf8_lossy(&frame.payload).into_owned();
            return Told { code, text, stopped };
        }
    }
    panic!("the stream ends without a trailer");
}

/// Sends bytes on a stream of their own, and hears what the server says. `end` finishes the request side.
pub(crate) async fn send(connection: &Connection, bytes: &[u8], end: bool) -> Told {
    let (mut send, receive) = connection.open_bi().await.unwrap();
    // the server may stop us in the middle, that is its answer
    let _ = send.write_all(bytes).await;
    if end {
        let _ = send.finish();
    }
    told(send, receive).await
}

const INTERNAL: u8 = 13;

#[tokio::test]
async fn every_breach_is_told_counted_and_costs_one_stream() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let request = message("x");
    let breaches: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        (
            "noise",
            [
                &[90, 0, 0, 0, 0x91][..],
                &blake3::hash(b"noise").as_bytes().repeat(10),
            ]
            .concat(),
        ),
        ("a length of zero", vec![0; 5]),
        ("unknown flags", framed(0x08, b"x")),
        ("a message first", framed(0x40, &request)),
        ("a trailer first", framed(0x02, b"")),
        ("a compressed header", framed(0x05, b"x")),
        ("an empty header", framed(0x04, b"")),
        ("a header that is no header", framed(0x04, &[1, 2, 3])),
        (
            "a header and no request",
            framed(0x44, &head(&header("echo"))[5..]),
        ),
        (
            "two headers",
            [head(&header("echo")), head(&header("echo"))].concat(),
        ),
        ("a trailer", [head(&header("echo")), framed(0x02, b"")].concat()),
        ("no request", [head(&header("echo")), framed(0x40, b"")].concat()),
        (
            "two requests",
            [head(&header("echo")), framed(0, &request), framed(0x40, &request)].concat(),
        ),
        (
            "bytes after the end",
            [head(&header("echo")), framed(0x40, &request), vec![9; 9]].concat(),
        ),
        (
            "half a frame",
            [head(&header("echo")), framed(0x40, &request)[..9].to_vec()].concat(),
        ),
        (
            "an empty message",
            [head(&header("collect")), framed(0, b"")].concat(),
        ),
        (
            "a header in a stream",
            [head(&header("collect")), framed(0, &request), framed(4, b"x")].concat(),
        ),
        (
            "half a frame in a stream",
            [head(&header("chat")), framed(0, &request)[..9].to_vec()].concat(),
        ),
    ];
    let count = breaches.len() as u64;
    for (name, bytes) in breaches {
        let told = send(&connection, &bytes, true).await;
        assert_eq!(told.code, INTERNAL, "{name}: {}", told.text);
        assert!(told.text.contains("protocol error"), "{name}: {}", told.text);
        assert_eq!(
            pair.probe.echo(name).await.unwrap(),
            text(name),
            "others are served"
        );
    }
    assert_eq!(pair.server_node.stats().protocol_errors, count);
    assert!(connection.close_reason().is_none(), "the connection lives on");
    pair.close().await;
}

#[tokio::test]
async fn a_breach_stops_an_open_request_side_with_code_3() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let told = send(&connection, &framed(0x08, b"x"), false).await;
    assert_eq!((told.code, told.stopped), (INTERNAL, Some(3)));
    let told = send(
        &connection,
        &[head(&header("chat")), framed(0x20, b"x")].concat(),
        false,
    )
    .await;
    assert_eq!((told.code, told.stopped), (INTERNAL, Some(3)));
    pair.close().await;
}

#[tokio::test]
async fn a_large_frame_is_refused_before_its_payload() {
    let pair = Pair::with(|limits| limits.frame = 1000).await;
    let connection = pair.raw().await;
    // only prefixes are sent: the server answers without waiting for more
    for (prefix, what) in [
        (vec![0xff, 0xff, 0xff, 0xff], "any"),
        (
            [head(&header("echo")), vec![0xea, 0x03, 0, 0]].concat(),
            "request",
        ),
        (
            [head(&header("collect")), vec![0xea, 0x03, 0, 0]].concat(),
            "request of a stream",
        ),
    ] {
        let told = send(&connection, &prefix, false).await;
        assert_eq!((told.code, told.stopped), (8, Some(3)), "{what}: {}", told.text);
    }
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;

    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let too_long = u32::try_from(frame::MAX_HEADER + 2).unwrap().to_le_bytes();
    let told = send(&connection, &[&too_long[..], &[0x04]].concat(), false).await;
    assert_eq!(
        (told.code, told.stopped),
        (8, Some(3)),
        "headers have a limit of their own"
    );
    pair.close().await;
}

#[tokio::test]
async fn headers_that_name_nothing_are_answered_before_the_request() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let ask = async |header: StreamHeader<'_>| send(&connection, &head(&header), false).await;
    let unknown = v1::ContractId([8; 32]);

    let told = ask(StreamHeader {
        service: "probe.None".into(),
        ..header("echo")
    })
    .await;
    assert_eq!((told.code, told.stopped), (5, Some(0)), "{}", told.text);
    let told = ask(header("none")).await;
    assert_eq!((told.code, told.stopped), (12, Some(0)), "{}", told.text);
    let told = ask(StreamHeader {
        contract_id: Some(unknown),
        ..header("echo")
    })
    .await;
    assert_eq!((told.code, told.stopped), (9, Some(0)));
    assert!(
        told.text.contains(&"07".repeat(32)) && told.text.contains(&"08".repeat(32)),
        "{}",
        told.text
    );
    let told = ask(StreamHeader {
        mode: 3,
        ..header("echo")
    })
    .await;
    assert_eq!(told.code, 12, "{}", told.text);
    let told = ask(StreamHeader {
        session: 4,
        ..header("echo")
    })
    .await;
    assert_eq!(told.code, 9, "{}", told.text);
    let told = send(&connection, &framed(0x04, &[9, 1, 1]), false).await;
    assert_eq!(told.code, 12, "an unknown format version: {}", told.text);
    assert!(told.text.contains("wire_versions"));
    assert_eq!(pair.server_node.stats().protocol_errors, 0);
    pair.close().await;
}

#[tokio::test]
async fn slow_headers_and_requests_end_in_time() {
    let pair = Pair::with(|limits| {
        limits.header_time = Duration::from_millis(40);
        limits.request_time = Duration::from_millis(40);
    })
    .await;
    let connection = pair.raw().await;
    let told = send(&connection, &head(&header("echo"))[..7], false).await;
    assert_eq!((told.code, told.stopped), (4, Some(0)), "{}", told.text);
    let told = send(&connection, &head(&header("echo")), false).await;
    assert_eq!((told.code, told.stopped), (4, Some(0)), "{}", told.text);
    assert_eq!(pair.server_node.stats().slow, 2);
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}

#[tokio::test]
async fn compression_bombs_are_stopped_at_the_frame_limit() {
    let pair = Pair::with(|limits| limits.frame = 1 << 20).await;
    let connection = pair.raw().await;
    let bomb = compress::compress(&vec![0; 64 << 20]).unwrap();
    assert!(bomb.len() < 1 << 20);
    let told = send(
        &connection,
        &[head(&header("echo")), framed(0x41, &bomb)].concat(),
        true,
    )
    .await;
    assert_eq!(told.code, 8, "{}", told.text);
    let told = send(
        &connection,
        &[head(&header("collect")), framed(0x41, &bomb)].concat(),
        true,
    )
    .await;
    assert_eq!(told.code, 8, "{}", told.text);
    let told = send(
        &connection,
        &[head(&header("echo")), framed(0x41, b"no zstd")].concat(),
        true,
    )
    .await;
    assert_eq!(told.code, 101, "{}", told.text);
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_a_contract_violation() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let told = send(
        &connection,
        &[head(&header("echo")), framed(0x40, b"garbage")].concat(),
        true,
    )
    .await;
    assert_eq!(told.code, 101, "{}", told.text);
    pair.close().await;
}

#[tokio::test]
async fn calls_over_the_cap_are_refused_and_counted() {
    let pair = Pair::with(|limits| limits.calls_per_peer = 2).await;
    let hang = |_| tokio::spawn(pair.probe.unary(2, "").into_future());
    let running: Vec<_> = (0..2).map(hang).collect();
    pair.seen.begun(2).await;
    let status = pair.probe.echo("x").await.unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED);
    assert_eq!(
        (
            pair.server_node.stats().over_limit,
            pair.server_node.stats().calls_in_flight
        ),
        (1, 2)
    );
    running.iter().for_each(tokio::task::JoinHandle::abort);
    pair.seen.dropped(2).await;
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}

#[tokio::test]
async fn random_bytes_on_many_streams_never_hurt_another_connection() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let mut noise = blake3::Hasher::new().finalize_xof();
    for round in 0..200usize {
        let mut bytes = vec![0; round];
        noise.fill(&mut bytes);
        if round % 2 == 0 && bytes.len() > 5 {
            // a plausible prefix, so that the rest is looked at
            bytes[..4].copy_from_slice(&(u32::try_from(round).unwrap() - 4).to_le_bytes());
            bytes[4] = Flags::HEADER.value();
        }
        let told = send(&connection, &bytes, true).await;
        assert!(told.code != 0);
    }
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}
