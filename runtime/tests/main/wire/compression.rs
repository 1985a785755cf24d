//! What is compressed, what never is, and what is not unpacked. Source: wire protocol, "Compression".

use super::deadlines::odd;
use super::frames::ask;
use super::service::{ANNOUNCE, LARGE, LARGE_STREAM, Odd};
use super::{AtHand, Trailer, ok, response_header};
use crate::garbage::{framed, head, message};
use crate::support::{PROBE, Pair, Text, text};
use aster_runtime::codegen::v1;
use aster_runtime::compress::{self, THRESHOLD};
use aster_runtime::{BuildError, Client, Code, Node, Server};
use futures_util::{TryStreamExt as _, stream};
use std::io::Write as _;

/// A text whose payload has exactly so many bytes, that shrink.
fn sized(payload: usize) -> String {
    let mut length = payload - message("").len();
    while message(&"x".repeat(length)).len() > payload {
        length -= 1;
    }
    assert_eq!(message(&"x".repeat(length)).len(), payload);
    "x".repeat(length)
}

/// A message whose bytes do not shrink.
struct Noise;

impl v1::Message for Noise {
    const TYPE: &'static v1::TypeInfo = {
        static TYPE: v1::TypeInfo = v1::TypeInfo::new("wire.Noise", &[1, 0, 0, 0, 0, 0, 0, 0, 1]);
        &TYPE
    };

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        let mut bytes = vec![0; 10_000];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        out.bytes(&bytes);
        Ok(())
    }

    fn read_fields(_: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self)
    }
}

/// The flags under which a call's request goes out.
async fn sent(hand: &AtHand, call: v1::UnaryCall<Text>) -> u8 {
    let (_, flags) = tokio::join!(call.into_future(), async {
        let mut wire = hand.accept().await;
        let flags = wire.flags().await;
        wire.write(&[framed(0, &message("y")), ok()].concat()).await;
        wire.finish();
        flags
    });
    assert_eq!(flags[0], 0x04, "a header is never compressed");
    flags[1]
}

#[tokio::test]
async fn requests_over_the_threshold_are_compressed() {
    let hand = AtHand::new().await;
    let probe = &hand.probe;
    assert_eq!(THRESHOLD, 4096);
    assert_eq!(sent(&hand, probe.echo(&sized(4096))).await, 0x40);
    assert_eq!(sent(&hand, probe.echo(&sized(4097))).await, 0x41);
    assert_eq!(sent(&hand, probe.echo(&sized(1 << 20))).await, 0x41);
    // metadata is large too, and goes out as it is
    assert_eq!(
        sent(&hand, probe.echo("x").metadata("k", "v".repeat(4096))).await,
        0x40
    );
    let items = stream::iter([sized(4096), sized(4097)]);
    let (_, flags) = tokio::join!(probe.collect(items).into_future(), async {
        let mut wire = hand.accept().await;
        let flags = wire.flags().await;
        wire.write(&[framed(0, &message("y")), ok()].concat()).await;
        wire.finish();
        flags
    });
    assert_eq!(flags, [0x04, 0x00, 0x01]);
    hand.close().await;
}

#[tokio::test]
async fn what_does_not_shrink_is_remembered_for_its_method_and_tried_once_in_64() {
    let hand = AtHand::new().await;
    let probe = &hand.probe;
    assert_eq!(sent(&hand, probe.0.unary(0, Noise, |out: Text| out)).await, 0x40);
    assert_eq!(
        sent(&hand, probe.unary(10, &sized(5000))).await,
        0x41,
        "another method"
    );
    let mut packed = Vec::new();
    for number in 1..=65 {
        if sent(&hand, probe.unary(0, &sized(5000))).await == 0x41 {
            packed.push(number);
        }
    }
    // the payload that is tried shrinks, which ends the memory
    assert!(packed[0] >= 60, "{packed:?}");
    assert_eq!(packed, (packed[0]..=65).collect::<Vec<_>>());
    hand.close().await;
}

