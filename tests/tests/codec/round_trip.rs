//! Values come back as they went in, and failures name the field.

use crate::hello::{HelloReply, HelloRequest, Mood, Nothing, Outcome};
use crate::kitchen::{Deep, Shape};
use crate::values::Random;
use aster_runtime::codegen::v1::{CodecErrorKind, Message, Timestamp};

fn reply(text: &str) -> HelloReply {
    HelloReply {
        text: text.into(),
        at: Timestamp::from_nanosecond(-1).unwrap(),
        next: None,
        outcome: Some(Outcome::Code(-7)),
        all: Vec::new(),
        tags: vec![Some("a".into()), None],
        seen: [("k".to_owned(), vec![1, -2, 300])].into(),
        kinds: [Mood::Curt, Mood::Friendly].into(),
        replies: [("none".to_owned(), None)].into(),
        nothing: vec![Nothing {}; 3],
    }
}

#[track_caller]
fn round_trip<M: Message + PartialEq + std::fmt::Debug>(value: &M) -> Vec<u8> {
    let mut bytes = vec![0xee];
    value.encode(&mut bytes).unwrap();
    assert_eq!(bytes.remove(0), 0xee);
    assert_eq!(&M::decode(&bytes).unwrap(), value);
    bytes
}

#[test]
fn a_recursive_message_comes_back() {
    let mut outer = reply("outer");
    outer.next = Some(Box::new(reply("next")));
    outer.all = vec![reply("one"), reply("two")];
    outer.outcome = Some(Outcome::Reply(Box::new(reply("case"))));
    outer.replies = [
        ("a".to_owned(), None),
        ("b".to_owned(), Some(reply("b"))),
        ("c".to_owned(), None),
    ]
    .into();
    round_trip(&outer);
    outer.outcome = Some(Outcome::Mood(Mood::Curt));
    round_trip(&outer);
}

#[test]
fn an_undeclared_number_is_refused_with_its_path() {
    let mut bytes = round_trip(&HelloRequest {
        name: "Ada".into(),
        mood: Mood::Curt,
        note: None,
    });
    assert_eq!(
        bytes.split_off(bytes.len() - 6),
        [3, 0x0e, b'A', b'd', b'a', 0xfd]
    );
    bytes.extend([1, 0x0e, b'A', b'd', b'a', 0xfd]);
    let error = HelloRequest::decode(&bytes).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::UnknownNumber);
    assert_eq!(error.path(), "mood");
    assert_eq!(
        error.to_string(),
        "`mood` of `hello.HelloRequest`: expected a value of `hello.Mood`, found number 1"
    );
}

#[test]
fn every_kind_of_field_comes_back() {
    let mut random = Random::new(0x5eed);
    for _ in 0..500 {
        round_trip(&random.kitchen());
        round_trip(&random.deep(6));
    }
}

#[test]
fn every_scalar_case_of_a_union_comes_back() {
    let shapes = [
        Shape::Yes(true),
        Shape::I8(-8),
        Shape::I16(-16),
        Shape::F32(i32::MIN),
        Shape::F64(i64::MIN),
        Shape::I64(i64::MIN),
        Shape::U8(255),
        Shape::U16(65_535),
        Shape::Uf32(u32::MAX),
        Shape::U32(u32::MAX),
        Shape::Uf64(u64::MAX),
        Shape::U64(u64::MAX),
        Shape::R32(0.5),
        Shape::R64(-0.5),
    ];
    for shape in shapes {
        round_trip(&Deep {
            next: None,
            shape: Some(shape),
            children: vec![],
            named: [].into(),
        });
    }
}

#[test]
fn a_failed_payload_is_taken_back_with_the_path_to_the_value() {
    let mut deep = Deep {
        next: None,
        shape: None,
        children: vec![],
        named: [].into(),
    };
    deep.shape = Some(Shape::At(Timestamp::MAX));
    let outer = Deep {
        next: None,
        shape: None,
        children: vec![],
        named: [(
            "left".to_owned(),
            Deep {
                next: None,
                shape: None,
                children: vec![deep],
                named: [].into(),
            },
        )]
        .into(),
    };
    let mut buffer = b"before".to_vec();
    let error = outer.encode(&mut buffer).unwrap_err();
    assert_eq!(buffer, b"before");
    assert_eq!(error.kind(), CodecErrorKind::OutOfRange);
    assert_eq!(error.path(), "named[\"left\"].children[0].shape.at");
    assert_eq!(error.message(), Some("corners.kitchen.Deep"));
}
