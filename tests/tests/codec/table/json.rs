//! The JSON mapping: one test for each rule, in both directions, and texts that nobody honest sends.

use super::Description;
use super::equal::{index_of, same_bytes};
use super::{kitchen, oracle};
use crate::allocation::peak;
use crate::kitchen::{Deep, Inner, Kitchen};
use crate::oracle::any_plain;
use crate::values::Random;
use CodecErrorKind::{
    InvalidText, Missing, OutOfRange, Repeated, Syntax, TooDeep, UnexpectedNull, UnknownName, WrongType,
};
use aster_runtime::codec::table::{MAX_JSON_DEPTH, Table, TypeIndex};
use aster_runtime::codec::{CodecErrorKind, Message};
use asterc::driver::Input;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const SCHEMA: &[u8] = include_bytes!("json.aster");

fn table() -> &'static (Table, TypeIndex) {
    static TABLE: LazyLock<(Table, TypeIndex)> = LazyLock::new(|| {
        let table = Description::of(&[Input::Text {
            name: "json.aster".into(),
            bytes: SCHEMA.into(),
        }])
        .table();
        let index = table.type_named("json.All").unwrap();
        (table, index)
    });
    &TABLE
}

/// The text is read, and what was read is written as `written`.
#[track_caller]
fn reads_as(json: &str, written: &str) {
    let (table, index) = table();
    let payload = table
        .json_to_payload(*index, json.as_bytes())
        .unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(table.payload_to_json(*index, &payload).unwrap(), written);
}

/// The text is read, and written as it was.
#[track_caller]
fn same(json: &str) {
    reads_as(json, json);
}

#[track_caller]
fn refused(json: impl AsRef<[u8]>, kind: CodecErrorKind, path: &str) {
    let (table, index) = table();
    let error = table.json_to_payload(*index, json.as_ref()).unwrap_err();
    assert_eq!((error.kind(), error.path().as_str()), (kind, path), "{error}");
    assert!(error.to_string().len() < 1_024, "{error}");
    assert_eq!(error.message(), Some("json.All"));
}

#[test]
fn fields_have_the_names_of_the_schema_and_come_in_the_order_that_the_message_is_shown_in() {
    same(r#"{"größe":3}"#);
    // on the wire the number comes first
    reads_as(
        r#" { "u8" : 1 , "text":"t","flag":true,	"list":[ ]
} "#,
        r#"{"flag":true,"list":[],"text":"t","u8":1}"#,
    );
}

