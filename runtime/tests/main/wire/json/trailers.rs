//! Trailers in JSON, of every way in which a call can end.

use super::{CONTRACT_VIOLATION, LINES, ORDER, RESOURCE_EXHAUSTED, Shop, desk, head};
use crate::garbage::framed;
use crate::wire::{INTERNAL, OK, Trailer, Wire};
use aster_runtime::frame::MAX_TRAILER;
use std::time::Duration;

const UNKNOWN: u64 = 2;
const DEADLINE_EXCEEDED: u64 = 4;
const NOT_FOUND: u64 = 5;
const PERMISSION_DENIED: u64 = 7;
const FAILED_PRECONDITION: u64 = 9;
const ABORTED: u64 = 10;
const UNIMPLEMENTED: u64 = 12;

#[tokio::test]
async fn an_ok_has_all_four_members() {
    let shop = Shop::new().await;
    let call = [head(&desk("price", "")), framed(0x40, ORDER.as_bytes())].concat();
    let mut wire = Wire::call(&shop.connection, &call).await;
    let _response = wire.frame().await.unwrap().unwrap();
    let trailer = wire.frame().await.unwrap().unwrap();
    assert_eq!(trailer.flags.value(), 0x02);
    assert_eq!(
        trailer.payload,
        &br#"{"code":0,"message":"","details":[],"metadata":[]}"#[..]
    );
    assert!(wire.frame().await.unwrap().is_none());
    shop.close().await;
}

