//! The same bytes, verdicts and limits as the static codec.

use super::equal::{index_of, same_bytes, same_verdict};
use super::value::{Of, Value, Values};
use super::{Description, kitchen, oracle, schemas};
use crate::hostile::mutate;
use crate::kitchen::{Deep, Inner, Kitchen, Nothing};
use crate::oracle::any_plain;
use crate::values::Random;
use aster_contract::steps::TypeSteps;
use aster_runtime::codec::{CodecErrorKind, Message};
use asterc::codegen::steps::steps;
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};

#[test]
fn writes_the_bytes_of_the_static_codec() {
    let mut random = Random::new(0x7ab1e);
    for _ in 0..200 {
        same_bytes(kitchen(), &random.kitchen());
        same_bytes(kitchen(), &random.deep(8));
        same_bytes(kitchen(), &random.inner());
        same_bytes(oracle(), &any_plain(&mut random));
    }
    same_bytes(kitchen(), &Nothing {});
}

fn attack<M: Message>(seed: u64, mut sample: impl FnMut(&mut Random) -> M) {
    let mut random = Random::new(seed);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..100 {
        let (payload, _) = same_bytes(kitchen(), &sample(&mut random));
        for _ in 0..200 {
            let mut hostile = payload.clone();
            mutate(&mut hostile, &mut random);
            if same_verdict::<M>(kitchen(), &hostile) {
                accepted += 1;
            } else {
                refused += 1;
            }
        }
    }
    assert!(
        accepted > 0 && refused > 1_000,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn says_of_twenty_thousand_damaged_messages_of_everything_what_the_static_codec_says() {
    attack(0xbad1, Random::kitchen);
}

#[test]
fn says_of_twenty_thousand_damaged_deep_messages_what_the_static_codec_says() {
    attack(0xbad2, |random| random.deep(8));
}

#[test]
fn says_of_every_prefix_and_of_a_longer_payload_what_the_static_codec_says() {
    let (mut payload, _) = same_bytes(kitchen(), &Random::new(3).kitchen());
    for end in 0..payload.len() {
        assert!(!same_verdict::<Kitchen>(kitchen(), &payload[..end]));
    }
    payload.push(0);
    assert!(!same_verdict::<Kitchen>(kitchen(), &payload));
}

fn leaf() -> Deep {
    Deep {
        next: None,
        shape: None,
        children: vec![],
        named: [].into(),
    }
}

#[test]
fn sixty_four_messages_inside_each_other_fit_and_one_more_does_not() {
    let wraps: [fn(Deep) -> Deep; 4] = [
        |inner| Deep {
            next: Some(Box::new(inner)),
            ..leaf()
        },
        |inner| Deep {
            children: vec![inner],
            ..leaf()
        },
        |inner| Deep {
            named: [("k".to_owned(), inner)].into(),
            ..leaf()
        },
        |inner| Deep {
            shape: Some(crate::kitchen::Shape::Long(Box::new(inner))),
            ..leaf()
        },
    ];
    let index = index_of::<Deep>(kitchen());
    for wrap in wraps {
        let deepest = (1..64).fold(leaf(), |inner, _| wrap(inner));
        let (_, value) = same_bytes(kitchen(), &deepest);
        // the same message once more around it, as a value
        let (_, outer) = same_bytes(kitchen(), &wrap(leaf()));
        let error = kitchen()
            .encode(index, &Of(&replaced(outer, &value)))
            .unwrap_err();
        let expected = wrap(deepest).encode(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooDeep);
        assert_eq!(error.path(), expected.path());
    }
    let (payload, _) = same_bytes(kitchen(), &(1..64).fold(leaf(), |inner, _| wraps[0](inner)));
    let mut deeper = payload[..payload.len() - 65].to_vec();
    for _ in 0..100_000 {
        deeper.extend([0xff, 0x1e, 0x01, 0x00, 0x00]);
    }
    assert!(!same_verdict::<Deep>(kitchen(), &deeper));
}

/// `outer` with `value` where it has its innermost message.
fn replaced(outer: Value, value: &Value) -> Value {
    let is_leaf = |fields: &[(String, Value)]| {
        let empty = |value: &Value| {
            matches!(value, Value::List(list) if list.is_empty())
                || matches!(value, Value::Map(map) if map.is_empty())
        };
        fields.iter().all(|(_, value)| empty(value))
    };
    match outer {
        Value::Message(fields) if is_leaf(&fields) => value.clone(),
        Value::Message(fields) => Value::Message(
            fields
                .into_iter()
                .map(|(name, inner)| (name, replaced(inner, value)))
                .collect(),
        ),
        Value::Case(name, inner) => Value::Case(name, Box::new(replaced(*inner, value))),
        Value::List(list) => Value::List(list.into_iter().map(|inner| replaced(inner, value)).collect()),
        Value::Map(map) => Value::Map(
            map.into_iter()
                .map(|(key, inner)| (key, replaced(inner, value)))
                .collect(),
        ),
        other => other,
    }
}

#[test]
fn elements_without_bytes_are_counted_over_the_whole_payload() {
    let mut message = Random::new(1).kitchen();
    message.l_nothing = vec![Nothing {}; 8_192];
    let (payload, value) = same_bytes(kitchen(), &message);
    let Value::Message(mut fields) = value else {
        panic!("a message")
    };
    for (name, value) in &mut fields {
        if let ("l_nothing", Value::List(list)) = (name.as_str(), value) {
            list.push(Value::Message(vec![]));
        }
    }
    let index = index_of::<Kitchen>(kitchen());
    let error = kitchen().encode(index, &Of(&Value::Message(fields))).unwrap_err();
    assert_eq!(
        (error.kind(), error.path().as_str()),
        (CodecErrorKind::TooLarge, "l_nothing")
    );

    let place = (0..payload.len())
        .find(|&at| payload[at..].starts_with(&[0x80, 0x40, 0x08, 0x1e]))
        .unwrap();
    let mut hostile = payload;
    hostile.splice(place..place + 2, [0x80, 0x94, 0xeb, 0xdc, 0x03]);
    assert!(!same_verdict::<Kitchen>(kitchen(), &hostile));
}

#[test]
fn maps_of_every_length_around_a_chunk_are_written_alike() {
    let mut message = Random::new(2).kitchen();
    for length in [254, 255, 256, 510, 511, 1_000] {
        message.mo_int32 = (0..length)
            .map(|key| (key, (key % 97 != 0).then_some(key)))
            .collect();
        message.m_string = (0..length).map(|key| (key.to_string(), String::new())).collect();
        let inner = || Inner {
            a: 7,
            s: "seven".into(),
        };
        message.mo_inner = (0..length)
            .map(|key| (key.to_string(), (key != 300).then(inner)))
            .collect();
        message.m_inner = (0..length).map(|key| (key.to_string(), inner())).collect();
        same_bytes(kitchen(), &message);
    }
}

#[test]
fn other_orders_encodings_and_headers_are_read_alike() {
    let mut message = Random::new(5).kitchen();
    message.m_string = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())].into();
    let (payload, _) = same_bytes(kitchen(), &message);
    let from = [0x24, 2, 0x06, b'a', 0x06, b'1', 0x06, b'b', 0x06, b'2'];
    let place = (0..payload.len())
        .find(|&at| payload[at..].starts_with(&from))
        .unwrap();
    // two chunks, out of order, Latin-1 and UTF-16
    let mut other = payload;
    other.splice(
        place..place + from.len(),
        [
            0x24, 1, 0x04, b'b', 0x06, b'2', 0x24, 1, 0x09, b'a', 0, 0x06, b'1',
        ],
    );
    assert!(same_verdict::<Kitchen>(kitchen(), &other));
    // the first key again
    let mut twice = other.clone();
    twice[place + 9] = b'b';
    assert!(!same_verdict::<Kitchen>(kitchen(), &twice));
}

