//! Texts in JSON, as a peer may send them.

use crate::allocation::peak;
use crate::codegen::v1::Message;
use crate::description::Description;
use crate::kitchen::{Deep, Kitchen};
use crate::seeds::place;
use crate::values::Random;
use aster_runtime::codec::table::Table;
use asterc::driver::Input;
use std::sync::LazyLock;

/// The message of which every field is optional.
pub(crate) const ALL: &str = "json.All";

/// Its schema.
pub(crate) fn schema() -> Input {
    Input::Path(place("tests/tests/codec/table/json.aster"))
}

/// Values of it.
pub(crate) const TEXTS: [&str; 12] = [
    r#"{"flag":true,"i8":-1,"i16":300,"i32":-70000,"i64":"9223372036854775807","fi32":1,"fi64":"-2"}"#,
    r#"{"u8":255,"u16":65535,"u32":4294967295,"u64":"18446744073709551615","fu32":3,"fu64":4}"#,
    r#"{"r32":1.5,"r64":-2.25e-300,"text":"a\u00e9\ud83d\ude00\n","raw":"AAEC/w==","größe":3}"#,
    r#"{"r32":"NaN","r64":"-Infinity"}"#,
    r#"{"at":"2024-02-29T12:34:56.789Z","span":"-1.5s","day":"0001-01-01","amount":"-12.3400"}"#,
    r#"{"mood":"LOUD","order":{"lines":[{"sku":"a","count":1},{"sku":"","count":-2}]},"nothing":{}}"#,
    r#"{"pick":{"line":{"sku":"b","count":3}}}"#,
    r#"{"pick":{"mood":"CALM"}}"#,
    r#"{"list":[1,2,3],"maybe":[null,4],"nothings":[{},{}],"lines":[null,{"sku":"c","count":0}]}"#,
    r#"{"set":["a","b"],"numbers":["1",-2],"by_text":{"k":{"sku":"d","count":9}},"by_flag":{"true":1}}"#,
    r#"{"by_number":{"-5":"five","6":null},"by_mood":{"CALM":1,"LOUD":2}}"#,
    r#"{"tree":{"tree":{"tree":{"pick":{"text":"deep"}}},"flag":null}}"#,
];

/// A text is a payload or is refused; the payload's text is the same payload, and generated code reads it. The first byte says
/// of which message.
pub fn json(bytes: &[u8]) {
    static TABLES: LazyLock<[Table; 2]> = LazyLock::new(|| {
        let kitchen = Input::Path(place("tests/tests/codec/kitchen.aster"));
        [schema(), kitchen].map(|schema| Description::of(&[schema]).table())
    });
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    let [all, kitchen] = &*TABLES;
    match first % 3 {
        0 => {
            same(all, ALL, text);
        }
        1 => readable::<Kitchen>(same(kitchen, Kitchen::TYPE.name(), text)),
        _ => readable::<Deep>(same(kitchen, Deep::TYPE.name(), text)),
    }
}

fn same(table: &Table, name: &str, text: &[u8]) -> Option<Vec<u8>> {
    let index = table.type_named(name).expect("the schema has it");
    let (payload, held) = peak(|| table.json_to_payload(index, text));
    let allowance = (256 << 10) + text.len() * 64;
    assert!(held <= allowance, "{held} bytes held for {}", text.len());
    let payload = match payload {
        Ok(payload) => payload,
        Err(error) => {
            assert!(error.to_string().len() < 4_096, "{error}");
            return None;
        }
    };
    let written = table
        .payload_to_json(index, &payload)
        .expect("what was written can be read");
    let again = table.json_to_payload(index, written.as_bytes());
    assert_eq!(payload, again.expect("what was written can be read"), "{written}");
    Some(payload)
}

fn readable<M: Message>(payload: Option<Vec<u8>>) {
    if let Some(payload) = payload {
        M::decode(&payload).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Texts of all three messages.
pub fn json_seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = TEXTS.map(|text| [&[0], text.as_bytes()].concat()).into();
    let kitchen = Description::of(&[Input::Path(place("tests/tests/codec/kitchen.aster"))]).table();
    let mut random = Random::new(0x1050);
    for _ in 0..8 {
        seeds.push(written(&kitchen, 1, &random.kitchen()));
        seeds.push(written(&kitchen, 2, &random.deep(4)));
    }
    seeds
}

fn written<M: Message>(table: &Table, first: u8, value: &M) -> Vec<u8> {
    let mut payload = Vec::new();
    value.encode(&mut payload).expect("the value is in range");
    let index = table.type_named(M::TYPE.name()).expect("the schema has it");
    let text = table
        .payload_to_json(index, &payload)
        .expect("a payload has JSON");
    [&[first], text.as_bytes()].concat()
}
