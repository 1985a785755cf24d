//! Headers in JSON: what they may say, metadata both ways, sessions.

use super::shop::{CartClient, OrdersClient};
use super::{CONTRACT_VIOLATION, ORDER, RESOURCE_EXHAUSTED, Shop, desk, head, texts};
use crate::garbage::framed;
use crate::wire::{OK, Wire};
use aster_runtime::frame::MAX_HEADER;
use aster_runtime::metadata::MAX_ENTRIES;

const INVALID_ARGUMENT: u64 = 3;
const NOT_FOUND: u64 = 5;
const FAILED_PRECONDITION: u64 = 9;
const UNIMPLEMENTED: u64 = 12;

const TELL: &[&str] = &[r#"{"how":""}"#];

#[tokio::test]
async fn each_member_reaches_the_handler() {
    let shop = Shop::new().await;
    for (members, says) in [
        ("", "tell 0 None"),
        (r#","version":4,"mode":3"#, "tell 0 None"),
        (r#","callId":7,"deadlineMs":90500"#, "tell 7 Some(90)"),
        (
            r#","callId":"18446744073709551615","deadlineMs":"90500""#,
            "tell 18446744073709551615 Some(90)",
        ),
        (r#","sessionId":"0""#, "tell 0 None"),
    ] {
        let answer = shop.ask(&desk("tell", members), TELL).await;
        assert_eq!(
            texts(&answer),
            [format!(r#"{{"value":"{says}"}}"#)],
            "{members}: {}",
            answer.trailer.message
        );
    }
    shop.close().await;
}

#[tokio::test]
async fn a_service_is_named_as_plainly_as_it_can_be() {
    let shop = Shop::new().await;
    let (orders, cart) = (OrdersClient::CONTRACT_ID, CartClient::CONTRACT_ID);
    for (members, code) in [
        (r#""service":"Orders""#.to_owned(), OK),
        (r#""service":"shop.Orders""#.to_owned(), OK),
        (format!(r#""service":"Orders","contractId":"{orders}""#), OK),
        (format!(r#""service":"shop.Orders","contractId":"{orders}""#), OK),
        (
            format!(r#""service":"Orders","contractId":"{cart}""#),
            FAILED_PRECONDITION,
        ),
        (
            format!(r#""service":"Orders","contractId":"{}""#, "0".repeat(64)),
            FAILED_PRECONDITION,
        ),
        (
            r#""service":"Orders","version":2"#.to_owned(),
            FAILED_PRECONDITION,
        ),
        (r#""service":"orders""#.to_owned(), NOT_FOUND),
        (r#""service":"op.Orders""#.to_owned(), NOT_FOUND),
    ] {
        let answer = shop
            .ask(&format!(r#"{{{members},"method":"place"}}"#), &[ORDER])
            .await;
        assert_eq!(answer.trailer.code, code, "{members}: {}", answer.trailer.message);
    }
    shop.close().await;
}

#[tokio::test]
async fn modes_are_those_of_the_contract() {
    let shop = Shop::new().await;
    for mode in ["1", "2", "4", "18446744073709551615"] {
        let answer = shop.ask(&desk("tell", &format!(r#","mode":{mode}"#)), TELL).await;
        assert_eq!(answer.trailer.code, UNIMPLEMENTED, "{mode}");
    }
    // the probe lists XLANG alone, and so does `aster.Node`
    for (service, method) in [("Probe", "echo"), ("aster.Node", "services")] {
        for mode in ["", r#","mode":3"#] {
            let header = format!(r#"{{"service":"{service}","method":"{method}"{mode}}}"#);
            let answer = shop.ask(&header, &["{}"]).await;
            assert_eq!(
                (answer.trailer.code, answer.messages.len()),
                (UNIMPLEMENTED, 0),
                "{header}"
            );
            assert!(answer.trailer.message.contains("mode 3 is not served"));
        }
    }
    let told = |name: &str| {
        let mut entries = shop.pair.server.services().iter();
        entries
            .find(|entry| entry.name == name)
            .unwrap()
            .serialization_modes
            .clone()
    };
    assert_eq!(told("shop.Desk"), ["json", "xlang"]);
    assert_eq!(told("probe.Probe"), ["xlang"]);
    shop.close().await;
}

/// A header that cannot be read is told so before anything else is read: the request is stopped with code 0.
#[tokio::test]
async fn a_header_that_cannot_be_read_is_a_contract_violation() {
    let shop = Shop::new().await;
    let nested = format!(r#"{{"metadata":{}"#, "[".repeat(MAX_HEADER - 12));
    for (header, says) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("{}", "missing field `service` at line 1 column 2"),
        (r#"{"service":"shop.Desk"}"#, "missing field `method`"),
        (&desk("tell", r#","call_id":1"#), "unknown field `call_id`"),
        (&desk("tell", r#","method":"tell""#), "duplicate field `method`"),
        (
            &desk("tell", r#","version":"4""#),
            "invalid type: string \"4\", expected i32",
        ),
        (
            &desk("tell", r#","mode":"3""#),
            "invalid type: string \"3\", expected u64",
        ),
        (
            &desk("tell", r#","callId":-1"#),
            "invalid type: integer `-1`, expected an integer from 0",
        ),
        (
            &desk("tell", r#","contractId":"07""#),
            "expected a contract id of 64 hexadecimal digits",
        ),
        (&desk("tell", r#","metadata":{"k":"v"}"#), "invalid type: map"),
        (&desk("tell", "}{"), "trailing characters"),
        (&nested, "invalid type: sequence"),
        ("{\0", "key must be a string"),
    ] {
        let mut wire = Wire::call(&shop.connection, &head(header)).await;
        let answer = wire.answer().await;
        let trailer = &answer.trailer;
        assert!(answer.in_json && answer.flags == [0x02], "{header}");
        assert_eq!(trailer.code, CONTRACT_VIOLATION, "{header}");
        assert!(
            trailer.message.starts_with("malformed header: "),
            "{}",
            trailer.message
        );
        assert!(trailer.message.contains(says), "{says}: {}", trailer.message);
        assert!(
            trailer.message.contains(" at line 1 column "),
            "{}",
            trailer.message
        );
        assert_eq!(wire.stopped().await, Some(0), "{header}");
    }
    assert_eq!(shop.protocol_errors(), 0, "the frames are in order");
    shop.close().await;
}

#[tokio::test]
async fn metadata_goes_both_ways_in_its_order() {
    let shop = Shop::new().await;
    let members = r#","metadata":[["k","2"],["n-bin","AAE="],["k","\"ü\u0001"]]"#;
    let answer = shop.ask(&desk("tell", members), TELL).await;
    assert_eq!(answer.flags, [0x04, 0x00, 0x02], "{}", answer.trailer.message);
    assert_eq!(
        std::str::from_utf8(&answer.header).unwrap(),
        r#"{"metadata":[["h.k","2"],["h.n-bin","AAE="],["h.k","\"ü\u0001"]]}"#
    );
    let entry = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let trailer = [
        entry("t.k", "2"),
        entry("t.n-bin", "AAE="),
        entry("t.k", "\"ü\u{1}"),
    ];
    assert_eq!(
        (answer.trailer.code, &answer.trailer.metadata[..]),
        (OK, &trailer[..])
    );
    let answer = shop.ask(&desk("tell", members), &[r#"{"how":"fail"}"#]).await;
    assert_eq!(answer.flags, [0x04, 0x02], "also when the call fails");
    assert_eq!(answer.trailer.metadata, trailer);
    shop.close().await;
}

#[tokio::test]
async fn metadata_has_the_bounds_of_the_binary_form() {
    let shop = Shop::new().await;
    let entries = |count: usize, value: &str| {
        let entries = vec![format!(r#"["k","{value}"]"#); count].join(",");
        desk("tell", &format!(r#","metadata":[{entries}]"#))
    };
    for (header, code) in [
        (entries(MAX_ENTRIES, "v"), OK),
        (entries(MAX_ENTRIES + 1, "v"), RESOURCE_EXHAUSTED),
        (entries(1, &"v".repeat(4096)), OK),
        (entries(1, &"v".repeat(4097)), RESOURCE_EXHAUSTED),
        (entries(3, &"v".repeat(3000)), RESOURCE_EXHAUSTED),
        (desk("tell", r#","metadata":[["K","v"]]"#), INVALID_ARGUMENT),
        (desk("tell", r#","metadata":[["k-bin","%"]]"#), INVALID_ARGUMENT),
    ] {
        let answer = shop.ask(&header, TELL).await;
        assert_eq!(
            answer.trailer.code, code,
            "{:.80}: {}",
            header, answer.trailer.message
        );
    }
    assert_eq!(shop.protocol_errors(), 0);
    shop.close().await;
}

/// What is within the bounds of metadata can be six times as long in JSON, which is told to the handler.
#[tokio::test]
async fn a_response_header_is_within_its_frame_however_it_is_escaped() {
    let shop = Shop::new().await;
    let fits = (MAX_HEADER - r#"{"metadata":[["k",""]]}"#.len()) / 6;
    let escape = |count: usize| format!(r#"{{"how":"escape {count}"}}"#);
    let answer = shop.desk("tell", &[&escape(fits)]).await;
    assert_eq!(answer.trailer.code, OK, "{}", answer.trailer.message);
    assert!((MAX_HEADER - 6..=MAX_HEADER).contains(&answer.header.len()));
    let answer = shop.desk("tell", &[&escape(fits + 1)]).await;
    assert_eq!(
        answer.trailer.code, RESOURCE_EXHAUSTED,
        "{}",
        answer.trailer.message
    );
    assert_eq!(answer.flags, [0x02]);
    shop.close().await;
}

#[tokio::test]
async fn a_session_is_called_and_closed_in_json() {
    let shop = Shop::new().await;
    let line = &[r#"{"sku":"A-1","quantity":2,"price":"12.50"}"#][..];
    let add = |members: &str| format!(r#"{{"service":"Cart","method":"add"{members}}}"#);
    for (members, count) in [
        (r#","sessionId":1"#, 2),
        (r#","sessionId":"1""#, 4),
        (r#","sessionId":2"#, 2),
        (r#","sessionId":1"#, 6),
    ] {
        let answer = shop.ask(&add(members), line).await;
        assert_eq!(
            texts(&answer),
            [format!(r#"{{"value":"{count}"}}"#)],
            "{}",
            answer.trailer.message
        );
    }
    assert_eq!(shop.ask(&add(""), line).await.trailer.code, FAILED_PRECONDITION);
    let answer = shop.ask(&desk("tell", r#","sessionId":1"#), TELL).await;
    assert_eq!(answer.trailer.code, FAILED_PRECONDITION, "the desk has none");

    let close = |id: u8| {
        framed(
            0x44,
            format!(r#"{{"service":"","method":"_close","sessionId":{id}}}"#).as_bytes(),
        )
    };
    assert_eq!(shop.bytes(&close(0)).await.trailer.code, FAILED_PRECONDITION);
    assert_eq!(shop.bytes(&close(1)).await.trailer.code, OK);
    let answer = shop.ask(&add(r#","sessionId":1"#), line).await;
    assert_eq!(answer.trailer.code, NOT_FOUND, "{}", answer.trailer.message);
    assert_eq!(
        texts(&shop.ask(&add(r#","sessionId":2"#), line).await),
        [r#"{"value":"4"}"#]
    );
    shop.close().await;
}