#[tokio::test]
async fn responses_are_compressed_as_requests_are() {
    let odd_pair = Odd::new().await;
    let connection = odd_pair.pair.raw().await;
    let ask_for = async |method: usize, request: &str| {
        ask(
            &connection,
            &[head(&odd(method, 0)), framed(0x40, &message(request))].concat(),
        )
        .await
        .flags
    };
    let payload = |length: usize| sized(length).len().to_string();
    assert_eq!(ask_for(LARGE, &payload(4096)).await, [0x00, 0x02]);
    assert_eq!(ask_for(LARGE, &payload(4097)).await, [0x01, 0x02]);
    assert_eq!(ask_for(LARGE_STREAM, &payload(4097)).await, [0x01, 0x01, 0x02]);
    // neither header nor trailer, however large and dull
    assert_eq!(ask_for(ANNOUNCE, "header 2 4000").await, [0x04, 0x00, 0x02]);
    assert_eq!(ask_for(ANNOUNCE, "trailer 2 4000").await, [0x00, 0x02]);
    odd_pair.close().await;
}

#[tokio::test]
async fn a_client_sends_without_where_it_is_told_so() {
    let large = sized(5000);
    let off = AtHand::with(aster_runtime::NodeBuilder::uncompressed).await;
    assert_eq!(sent(&off, off.probe.echo(&large)).await, 0x40, "a node");
    off.close().await;

    let hand = AtHand::new().await;
    assert_eq!(
        sent(&hand, hand.probe.echo(&large).uncompressed()).await,
        0x40,
        "a call"
    );
    assert_eq!(sent(&hand, hand.probe.echo(&large)).await, 0x41, "and only that");
    let items = hand.probe.collect(stream::iter([large.clone()])).uncompressed();
    let (_, flags) = tokio::join!(items.into_future(), async {
        let mut wire = hand.accept().await;
        let flags = wire.flags().await;
        wire.write(&[framed(0, &message("y")), ok()].concat()).await;
        wire.finish();
        flags
    });
    assert_eq!(flags, [0x04, 0x00]);
    let chat = hand.probe.chat().uncompressed();
    let ((mut send, receive), mut wire) = tokio::join!(async { chat.await.unwrap() }, hand.accept());
    send.send(large.clone()).await.unwrap();
    send.finish();
    assert_eq!(wire.flags().await, [0x04, 0x00]);
    drop(receive);
    hand.close().await;

    // the service and its methods, at a server that counts nothing: what counts is what our own server sees
    for (path, echo, again) in [
        ("probe.Probe", 0x40, 0x40),
        ("probe.Probe/echo", 0x40, 0x41),
        ("probe.Other", 0x41, 0x41),
    ] {
        let node = Node::dev().spawn().await.unwrap();
        let mut calls = crate::support::by_hand(&node);
        let client_node = Node::dev().spawn().await.unwrap();
        let client = Client::builder(&client_node)
            .uncompressed(path)
            .connect(node.address())
            .await
            .unwrap();
        let probe = crate::support::ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
        let connection = calls.recv().await.unwrap();
        let hand = AtHand {
            node,
            client_node,
            client,
            probe,
            connection,
        };
        assert_eq!(sent(&hand, hand.probe.unary(0, &large)).await, echo, "{path}");
        assert_eq!(sent(&hand, hand.probe.unary(10, &large)).await, again, "{path}");
        hand.close().await;
    }
}

#[tokio::test]
async fn a_server_sends_without_where_it_is_told_so() {
    let flags = async |odd_pair: Odd, requests: &[(usize, &str)]| {
        let connection = odd_pair.pair.raw().await;
        let mut first = Vec::new();
        for (method, request) in requests {
            let bytes = [head(&odd(*method, 0)), framed(0x40, &message(request))].concat();
            first.push(ask(&connection, &bytes).await.flags[0]);
        }
        odd_pair.close().await;
        first
    };
    let both = [(LARGE, "5000"), (LARGE_STREAM, "5000")];
    let with = |path: &'static str| Odd::with(|_| (), |node| node, move |server| server.uncompressed(path));
    let node = Odd::with(|_| (), aster_runtime::NodeBuilder::uncompressed, |server| server).await;
    assert_eq!(flags(node, &both).await, [0, 0], "a node");
    assert_eq!(flags(with("wire.Odd").await, &both).await, [0, 0], "a service");
    assert_eq!(
        flags(with("wire.Odd/large").await, &both).await,
        [0, 1],
        "a method"
    );
    assert_eq!(
        flags(with("probe.Probe").await, &both).await,
        [1, 1],
        "another service"
    );
    let plain = [
        (LARGE, "5000 plain"),
        (LARGE_STREAM, "5000 plain"),
        (LARGE, "5000"),
    ];
    assert_eq!(flags(Odd::new().await, &plain).await, [0, 0, 1], "a call");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_exempt() {
    let node = Node::dev().spawn().await.unwrap();
    for path in ["wire.None", "probe.Probe/none", "Probe", "probe.Probe/"] {
        let service = crate::support::ProbeServer {
            info: &PROBE,
            seen: Default::default(),
        };
        let built = Server::builder(&node).add(service).uncompressed(path).build();
        let error = built.unwrap_err();
        assert_eq!(
            error,
            BuildError::UnknownMethod {
                path: path.to_owned()
            }
        );
    }
    node.close().await;
}

/// A frame without a declared size, with a window of that many bits.
fn packed(length: usize, window_log: u32) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(window_log).unwrap();
    encoder.write_all(&vec![0; length]).unwrap();
    encoder.finish().unwrap()
}

