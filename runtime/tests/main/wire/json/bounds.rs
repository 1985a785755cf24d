//! Limits and compression of payloads in JSON, and what a server needs to read them.

use super::desk::Keeper;
use super::shop::{DESK_CONTRACT_ID, DeskServer, OrdersServer};
use super::{RESOURCE_EXHAUSTED, Shop, desk, head, texts};
use crate::garbage::framed;
use crate::support::Text;
use crate::wire::{OK, Wire};
use aster_runtime::codec::table::TableError;
use aster_runtime::codegen::v1;
use aster_runtime::compress::{self, THRESHOLD};
use aster_runtime::{BuildError, DefinitionsError, Node, Server};

/// A request whose response has so many bytes in JSON.
fn repeat(bytes: usize) -> String {
    format!(r#"{{"text":"x","times":{}}}"#, bytes - r#"{"value":""}"#.len())
}

#[tokio::test]
async fn a_response_is_as_long_in_json_as_a_frame_may_be() {
    let shop = Shop::with(|limits| limits.frame = 10_000, |builder| builder).await;
    for method in ["repeat", "repeats"] {
        let answer = shop.desk(method, &[&repeat(10_000)]).await;
        assert_eq!(answer.trailer.code, OK, "{}", answer.trailer.message);
        assert_eq!(answer.messages[0].len(), 10_000);
        // the second has 2,000 bytes in XLANG
        for more in [repeat(10_001), r#"{"text":"\u0001","times":2000}"#.to_owned()] {
            let answer = shop.desk(method, &[&more]).await;
            assert_eq!(
                (answer.trailer.code, answer.messages.len()),
                (RESOURCE_EXHAUSTED, 0)
            );
            let says = "expected at most 10000 bytes of JSON";
            assert!(
                answer.trailer.message.contains(says),
                "{}",
                answer.trailer.message
            );
        }
    }
    assert_eq!(shop.protocol_errors(), 0);
    shop.close().await;
}

#[tokio::test]
async fn a_request_is_within_the_limit_in_json_and_in_xlang() {
    let shop = Shop::with(|limits| limits.frame = 10_000, |builder| builder).await;
    // a row is three bytes of text and sixteen of a payload
    let rows = |count: usize| format!(r#"{{"rows":[{}{{}}]}}"#, "{},".repeat(count - 1));
    let answer = shop.desk("wide", &[&rows(600)]).await;
    assert_eq!(
        texts(&answer),
        [r#"{"value":"600"}"#],
        "{}",
        answer.trailer.message
    );
    let answer = shop.desk("wide", &[&rows(700)]).await;
    assert_eq!(answer.trailer.code, RESOURCE_EXHAUSTED);
    let says = "expected a payload of at most 10000 bytes, found a larger one";
    assert!(
        answer.trailer.message.ends_with(says),
        "{}",
        answer.trailer.message
    );
    assert_eq!(shop.protocol_errors(), 0);

    let long = format!(r#"{{"text":"{}","times":0}}"#, "x".repeat(10_000));
    assert_eq!(
        shop.desk("repeat", &[&long]).await.trailer.code,
        RESOURCE_EXHAUSTED
    );
    assert_eq!(shop.protocol_errors(), 1, "its prefix says it");
    let packed = compress::compress(long.as_bytes()).unwrap();
    let answer = shop
        .bytes(&[head(&desk("repeat", "")), framed(0x41, &packed)].concat())
        .await;
    assert_eq!(
        answer.trailer.code, RESOURCE_EXHAUSTED,
        "{}",
        answer.trailer.message
    );
    shop.close().await;
}

/// The flags of the messages of an answer, and how long they are unpacked.
async fn sent(shop: &Shop, bytes: &[u8]) -> Vec<(u8, usize)> {
    let answer = shop.bytes(bytes).await;
    assert_eq!(answer.trailer.code, OK, "{}", answer.trailer.message);
    let lengths = answer.messages.iter().map(Vec::len);
    answer.flags.into_iter().zip(lengths).collect()
}

#[tokio::test]
async fn what_is_compressed_is_the_text() {
    let shop = Shop::new().await;
    let call =
        |method: &str, request: &str| [head(&desk(method, "")), framed(0x40, request.as_bytes())].concat();
    let large = 300_000;
    for (method, request, expected) in [
        ("repeat", repeat(THRESHOLD), (0, THRESHOLD)),
        ("repeat", repeat(THRESHOLD + 1), (1, THRESHOLD + 1)),
        // 1,000 bytes in XLANG
        (
            "repeat",
            r#"{"text":"\u0001","times":1000}"#.to_owned(),
            (1, 6012),
        ),
        ("repeat", repeat(large), (1, large)),
        ("repeats", repeat(THRESHOLD), (0, THRESHOLD)),
        ("repeats", repeat(large), (1, large)),
    ] {
        let sent = sent(&shop, &call(method, &request)).await;
        assert!(
            sent.iter().all(|message| *message == expected),
            "{method}: {sent:?}"
        );
        assert_eq!(sent.len(), if method == "repeat" { 1 } else { 2 });
    }
    for length in [5000, large] {
        let request = format!(r#"{{"text":"{}","times":0}}"#, "x".repeat(length));
        let packed = compress::compress(request.as_bytes()).unwrap();
        let expected = vec![(0, r#"{"value":""}"#.len())];
        assert_eq!(
            sent(
                &shop,
                &[head(&desk("repeat", "")), framed(0x41, &packed)].concat()
            )
            .await,
            expected
        );
        assert_eq!(sent(&shop, &call("repeat", &request)).await, expected);
    }
    shop.close().await;

    let shop = Shop::with(|_| (), |builder| builder.uncompressed("shop.Desk/repeat")).await;
    let answer = shop.desk("repeat", &[&repeat(10_000)]).await;
    assert_eq!(answer.flags, [0x00, 0x02], "its length would tell of it");
    shop.close().await;
}

#[tokio::test]
async fn large_texts_are_read_while_others_are() {
    let shop = Shop::new().await;
    let line = |length| format!(r#"{{"sku":"{}","quantity":1,"price":"1"}}"#, "x".repeat(length));
    let lines = [line(1 << 20), line(3), line(1 << 20)];
    let calls = (0..20).map(async |_| {
        let mut bytes = head(&desk("check", ""));
        for line in &lines {
            bytes.extend(framed(0, line.as_bytes()));
        }
        let mut wire = Wire::call(&shop.connection, &bytes).await;
        wire.finish();
        let answer = wire.answer().await;
        assert_eq!(
            texts(&answer),
            [
                r#"{"value":"1048576"}"#,
                r#"{"value":"3"}"#,
                r#"{"value":"1048576"}"#
            ],
            "{}",
            answer.trailer.message
        );
    });
    futures_util::future::join_all(calls).await;
    shop.close().await;
}

/// A service with the desk's name and contract, and these methods and definitions.
struct Claims(&'static v1::ServiceInfo);

impl v1::Service for Claims {
    fn info(&self) -> &'static v1::ServiceInfo {
        self.0
    }

    fn call(&self, _: usize, call: v1::ServerCall) -> v1::CallFuture {
        call.unary(|out: Text| out, async |request: Text, _| Ok(request))
    }
}

#[tokio::test]
async fn a_service_that_takes_json_has_its_definitions() {
    let node = Node::dev().spawn().await.unwrap();
    let real = v1::Service::info(&DeskServer::new(Keeper));
    let built = |info: v1::ServiceInfo| {
        let info = Box::leak(Box::new(info));
        let built = Server::builder(&node).add(Claims(info)).build();
        match built {
            Err(BuildError::Definitions { service, error }) => {
                assert_eq!(service, "shop.Desk");
                Err(error)
            }
            Err(other) => panic!("{other}"),
            Ok(_) => Ok(()),
        }
    };
    assert_eq!(built(real.clone()), Ok(()));

    let none = v1::ServiceInfo {
        definitions: &v1::Definitions::NONE,
        ..real.clone()
    };
    assert_eq!(built(none.clone()), Err(DefinitionsError::Missing));
    let error = Server::builder(&node)
        .add(Claims(Box::leak(Box::new(none.clone()))))
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "service `shop.Desk` takes JSON, for which its definitions are needed: there are none"
    );
    let only_xlang = v1::ServiceInfo {
        modes: &[v1::Mode::Xlang],
        ..none
    };
    assert_eq!(built(only_xlang), Ok(()));

    let others = v1::ServiceInfo {
        definitions: v1::Service::info(&OrdersServer::new(Keeper)).definitions,
        ..real.clone()
    };
    let error = built(others).unwrap_err();
    assert!(
        matches!(error, DefinitionsError::Table(TableError::Described(_))),
        "{error}"
    );
    assert!(
        error.to_string().contains(&DESK_CONTRACT_ID.to_string()),
        "{error}"
    );

    let mut methods = real.methods.to_vec();
    methods[2].name = "sum";
    let renamed = v1::ServiceInfo {
        methods: methods.leak(),
        ..real.clone()
    };
    assert_eq!(built(renamed), Err(DefinitionsError::Method("sum")));
    node.close().await;
}