/// The compiler takes its TypeDefs from the schema as it is written, a table from the canonical records.
#[test]
fn every_example_is_described_and_has_the_compilers_typedefs() {
    let mut messages = 0;
    for path in schemas("../idl-examples").into_iter().chain(schemas("schemas")) {
        let input = [Input::Path(path.clone())];
        let options = Options::default();
        let compiled = compile(&input, &options, &Disk).unwrap();
        let Some(schema) = &compiled.schema else {
            // it imports from another root
            continue;
        };
        let table = Description::of(&input).table();
        for (ty, steps) in schema.types.iter().zip(steps(schema).types) {
            let index = table.type_named(&ty.full_name()).unwrap();
            if let TypeSteps::Message(steps) = steps {
                assert_eq!(
                    table.message(index).unwrap().definition(),
                    steps.type_def,
                    "{}",
                    ty.full_name()
                );
                messages += 1;
            }
        }
    }
    assert!(messages > 60, "{messages}");
}

/// The deepest containers that a schema can have, inside messages inside each other.
#[test]
fn containers_at_the_limit_in_messages_at_the_limit_fit_any_thread() {
    let depth = 120;
    let list = format!("{}Deep{}", "list<".repeat(depth), ">".repeat(depth));
    let text = format!("package deep;\nmessage Deep {{ next: {list}; }}\n");
    let description = Description::of(&[Input::Text {
        name: "deep.aster".into(),
        bytes: text.into_bytes(),
    }]);
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(move || {
            let table = description.table();
            let index = table.type_named("deep.Deep").unwrap();
            let mut value = Value::Message(vec![("next".into(), Value::List(vec![]))]);
            for _ in 1..64 {
                for _ in 0..depth {
                    value = Value::List(vec![value]);
                }
                value = Value::Message(vec![("next".into(), value)]);
            }
            let payload = table.encode(index, &Of(&value)).unwrap();
            let back = table.decode(index, &payload, &mut Values).unwrap();
            assert_eq!(table.encode(index, &Of(&back)).unwrap(), payload);
            // not dropped or compared here: that recurses
            std::mem::forget((value, back));
        })
        .unwrap()
        .join()
        .unwrap();
}