/// Payloads that must not be unpacked, with what they are answered with.
fn hostile() -> Vec<(&'static str, Vec<u8>, Code)> {
    let whole = compress::compress(&vec![0; 100_000]).unwrap();
    vec![
        (
            "too much",
            compress::compress(&vec![0; (1 << 20) + 1]).unwrap(),
            Code::RESOURCE_EXHAUSTED,
        ),
        (
            "too much, not declared",
            packed(8 << 20, 17),
            Code::RESOURCE_EXHAUSTED,
        ),
        (
            "a window over the limit",
            packed(100, 22),
            Code::RESOURCE_EXHAUSTED,
        ),
        (
            "two frames",
            [&whole[..], &whole].concat(),
            Code::CONTRACT_VIOLATION,
        ),
        (
            "half a frame",
            whole[..whole.len() / 2].to_vec(),
            Code::CONTRACT_VIOLATION,
        ),
        (
            "nothing in it",
            zstd::bulk::compress(&[], 1).unwrap(),
            Code::CONTRACT_VIOLATION,
        ),
        ("no frame", b"no zstd".to_vec(), Code::CONTRACT_VIOLATION),
    ]
}

#[tokio::test]
async fn what_a_peer_sends_is_unpacked_within_the_frame_limit() {
    let pair = Pair::with(|limits| limits.frame = 1 << 20).await;
    let connection = pair.raw().await;
    for (what, payload, expected) in hostile() {
        for method in ["echo", "collect", "chat"] {
            let request = [head(&crate::garbage::header(method)), framed(0x41, &payload)].concat();
            let answer = ask(&connection, &request).await;
            assert_eq!(
                answer.trailer.code,
                u64::from(expected.0),
                "{method}, {what}: {:?}",
                answer.trailer
            );
        }
    }
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;

    let hand = AtHand::with(|node| {
        let mut limits = aster_runtime::Limits::default();
        limits.frame = 1 << 20;
        node.limits(limits)
    })
    .await;
    for (what, payload, expected) in hostile() {
        let serve = async || {
            let mut wire = hand.accept().await;
            wire.flags().await;
            wire.write(&[framed(0x01, &payload), ok()].concat()).await;
            wire.finish();
            wire
        };
        let (reply, _wire) = tokio::join!(hand.probe.echo("x").into_future(), serve());
        assert_eq!(reply.unwrap_err().code(), expected, "{what}");
        let items = async { hand.probe.count(1).await?.try_collect::<Vec<_>>().await };
        let (reply, _wire) = tokio::join!(items, serve());
        assert_eq!(reply.unwrap_err().code(), expected, "{what}");
    }
    // a header and a trailer are never unpacked, whatever they hold
    let header = compress::compress(&response_header(&[("k", "v".repeat(4000).as_str())])).unwrap();
    let trailer = compress::compress(&Trailer::new(5, &"why".repeat(4000)).payload()).unwrap();
    for (flags, payload) in [
        (0x05, &header),
        (0x04, &header),
        (0x03, &trailer),
        (0x02, &trailer),
    ] {
        let (reply, _wire) = tokio::join!(hand.probe.echo("x").into_future(), async {
            let mut wire = hand.accept().await;
            wire.flags().await;
            wire.write(&framed(flags, payload)).await;
            wire
        });
        let code = reply.unwrap_err().code();
        assert!(
            [Code::INTERNAL, Code::UNIMPLEMENTED].contains(&code),
            "{flags:#04x}: {code}"
        );
    }
    hand.close().await;
}
