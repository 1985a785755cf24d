//! What a request may say, and what is refused with the path to it.

use super::{CONTRACT_VIOLATION, LINES, ORDER, Shop, texts};
use super::{desk, head};
use crate::garbage::framed;
use crate::wire::{OK, Wire};

/// The order with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert!(ORDER.contains(from), "{from}");
    ORDER.replacen(from, to, 1)
}

#[tokio::test]
async fn what_does_not_fit_the_contract_is_refused_with_its_path() {
    let shop = Shop::new().await;
    let cases = [
        (
            changed(r#""weight""#, r#""height""#),
            "`height` of `shop.Order`: expected a field of `shop.Order`",
        ),
        (
            changed(r#","weight":0.75"#, ""),
            "`weight` of `shop.Order`: expected a value, found none",
        ),
        (changed(r#""weight":0.75"#, r#""weight":null"#), "`weight`"),
        (
            changed("0.75", r#"0.75,"weight":0.75"#),
            "`weight` of `shop.Order`: expected each key once",
        ),
        (changed("0.75", "1e400"), "`weight`"),
        (changed("0.75", r#""0.75""#), "`weight`"),
        (
            changed("0.75", "NaN"),
            "`shop.Order`: expected a value, found `N`",
        ),
        (changed(r#""9007199254740993""#, "9223372036854775808"), "`id`"),
        (changed(r#""9007199254740993""#, r#""+1""#), "`id`"),
        (
            changed("OPEN", "open"),
            "`state` of `shop.Order`: expected the name of a value of `shop.State`",
        ),
        (changed(r#""OPEN""#, "0"), "`state`"),
        (changed("12:00:00.5Z", "12:00:00.5"), "`placed`"),
        (changed("02-29", "02-30"), "`placed`"),
        (
            changed(r#""quantity":2"#, r#""quantity":"2""#),
            "`lines[0].quantity` of `shop.Order`: expected an integer",
        ),
        (
            changed(r#""quantity":-1"#, r#""quantity":2147483648"#),
            "`lines[1].quantity`",
        ),
        (
            changed(r#""quantity":2"#, r#""quantity":2,"quality":1"#),
            "`lines[0].quality`",
        ),
        (
            changed(r#"{"prepaid":"1250"}"#, r#"{"prepaid":"1250","invoice":""}"#),
            "`payment`",
        ),
        (changed(r#"{"prepaid":"1250"}"#, "{}"), "`payment`"),
        (changed("prepaid", "paid"), "`payment.paid`"),
        (changed(r#""yes""#, r#""yes","gift":"no""#), r#"`labels["gift"]`"#),
        (changed(r#""yes""#, "null"), r#"`labels["gift"]`"#),
        (changed("A-1", "\\ud800"), "`lines[0].sku`"),
        (format!("{ORDER} {{}}"), "expected the end of the text"),
        (format!("[{ORDER}]"), "`shop.Order`: expected an object"),
        ("\u{feff}{}".to_owned(), "`shop.Order`: expected a value"),
        ("{".to_owned(), "found the end of the text"),
        ("null".to_owned(), "`shop.Order`: expected an object, found null"),
        (
            " ".to_owned(),
            "`shop.Order`: expected a value, found the end of the text",
        ),
    ];
    for (request, says) in &cases {
        for method in ["price", "lines"] {
            let answer = shop.desk(method, &[request]).await;
            let trailer = &answer.trailer;
            assert_eq!(
                (trailer.code, answer.messages.len()),
                (CONTRACT_VIOLATION, 0),
                "{says}"
            );
            assert!(trailer.message.contains(says), "{says}: {}", trailer.message);
        }
    }
    let answer = shop
        .bytes(&[head(&desk("price", "")), framed(0x40, b"{\"id\":\"\xff\"}")].concat())
        .await;
    assert_eq!(
        answer.trailer.message,
        "`shop.Order`: expected UTF-8, found ff at byte 7"
    );
    assert_eq!(shop.protocol_errors(), 0);
    shop.close().await;
}

#[tokio::test]
async fn one_that_does_not_fit_ends_a_stream_where_it_is() {
    let shop = Shop::new().await;
    let bad = r#"{"sku":"C","quantity":true,"price":"1"}"#;
    let says = "`quantity` of `shop.Line`: expected an integer, found true";
    let answer = shop.desk("check", &[LINES[0], LINES[1], bad, LINES[0]]).await;
    assert_eq!(texts(&answer), [r#"{"value":"3"}"#, r#"{"value":"1"}"#]);
    assert_eq!(
        (answer.trailer.code, &*answer.trailer.message),
        (CONTRACT_VIOLATION, says)
    );
    let answer = shop.desk("total", &[LINES[0], bad, LINES[1]]).await;
    assert_eq!(
        (answer.trailer.code, &*answer.trailer.message),
        (CONTRACT_VIOLATION, says)
    );
    assert_eq!(answer.messages.len(), 0);
    // the caller is told to stop, though it has not ended its side
    let call = [head(&desk("total", "")), framed(0, bad.as_bytes())].concat();
    let mut wire = Wire::call(&shop.connection, &call).await;
    assert_eq!(wire.answer().await.trailer.message, says);
    assert_eq!(wire.stopped().await, Some(0));
    shop.close().await;
}

#[tokio::test]
async fn what_can_be_said_in_two_ways_is_read_in_both() {
    let shop = Shop::new().await;
    let expected = shop.desk("price", &[ORDER]).await.messages;
    for request in [
        changed(r#""9007199254740993""#, "9007199254740993"),
        changed(r#""12.50""#, "12.50"),
        changed(r#""weight""#, r#""note":null,"weight""#),
        changed(r#""id""#, r#""i\u0064""#),
        changed("12:00:00.5Z", "12:00:00.500Z"),
        format!(" \r\n\t{ORDER} "),
    ] {
        let answer = shop.desk("price", &[&request]).await;
        assert_eq!(answer.trailer.code, OK, "{request}: {}", answer.trailer.message);
        assert_eq!(answer.messages, expected, "{request}");
    }
    shop.close().await;
}

#[tokio::test]
async fn texts_that_nest_deeply_are_refused() {
    let shop = Shop::new().await;
    let nested = |depth: usize| {
        format!(
            "{}{{}}{}",
            r#"{"inner":"#.repeat(depth - 1),
            "}".repeat(depth - 1)
        )
    };
    let answer = shop.desk("depth", &[&nested(64)]).await;
    assert_eq!(texts(&answer), [r#"{"value":64}"#], "{}", answer.trailer.message);
    for hostile in [
        nested(65),
        nested(10_000),
        r#"{"inner":"#.repeat(10_000),
        "[".repeat(10_000),
        format!(r#"{{"inner":{}"#, "[".repeat(1_000_000)),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
    ] {
        let answer = shop.desk("depth", &[&hostile]).await;
        let trailer = answer.trailer;
        assert_eq!(trailer.code, CONTRACT_VIOLATION, "{}", trailer.message);
        assert!(trailer.message.len() < 1000, "{}", trailer.message);
    }
    shop.close().await;
}