#[test]
fn an_optional_field_is_read_absent_or_null_and_written_absent() {
    reads_as(r#"{"text":null,"list":null,"pick":null}"#, "{}");
    same("{}");
}

#[test]
fn a_required_field_is_there_and_not_null() {
    refused(r#"{"order":{}}"#, Missing, "order.lines");
    refused(r#"{"order":{"lines":null}}"#, UnexpectedNull, "order.lines");
    refused(
        r#"{"order":{"lines":[{"sku":"a"}]}}"#,
        Missing,
        "order.lines[0].count",
    );
    refused(
        r#"{"order":{"lines":[{"sku":"a","count":1},{"sku":"b","count":"many"}]}}"#,
        WrongType,
        "order.lines[1].count",
    );
    refused("null", UnexpectedNull, "");
}

#[test]
fn a_key_is_known_and_there_once() {
    refused(r#"{"Flag":true}"#, UnknownName, "Flag");
    refused(
        r#"{"order":{"lines":[{"sku":"a","count":1,"x":{}}]}}"#,
        UnknownName,
        "order.lines[0].x",
    );
    refused(r#"{"flag":true,"flag":true}"#, Repeated, "flag");
    refused(r#"{"flag":true,"fla\u0067":true}"#, Repeated, "flag");
    refused(r#"{"text":null,"text":"a"}"#, Repeated, "text");
    refused(
        format!(r#"{{"{}":1}}"#, "x".repeat(100_000)),
        UnknownName,
        &("x".repeat(256) + "…"),
    );
}

#[test]
fn a_bool_is_true_or_false() {
    same(r#"{"flag":true}"#);
    same(r#"{"flag":false}"#);
    for wrong in ["1", "\"true\"", "[]", "{}"] {
        refused(format!(r#"{{"flag":{wrong}}}"#), WrongType, "flag");
    }
}

#[test]
fn integers_of_up_to_32_bits_are_numbers_in_their_range() {
    for (field, least, most) in [
        ("i8", "-128", "127"),
        ("i16", "-32768", "32767"),
        ("i32", "-2147483648", "2147483647"),
        ("fi32", "-2147483648", "2147483647"),
        ("u8", "0", "255"),
        ("u16", "0", "65535"),
        ("u32", "0", "4294967295"),
        ("fu32", "0", "4294967295"),
    ] {
        same(&format!(r#"{{"{field}":{least}}}"#));
        same(&format!(r#"{{"{field}":{most}}}"#));
        let further = (most.parse::<i64>().unwrap() + 1).to_string();
        refused(format!(r#"{{"{field}":{further}}}"#), OutOfRange, field);
        let further = (least.parse::<i64>().unwrap() - 1).to_string();
        refused(format!(r#"{{"{field}":{further}}}"#), OutOfRange, field);
        for wrong in [&format!("\"{most}\""), "1.0", "1e2", "-0", "true", "[1]"] {
            refused(format!(r#"{{"{field}":{wrong}}}"#), WrongType, field);
        }
    }
}

#[test]
fn integers_of_64_bits_are_written_as_strings_and_read_as_both() {
    for (field, least, most) in [
        ("i64", i64::MIN.to_string(), i64::MAX.to_string()),
        ("fi64", i64::MIN.to_string(), i64::MAX.to_string()),
        ("u64", 0.to_string(), u64::MAX.to_string()),
        ("fu64", 0.to_string(), u64::MAX.to_string()),
    ] {
        for edge in [&least, &most] {
            same(&format!(r#"{{"{field}":"{edge}"}}"#));
            reads_as(
                &format!(r#"{{"{field}":{edge}}}"#),
                &format!(r#"{{"{field}":"{edge}"}}"#),
            );
        }
        let digits = "9".repeat(1_000_000);
        for further in ["18446744073709551616", "-9223372036854775809", &digits] {
            refused(format!(r#"{{"{field}":{further}}}"#), OutOfRange, field);
            refused(format!(r#"{{"{field}":"{further}"}}"#), OutOfRange, field);
        }
        for wrong in [
            "1.0",
            "1e2",
            r#""""#,
            r#"" 1""#,
            r#""01""#,
            r#""+1""#,
            r#""-0""#,
            r#""1_000""#,
            r#""0x1""#,
        ] {
            refused(format!(r#"{{"{field}":{wrong}}}"#), WrongType, field);
        }
    }
}

#[test]
fn floats_are_numbers_or_one_of_three_strings() {
    for field in ["r32", "r64"] {
        for value in [
            "0.0",
            "-0.0",
            "0.1",
            "1.0",
            "-1.5",
            "1e20",
            "1e-7",
            "\"NaN\"",
            "\"Infinity\"",
            "\"-Infinity\"",
        ] {
            same(&format!(r#"{{"{field}":{value}}}"#));
        }
        reads_as(&format!(r#"{{"{field}":-0}}"#), &format!(r#"{{"{field}":-0.0}}"#));
        reads_as(
            &format!(r#"{{"{field}":1E+2}}"#),
            &format!(r#"{{"{field}":100.0}}"#),
        );
        for beyond in ["1e400", "-1e400", "1e999999999999", &"9".repeat(100_000)] {
            refused(format!(r#"{{"{field}":{beyond}}}"#), OutOfRange, field);
        }
        for wrong in ["\"1\"", "\"nan\"", "\"+Infinity\"", "\"inf\"", "true", "[]"] {
            refused(format!(r#"{{"{field}":{wrong}}}"#), WrongType, field);
        }
    }
    same(r#"{"r64":1.7976931348623157e308}"#);
    refused(r#"{"r32":3.5e38}"#, OutOfRange, "r32");
    // rounded once, to the nearest float32
    reads_as(r#"{"r32":16777217}"#, r#"{"r32":16777216.0}"#);
}

#[test]
fn decimals_are_written_as_strings_and_read_as_both_with_their_scale() {
    for value in [
        "0",
        "-12.50",
        "0.00",
        "0.1",
        "-0.001",
        "125E3",
        "1E-41",
        "123456789012345678901234567890.5",
    ] {
        same(&format!(r#"{{"amount":"{value}"}}"#));
        reads_as(
            &format!(r#"{{"amount":{value}}}"#),
            &format!(r#"{{"amount":"{value}"}}"#),
        );
    }
    reads_as(r#"{"amount":1.5e+1}"#, r#"{"amount":"15"}"#);
    reads_as(r#"{"amount":"1e10000"}"#, r#"{"amount":"1E10000"}"#);
    for beyond in [
        "1e10001",
        "1e-10001",
        "1e99999999999999999999",
        &"9".repeat(9_900),
        &"9".repeat(1_000_000),
    ] {
        refused(format!(r#"{{"amount":{beyond}}}"#), OutOfRange, "amount");
    }
    for wrong in [
        "\"\"", "\"NaN\"", "\".5\"", "\"5.\"", "\"01\"", "\"+1\"", "\" 1\"", "\"1e\"", "\"--1\"", "true",
    ] {
        refused(format!(r#"{{"amount":{wrong}}}"#), WrongType, "amount");
    }
}

#[test]
fn strings_are_written_with_the_escapes_that_are_needed_and_read_with_all() {
    same(r#"{"text":"grüße 名前 🦀 \"\\\n\r\t\b\f\u0001"}"#);
    reads_as(r#"{"text":"\u00fc\/\ud83e\udd80\u0041"}"#, r#"{"text":"ü/🦀A"}"#);
    for lone in [
        r"\ud800",
        r"\udc00",
        r"\ud800x",
        r"\ud800\u0041",
        r"\ud800\ud800",
        r"x\udfff",
    ] {
        refused(format!(r#"{{"text":"{lone}"}}"#), InvalidText, "text");
    }
    for wrong in ["1", "true", "[]"] {
        refused(format!(r#"{{"text":{wrong}}}"#), WrongType, "text");
    }
}

#[test]
fn bytes_are_padded_base64() {
    for value in ["", "AA==", "AAE=", "AAEC", "+/+/"] {
        same(&format!(r#"{{"raw":"{value}"}}"#));
    }
    // unpadded, the alphabet of URLs, spaces, bits that are not zero behind the end
    for wrong in [
        "\"AA\"",
        "\"-_-_\"",
        "\"AA= =\"",
        "\"AAEC\\n\"",
        "\"AB==\"",
        "\"=\"",
        "7",
        "[0]",
    ] {
        refused(format!(r#"{{"raw":{wrong}}}"#), WrongType, "raw");
    }
}

#[test]
fn a_timestamp_is_rfc_3339_in_utc() {
    for value in [
        "2024-02-29T12:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "2024-02-29T12:00:00.5Z",
    ] {
        same(&format!(r#"{{"at":"{value}"}}"#));
    }
    reads_as(
        r#"{"at":"2024-02-29T12:00:00.50Z"}"#,
        r#"{"at":"2024-02-29T12:00:00.5Z"}"#,
    );
    for beyond in [
        "2023-02-29T12:00:00Z",
        "9999-12-31T00:00:00Z",
        "0000-12-31T00:00:00Z",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12:00:60Z",
        "9999-12-30T22:00:00.1Z",
    ] {
        refused(format!(r#"{{"at":"{beyond}"}}"#), OutOfRange, "at");
    }
    for wrong in [
        "2024-02-29T12:00:00",
        "2024-02-29T12:00:00z",
        "2024-02-29t12:00:00Z",
        "2024-02-29 12:00:00Z",
        "2024-02-29T12:00:00+00:00",
        "2024-02-29T12:00Z",
        "2024-2-29T12:00:00Z",
        "+2024-02-29T12:00:00Z",
        "2024-02-29T12:00:00.Z",
        "2024-02-29T12:00:00.0123456789Z",
        "2024-02-29T12:00:00Z ",
        "2024-02-29T-1:00:00Z",
        "",
    ] {
        refused(format!(r#"{{"at":"{wrong}"}}"#), WrongType, "at");
    }
    refused(r#"{"at":1709208000}"#, WrongType, "at");
}

#[test]
fn a_date_is_iso() {
    for value in ["0001-01-01", "2024-02-29", "9999-12-31"] {
        same(&format!(r#"{{"day":"{value}"}}"#));
    }
    for beyond in ["2023-02-29", "0000-12-31", "2024-13-01", "2024-00-01"] {
        refused(format!(r#"{{"day":"{beyond}"}}"#), OutOfRange, "day");
    }
    for wrong in [
        "2024-2-29",
        "20240229",
        "2024-02-29Z",
        "-2024-02-29",
        "10000-01-01",
        "",
    ] {
        refused(format!(r#"{{"day":"{wrong}"}}"#), WrongType, "day");
    }
}

#[test]
fn a_duration_is_seconds() {
    for value in [
        "0s",
        "-1.5s",
        "-0.5s",
        "0.000000001s",
        "9000000000000s",
        "-9000000000000s",
        "90s",
    ] {
        same(&format!(r#"{{"span":"{value}"}}"#));
    }
    reads_as(r#"{"span":"1.500s"}"#, r#"{"span":"1.5s"}"#);
    for beyond in ["9000000000001s", "-9000000000000.1s", "99999999999999999999999s"] {
        refused(format!(r#"{{"span":"{beyond}"}}"#), OutOfRange, "span");
    }
    for wrong in [
        "1",
        "1m",
        "1.s",
        ".5s",
        "01s",
        "+1s",
        "1.0000000001s",
        "--1s",
        "1 s",
        "-s",
        "s",
        "",
    ] {
        refused(format!(r#"{{"span":"{wrong}"}}"#), WrongType, "span");
    }
    refused(r#"{"span":1}"#, WrongType, "span");
}

#[test]
fn an_enum_is_the_name_of_its_value() {
    same(r#"{"mood":"LOUD"}"#);
    reads_as(r#"{"mood":"\u0043ALM"}"#, r#"{"mood":"CALM"}"#);
    refused(r#"{"mood":"loud"}"#, UnknownName, "mood");
    refused(r#"{"mood":7}"#, WrongType, "mood");
}

#[test]
fn a_union_is_an_object_with_one_key() {
    for value in [
        r#"{"number":-7}"#,
        r#"{"text":"t"}"#,
        r#"{"line":{"count":1,"sku":"a"}}"#,
        r#"{"mood":"LOUD"}"#,
        r#"{"big":"5"}"#,
    ] {
        same(&format!(r#"{{"pick":{value}}}"#));
    }
    refused(r#"{"pick":{}}"#, WrongType, "pick");
    refused(r#"{"pick":{"number":1,"text":"t"}}"#, WrongType, "pick");
    refused(r#"{"pick":{"number":1,"number":1}}"#, WrongType, "pick");
    refused(r#"{"pick":{"none":1}}"#, UnknownName, "pick.none");
    refused(r#"{"pick":{"number":null}}"#, UnexpectedNull, "pick.number");
    refused(r#"{"pick":{"number":"1"}}"#, WrongType, "pick.number");
    refused(r#"{"pick":"number"}"#, WrongType, "pick");
}

#[test]
fn lists_and_sets_are_arrays() {
    same(r#"{"list":[1,2,2]}"#);
    same(r#"{"maybe":[null,1,null]}"#);
    same(r#"{"nothings":[{},{}]}"#);
    same(r#"{"lines":[null,{"count":1,"sku":"a"}]}"#);
    same(r#"{"set":["b","a"]}"#);
    same(r#"{"numbers":["1","-1"]}"#);
    refused(r#"{"list":[1,null]}"#, UnexpectedNull, "list[1]");
    refused(r#"{"list":{"0":1}}"#, WrongType, "list");
    refused(r#"{"set":["a","b","\u0061"]}"#, Repeated, "set[2]");
    refused(r#"{"numbers":[2,"1",1]}"#, Repeated, "numbers[2]");
    refused(r#"{"nothings":[{},{"x":1}]}"#, UnknownName, "nothings[1].x");
    let many = format!(r#"{{"nothings":[{}{{}}]}}"#, "{},".repeat(8_192));
    refused(many, CodecErrorKind::TooLarge, "nothings");
}

#[test]
fn a_map_is_an_object_with_keys_as_text() {
    same(r#"{"by_text":{"":{"count":1,"sku":"a"},"ü\"":{"count":2,"sku":"b"}}}"#);
    same(r#"{"by_flag":{"true":1,"false":0}}"#);
    same(r#"{"by_number":{"-9223372036854775808":null,"0":"a"}}"#);
    same(r#"{"by_mood":{"LOUD":1,"CALM":0}}"#);
    refused(
        r#"{"by_text":{"a":{"count":1,"sku":"a"},"\u0061":{"count":1,"sku":"a"}}}"#,
        Repeated,
        r#"by_text["a"]"#,
    );
    refused(r#"{"by_text":{"a":null}}"#, UnexpectedNull, r#"by_text["a"]"#);
    refused(
        r#"{"by_text":{"a":{"count":1,"sku":1}}}"#,
        WrongType,
        r#"by_text["a"].sku"#,
    );
    refused(r#"{"by_flag":{"True":1}}"#, WrongType, "by_flag[0]");
    refused(r#"{"by_number":{"0":"a","00":"a"}}"#, WrongType, "by_number[1]");
    refused(
        r#"{"by_number":{"9223372036854775808":"a"}}"#,
        OutOfRange,
        "by_number[0]",
    );
    refused(r#"{"by_mood":{"LOUD":1,"loud":1}}"#, UnknownName, "by_mood[1]");
    refused(r#"{"by_text":[["a",{}]]}"#, WrongType, "by_text");
}

#[test]
fn what_is_not_json_is_refused() {
    for wrong in [
        "",
        " ",
        "{",
        "}",
        "{]",
        "[}",
        "{\"flag\"}",
        "{\"flag\":}",
        "{\"flag\":true,}",
        "{,}",
        "{\"flag\" true}",
        "{flag:true}",
        "{'flag':true}",
        "{\"flag\":tru}",
        "{\"flag\":True}",
        "{\"i8\":01}",
        "{\"i8\":+1}",
        "{\"i8\":-}",
        "{\"i8\":1.}",
        "{\"i8\":.5}",
        "{\"i8\":1e}",
        "{\"i8\":0x10}",
        "{\"r64\":NaN}",
        "{\"r64\":-Infinity}",
        "{\"list\":[1,]}",
        "{\"list\":[,1]}",
        "{\"list\":[1 2]}",
        "{\"text\":\"a}",
        "{\"text\":\"a\nb\"}",
        "{\"text\":\"a\0b\"}",
        "{\"text\":\"\\x\"}",
        "{\"text\":\"\\u12\"}",
        "{\"text\":\"\\u12g4\"}",
        "{\"text\":\"\\",
        "{} {}",
        "{}x",
        "{}\0",
        "{}// c",
        "/**/{}",
        "\u{feff}{}",
        "{\u{a0}}",
        "{\u{c}}",
        "nul",
        "[[[",
    ] {
        refused(wrong, Syntax, "");
    }
    refused([b'{', b'"', 0xff, b'"', b':', b'1', b'}'], Syntax, "");
    refused([b'{', b'}', 0xc3], Syntax, "");
}

#[test]
fn what_is_json_and_no_message_is_refused() {
    for wrong in ["1", "\"a\"", "true", "[]", "[{}]"] {
        refused(wrong, WrongType, "");
    }
}

#[test]
fn texts_that_nest_deeply_are_refused_and_cost_little() {
    let start = Instant::now();
    for (open, close) in [("[", "]"), ("{\"tree\":", "}")] {
        let deep = open.repeat(1_000_000);
        refused(&deep, TooDeep, "");
        refused(deep.clone() + "1" + &close.repeat(1_000_000), TooDeep, "");
    }
    // a text that nests within the limit of texts, but not of messages
    let deep = "{\"tree\":".repeat(MAX_JSON_DEPTH) + "{}" + &"}".repeat(MAX_JSON_DEPTH);
    refused(&deep, TooDeep, "");
    let deep = "{\"tree\":".repeat(64) + "{}" + &"}".repeat(64);
    refused(&deep, TooDeep, &("tree.".repeat(63) + "tree"));
    same(&("{\"tree\":".repeat(63) + "{}" + &"}".repeat(63)));
    refused(
        "[".repeat(MAX_JSON_DEPTH) + &"]".repeat(MAX_JSON_DEPTH),
        WrongType,
        "",
    );
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_text_takes_memory_in_proportion() {
    let (table, index) = table();
    for element in ["1,", "[],", "\"\",", "null,"] {
        let json = format!("{{\"list\":[{}1]}}", element.repeat(1 << 18));
        let (_, held) = peak(|| table.json_to_payload(*index, json.as_bytes()));
        assert!(held < json.len() * 20, "{held} for {}", json.len());
    }
}

#[test]
fn a_limit_holds_to_the_byte() {
    let (table, index) = table();
    for json in [
        r#"{"list":[1,2,3]}"#,
        r#"{"tree":{"tree":{}},"text":"\u0001"}"#,
        r#"{"by_text":{"a":{"sku":"b","count":1}},"lines":[null,{"sku":"b","count":1}]}"#,
    ] {
        let payload = table.json_to_payload(*index, json.as_bytes()).unwrap();
        let within = |limit| table.json_to_payload_within(*index, json.as_bytes(), limit);
        assert_eq!(within(payload.len()).unwrap(), payload);
        for limit in [0, payload.len() / 2, payload.len() - 1] {
            assert_eq!(
                within(limit).unwrap_err().kind(),
                CodecErrorKind::OverLimit,
                "{json}"
            );
        }
        let text = table.payload_to_json(*index, &payload).unwrap();
        let within = |limit| table.payload_to_json_within(*index, &payload, limit);
        assert_eq!(within(text.len()).unwrap(), text);
        for limit in [0, text.len() / 2, text.len() - 1] {
            assert_eq!(
                within(limit).unwrap_err().kind(),
                CodecErrorKind::OverLimit,
                "{json}"
            );
        }
    }
}

/// A text need not name what is absent, and a payload has a byte for it.
#[test]
fn what_is_over_the_limit_is_not_written_first() {
    let fields: String = (0..500).map(|field| format!("f{field}: int32?; ")).collect();
    let schema = format!("package rows; message Row {{ {fields} }} message Rows {{ rows: list<Row>; }}");
    let table = Description::of(&[Input::Text {
        name: "rows.aster".into(),
        bytes: schema.into(),
    }])
    .table();
    let index = table.type_named("rows.Rows").unwrap();
    let json = format!(r#"{{"rows":[{}{{}}]}}"#, "{},".repeat(10_000));
    let (payload, held) = peak(|| table.json_to_payload(index, json.as_bytes()).unwrap());
    assert!(payload.len() > 5_000_000 && held > 5_000_000);
    let (error, held) = peak(|| {
        table
            .json_to_payload_within(index, json.as_bytes(), 100_000)
            .unwrap_err()
    });
    assert_eq!(
        (error.kind(), error.path().as_str()),
        (CodecErrorKind::OverLimit, "rows[197]")
    );
    assert!(held < 1_000_000, "{held}");
}

/// Every value goes to JSON and back without a change.
fn round_trip<M: Message>(table: &Table, message: &M) {
    let (payload, _) = same_bytes(table, message);
    let index = index_of::<M>(table);
    let json = table.payload_to_json(index, &payload).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON for others, too");
    assert!(value.is_object());
    let back = table
        .json_to_payload(index, json.as_bytes())
        .unwrap_or_else(|error| panic!("{json}: {error}"));
    assert!(back == payload, "{json}");
}

#[test]
fn generated_values_come_back_exactly() {
    let mut random = Random::new(0x150);
    for _ in 0..200 {
        round_trip::<Kitchen>(kitchen(), &random.kitchen());
        round_trip::<Deep>(kitchen(), &random.deep(6));
        round_trip::<Inner>(kitchen(), &random.inner());
        round_trip(oracle(), &any_plain(&mut random));
    }
}

#[test]
fn ten_thousand_damaged_texts_are_refused_or_are_values() {
    let index = index_of::<Kitchen>(kitchen());
    let mut random = Random::new(0x15b);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..50 {
        let (payload, _) = same_bytes(kitchen(), &random.kitchen());
        let json = kitchen().payload_to_json(index, &payload).unwrap().into_bytes();
        for _ in 0..200 {
            let mut hostile = json.clone();
            for _ in 0..=random.below(2) {
                let at = random.below(hostile.len());
                match random.below(4) {
                    0 => hostile[at] = b"{}[],:\"\\0-.eE1untf\x00\xff "[random.below(21)],
                    1 => drop(hostile.remove(at)),
                    2 => {
                        let end = (at + random.below(30)).min(hostile.len());
                        let copy = hostile[at..end].to_vec();
                        hostile.splice(at..at, copy);
                    }
                    _ => hostile.insert(at, b"{}[],:\"\\0"[random.below(9)]),
                }
            }
            match kitchen().json_to_payload(index, &hostile) {
                Ok(payload) => {
                    Kitchen::decode(&payload).expect("what is accepted is a value");
                    accepted += 1;
                }
                Err(error) => {
                    assert!(error.to_string().len() < 8_192, "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(
        accepted > 100 && refused > 5_000,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn a_payload_that_is_wrong_is_no_json() {
    let (table, index) = table();
    let error = table.payload_to_json(*index, b"nothing").unwrap_err();
    assert_eq!(error.message(), Some("json.All"));
}

/// What stands between a fence that begins with `begin` and its end.
fn fenced<'a>(page: &'a str, begin: &str) -> &'a str {
    let (_, rest) = page.split_once(begin).expect("the fence begins");
    let (_, text) = rest.split_once('\n').expect("the fence has lines");
    text.split_once("```").expect("the fence ends").0
}

#[test]
fn the_example_of_the_book_is_read_and_written_as_it_is_there() {
    let page = include_str!("../../../../docs/contract/json.md");
    let table = Description::of(&[Input::Text {
        name: "shop.aster".into(),
        bytes: fenced(page, "```aster").into(),
    }])
    .table();
    let index = table.type_named("shop.Order").unwrap();
    let json = fenced(page, "```json");
    let payload = table.json_to_payload(index, json.as_bytes()).unwrap();
    let written = table.payload_to_json(index, &payload).unwrap();
    let without_spaces: String = json.split_whitespace().collect();
    assert_eq!(written, without_spaces);
}