#[tokio::test]
async fn a_status_of_a_handler_keeps_all_it_says() {
    let shop = Shop::new().await;
    let answer = shop.desk("tell", &[r#"{"how":"fail"}"#]).await;
    let expected = Trailer {
        details: vec![("who".into(), b"anna".into()), ("who".into(), vec![0xff])],
        ..Trailer::new(NOT_FOUND, "no \"agent\"\n")
    };
    assert_eq!(answer.trailer, expected);

    let call = [
        head(&desk("tell", "")),
        framed(0x40, br#"{"how":"fail at length"}"#),
    ]
    .concat();
    let mut wire = Wire::call(&shop.connection, &call).await;
    let trailer = wire.frame().await.unwrap().unwrap().payload;
    assert!(trailer.len() <= MAX_TRAILER, "{}", trailer.len());
    let trailer = Trailer::parse_json(&trailer);
    assert_eq!(trailer.code, ABORTED);
    assert!((2000..16_384).contains(&trailer.message.len()), "what fits of it");
    assert_eq!(trailer.details, [("first".to_owned(), vec![7; 1000])]);
    shop.close().await;
}

#[tokio::test]
async fn a_refusal_is_told_in_json() {
    let shop = Shop::new().await;
    let how = |how: &str| format!(r#"{{"how":"{how}"}}"#);
    let zeros = format!(r#","contractId":"{}""#, "0".repeat(64));
    for (header, request, code) in [
        (
            r#"{"service":"None","method":"x"}"#.to_owned(),
            how(""),
            NOT_FOUND,
        ),
        (desk("none", ""), how(""), UNIMPLEMENTED),
        (desk("tell", r#","mode":1"#), how(""), UNIMPLEMENTED),
        (desk("tell", r#","version":1"#), how(""), FAILED_PRECONDITION),
        (desk("tell", r#","sessionId":1"#), how(""), FAILED_PRECONDITION),
        (desk("tell", &zeros), how(""), FAILED_PRECONDITION),
        (desk("lock", ""), "{}".to_owned(), PERMISSION_DENIED),
        (desk("tell", ""), "{}".to_owned(), CONTRACT_VIOLATION),
        (desk("tell", ""), how("panic"), INTERNAL),
        (desk("tell", ""), how("fail with ok"), UNKNOWN),
        (
            desk("tell", r#","deadlineMs":"30""#),
            how("hang"),
            DEADLINE_EXCEEDED,
        ),
    ] {
        // `Shop::ask` asks for a trailer in JSON
        let answer = shop.ask(&header, &[&request]).await;
        assert_eq!(
            answer.trailer.code, code,
            "{header} {request}: {}",
            answer.trailer.message
        );
        assert!(
            !answer.trailer.message.contains("secret"),
            "{}",
            answer.trailer.message
        );
        if header.contains("contractId") {
            assert_eq!(answer.trailer.detail("requested"), ["0".repeat(64)]);
            assert_eq!(answer.trailer.detail("served").len(), 1);
        }
    }
    assert_eq!(shop.protocol_errors(), 0);
    shop.close().await;
}

#[tokio::test]
async fn a_breach_after_the_header_is_told_in_json() {
    let shop = Shop::with(|limits| limits.frame = 10_000, |builder| builder).await;
    let (unary, stream) = (head(&desk("price", "")), head(&desk("total", "")));
    let (order, line) = (framed(0, ORDER.as_bytes()), framed(0, LINES[0].as_bytes()));
    let breaches = [
        ("no request", unary.clone(), INTERNAL),
        ("only a header", framed(0x44, &unary[5..]), INTERNAL),
        ("two requests", [&unary[..], &order, &order].concat(), INTERNAL),
        ("two headers", [&unary[..], &unary].concat(), INTERNAL),
        ("a trailer", [&unary[..], &framed(0x02, b"")].concat(), INTERNAL),
        (
            "unknown flags",
            [&unary[..], &framed(0x08, b"{}")].concat(),
            INTERNAL,
        ),
        ("half a frame", [&unary[..], &order[..9]].concat(), INTERNAL),
        (
            "a large frame",
            [&unary[..], &[0x12, 0x27, 0, 0, 0]].concat(),
            RESOURCE_EXHAUSTED,
        ),
        (
            "an empty message",
            [&stream[..], &framed(0, b"")].concat(),
            INTERNAL,
        ),
        (
            "a header in a stream",
            [&stream[..], &line, &stream].concat(),
            INTERNAL,
        ),
        (
            "half a frame in a stream",
            [&stream[..], &line[..9]].concat(),
            INTERNAL,
        ),
        (
            "a large frame in a stream",
            [&stream[..], &line, &[0x12, 0x27, 0, 0, 0]].concat(),
            RESOURCE_EXHAUSTED,
        ),
    ];
    let count = breaches.len() as u64;
    for (what, bytes, code) in breaches {
        let trailer = shop.bytes(&bytes).await.trailer;
        assert_eq!(trailer.code, code, "{what}: {}", trailer.message);
        assert!(
            trailer.message.starts_with("protocol error: "),
            "{what}: {}",
            trailer.message
        );
    }
    assert_eq!(shop.protocol_errors(), count);
    let damaged = shop.bytes(&[&unary[..], &framed(0x41, b"{}")].concat()).await;
    assert_eq!(
        damaged.trailer.code, CONTRACT_VIOLATION,
        "{}",
        damaged.trailer.message
    );
    shop.close().await;
}

/// What is no whole header in its place says nothing of how the caller reads: it is told in binary.
#[tokio::test]
async fn a_breach_before_the_header_is_told_in_binary() {
    let shop = Shop::new().await;
    let too_long = [&0x4002_u32.to_le_bytes()[..], &[0x04], b"{"].concat();
    for bytes in [
        framed(0x00, desk("price", "").as_bytes()),
        framed(0x05, desk("price", "").as_bytes()),
        head(&desk("price", ""))[..20].to_vec(),
        too_long,
    ] {
        let mut wire = Wire::call(&shop.connection, &bytes).await;
        wire.finish();
        let answer = wire.answer().await;
        assert!(
            !answer.in_json && answer.trailer.code != OK,
            "{:?}",
            answer.trailer
        );
    }
    assert_eq!(shop.protocol_errors(), 4);
    shop.close().await;
}

#[tokio::test]
async fn what_a_peer_has_used_up_is_told_in_json() {
    let shop = Shop::with(
        |limits| {
            limits.request_time = Duration::from_millis(40);
            limits.calls_per_peer = 1;
        },
        |builder| builder,
    )
    .await;
    let mut wire = Wire::call(&shop.connection, &head(&desk("price", ""))).await;
    let answer = wire.answer().await;
    assert!(answer.in_json);
    assert_eq!(
        answer.trailer.code, DEADLINE_EXCEEDED,
        "{}",
        answer.trailer.message
    );

    let running = Wire::call(&shop.connection, &head(&desk("total", ""))).await;
    let answer = loop {
        // until that one has its slot
        let answer = shop.desk("price", &[ORDER]).await;
        if answer.trailer.code != OK {
            break answer;
        }
    };
    assert_eq!(
        answer.trailer.code, RESOURCE_EXHAUSTED,
        "{}",
        answer.trailer.message
    );
    drop(running);
    while shop.desk("price", &[ORDER]).await.trailer.code != OK {}
    shop.close().await;
}
