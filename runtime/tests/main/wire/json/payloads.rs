//! Payloads of all four patterns, beside those in XLANG.

use super::shop::{DeskClient, Line, Order, Receipt};
use super::{LINES, ORDER, Shop, desk, head, texts};
use crate::garbage::{self, framed};
use crate::wire::{OK, Wire};
use aster_runtime::codegen::v1::Message;
use aster_runtime::header::StreamHeader;
use aster_runtime::interceptor::{Outcome, ServerInterceptor};
use aster_runtime::{Client, Code, Context};
use futures_util::stream;
use std::sync::{Arc, Mutex};

const RECEIPT: &str = r#"{"order":"9007199254740993","total":"15.00"}"#;

#[tokio::test]
async fn requests_and_responses_of_each_pattern_are_in_json() {
    let shop = Shop::new().await;
    for (method, requests, responses) in [
        ("price", &[ORDER][..], &[RECEIPT][..]),
        ("lines", &[ORDER], &LINES),
        ("total", &LINES, &[r#"{"value":"15.00"}"#]),
        ("total", &[], &[r#"{"value":"0"}"#]),
        ("check", &LINES, &[r#"{"value":"3"}"#, r#"{"value":"1"}"#]),
        ("check", &[], &[]),
    ] {
        let answer = shop.desk(method, requests).await;
        assert_eq!(answer.trailer.code, OK, "{method}: {}", answer.trailer.message);
        assert_eq!(texts(&answer), responses, "{method}");
        assert_eq!(answer.header, b"", "{method}: the handler says nothing");
    }
    shop.close().await;
}

#[tokio::test]
async fn messages_of_a_conversation_come_and_go_one_by_one() {
    let shop = Shop::new().await;
    let mut wire = Wire::call(&shop.connection, &head(&desk("check", ""))).await;
    for length in [3, 1, 7, 300_000] {
        let line = format!(r#"{{"sku":"{}","quantity":0,"price":0}}"#, "x".repeat(length));
        wire.write(&framed(0, line.as_bytes())).await;
        let response = wire.frame().await.unwrap().unwrap().payload;
        assert_eq!(response, format!(r#"{{"value":"{length}"}}"#));
    }
    wire.finish();
    assert_eq!(wire.answer().await.trailer.code, OK);
    shop.close().await;
}

fn order() -> Order {
    Order {
        id: 9_007_199_254_740_993,
        state: super::shop::State::Open,
        placed: "2024-02-29T12:00:00.5Z".parse().unwrap(),
        lines: vec![Line::new("A-1", 2, "12.50".parse().unwrap())],
        payment: super::shop::Payment::Prepaid(1250),
        labels: [("gift".to_owned(), "yes".to_owned())].into(),
        note: None,
        weight: 0.75,
    }
}

fn encoded(message: &impl Message) -> Vec<u8> {
    let mut payload = Vec::new();
    message.encode(&mut payload).unwrap();
    payload
}

/// The header says how it and the trailer are written by its first byte, and how payloads are by its mode.
#[tokio::test]
async fn the_form_of_a_header_and_the_mode_of_payloads_are_two_choices() {
    let shop = Shop::new().await;
    let in_binary = |mode| {
        garbage::head(&StreamHeader {
            service: "shop.Desk".into(),
            version: 4,
            contract_id: Some(DeskClient::CONTRACT_ID),
            mode,
            ..garbage::header("price")
        })
    };
    let in_json = |mode| head(&desk("price", &format!(r#","mode":{mode}"#)));
    let in_xlang = encoded(&order());
    let receipt = encoded(&Receipt::new(9_007_199_254_740_993, "25.00".parse().unwrap()));
    for (head, request, response, json_trailer) in [
        (in_binary(0), &in_xlang[..], &receipt[..], false),
        (in_binary(3), ORDER.as_bytes(), RECEIPT.as_bytes(), false),
        (in_json(0), &in_xlang, &receipt, true),
        (in_json(3), ORDER.as_bytes(), RECEIPT.as_bytes(), true),
        (
            head(&desk("price", "")),
            ORDER.as_bytes(),
            RECEIPT.as_bytes(),
            true,
        ),
    ] {
        let mut wire = Wire::call(&shop.connection, &[head, framed(0x40, request)].concat()).await;
        let answer = wire.answer().await;
        assert_eq!((answer.trailer.code, answer.in_json), (OK, json_trailer));
        assert_eq!(answer.messages, [response]);
    }
    // one is never taken for the other
    for (head, request) in [
        (in_binary(0), ORDER.as_bytes()),
        (in_binary(3), &in_xlang),
        (in_json(0), ORDER.as_bytes()),
        (in_json(3), &in_xlang),
    ] {
        let mut wire = Wire::call(&shop.connection, &[head, framed(0x40, request)].concat()).await;
        let answer = wire.answer().await;
        assert_eq!(answer.trailer.code, super::CONTRACT_VIOLATION);
        assert_eq!(answer.messages.len(), 0);
    }
    shop.close().await;
}

#[tokio::test]
async fn generated_clients_go_on_in_xlang() {
    let shop = Shop::new().await;
    let client = Client::connect(&shop.pair.client_node, shop.pair.server_node.address())
        .await
        .unwrap();
    let desk = DeskClient::new(&client).unwrap();
    assert_eq!(desk.price(order()).await.unwrap().total.to_string(), "25.00");
    let lines = stream::iter(order().lines);
    assert_eq!(desk.total(lines).await.unwrap().to_string(), "25.00");
    shop.close().await;
}

#[derive(Clone, Default)]
struct Codes(Arc<Mutex<Vec<(&'static str, Code)>>>);

impl ServerInterceptor for Codes {
    fn after(&self, call: &Context, outcome: &Outcome<'_>) {
        self.0.lock().unwrap().push((call.method(), outcome.code()));
    }
}

#[tokio::test]
async fn interceptors_see_calls_in_json_as_others() {
    let codes = Codes::default();
    let shop = Shop::with(|_| (), |builder| builder.interceptor(codes.clone())).await;
    for (method, request, code) in [
        ("price", ORDER, Code::OK),
        ("price", "{}", Code::CONTRACT_VIOLATION),
        ("check", "{}", Code::CONTRACT_VIOLATION),
        (
            "repeat",
            r#"{"text":"\u0001","times":4000000}"#,
            Code::RESOURCE_EXHAUSTED,
        ),
    ] {
        assert_eq!(
            shop.desk(method, &[request]).await.trailer.code,
            u64::from(code.0),
            "{method}"
        );
        assert_eq!(codes.0.lock().unwrap().pop(), Some((method, code)));
    }
    shop.close().await;
}
