//! The exchange on the book's page "JSON" is what the server says.

use super::{Shop, texts};
use crate::garbage::framed;
use crate::wire::Wire;

const PAGE: &str = include_str!("../../../../../docs/contract/json.md");
const SCHEMA: &str = include_str!("shop.aster");

/// The blocks of the page in a language, without what only lays them out.
fn blocks(language: &str) -> Vec<&'static str> {
    let open = format!("```{language}");
    let blocks = PAGE.split(&*open).skip(1);
    blocks
        .map(|rest| {
            rest.split_once('\n')
                .unwrap()
                .1
                .split("```")
                .next()
                .unwrap()
                .trim_end()
        })
        .collect()
}

#[tokio::test]
async fn the_exchange_on_the_page_is_what_the_server_says() {
    assert!(
        SCHEMA.starts_with(blocks("aster")[0]),
        "the schema is that of the tests"
    );
    let shop = Shop::new().await;
    let [order, header, response, trailer, refusal] = blocks("json")[..] else {
        panic!("five blocks of JSON");
    };
    let head = framed(0x04, header.as_bytes());
    let mut wire = Wire::call(
        &shop.connection,
        &[&head[..], &framed(0x40, order.as_bytes())].concat(),
    )
    .await;
    let mut frames = Vec::new();
    while let Some(frame) = wire.frame().await.unwrap() {
        frames.push(String::from_utf8(frame.payload.to_vec()).unwrap());
    }
    assert_eq!(frames, [response, trailer]);

    let wrong = order.replace(r#""quantity": 2"#, r#""quantity": "2""#);
    assert_ne!(order, wrong);
    let mut wire = Wire::call(&shop.connection, &[head, framed(0x40, wrong.as_bytes())].concat()).await;
    let told = wire.frame().await.unwrap().unwrap().payload;
    assert_eq!(std::str::from_utf8(&told).unwrap(), refusal);
    let answer = shop.ask(header, &[order]).await;
    assert_eq!(texts(&answer), [response]);
    shop.close().await;
}
