//! Depth, elements without bytes, long maps, many types.

use crate::kitchen::{Deep, Kitchen, Nothing, Shape};
use crate::values::Random;
use aster_runtime::codegen::v1::{CodecErrorKind, CodecResult, Message};
use std::collections::BTreeMap;

fn leaf() -> Deep {
    Deep {
        next: None,
        shape: None,
        children: vec![],
        named: BTreeMap::new(),
    }
}

/// `depth` messages inside each other, by the way that `wrap` takes.
fn nested(depth: usize, wrap: fn(Deep) -> Deep) -> Deep {
    (1..depth).fold(leaf(), |inner, _| wrap(inner))
}

/// Where one message can be inside another: the path, and the outer message.
type Way = (&'static str, fn(Deep) -> Deep);

const WAYS: [Way; 4] = [
    (".next", |inner| Deep {
        next: Some(Box::new(inner)),
        ..leaf()
    }),
    (".children[0]", |inner| Deep {
        children: vec![inner],
        ..leaf()
    }),
    (".named[\"k\"]", |inner| Deep {
        named: [("k".to_owned(), inner)].into(),
        ..leaf()
    }),
    (".shape.long", |inner| Deep {
        shape: Some(Shape::Long(Box::new(inner))),
        ..leaf()
    }),
];

fn encode<M: Message>(message: &M) -> CodecResult<Vec<u8>> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes).map(|()| bytes)
}

#[test]
fn sixty_four_messages_inside_each_other_fit_and_one_more_does_not() {
    for (way, wrap) in WAYS {
        let deepest = nested(64, wrap);
        let bytes = encode(&deepest).unwrap();
        assert_eq!(Deep::decode(&bytes).unwrap(), deepest);

        let error = encode(&wrap(deepest)).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooDeep);
        // A list or map is refused as a whole, before its first element.
        let field = &way[..way.find('[').unwrap_or(way.len())];
        assert_eq!(format!(".{}", error.path()), way.repeat(63) + field);
    }
}

#[test]
fn bytes_that_nest_further_are_refused_at_the_limit() {
    let bytes = encode(&nested(64, WAYS[0].1)).unwrap();
    // Every level is children 00, named 00, next ff 1e 01; the innermost ends fd fd, then one fd for each level.
    let mut deeper = bytes[..bytes.len() - 65].to_vec();
    for _ in 0..100_000 {
        deeper.extend([0xff, 0x1e, 0x01, 0x00, 0x00]);
    }
    let error = Deep::decode(&deeper).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooDeep);
    assert_eq!(error.path(), "next.".repeat(63) + "next");
}

#[test]
fn nesting_to_the_limit_fits_a_stack_of_two_mebibytes() {
    // Test threads have two mebibytes; half of it is enough.
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(|| {
            for (_, wrap) in WAYS {
                let deepest = nested(64, wrap);
                assert_eq!(Deep::decode(&encode(&deepest).unwrap()).unwrap(), deepest);
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn elements_without_bytes_are_counted_over_the_whole_payload() {
    let mut kitchen = Random::new(1).kitchen();
    kitchen.l_nothing = vec![Nothing {}; 8_192];
    let bytes = encode(&kitchen).unwrap();
    assert_eq!(Kitchen::decode(&bytes).unwrap(), kitchen);
    kitchen.l_nothing.push(Nothing {});
    let error = encode(&kitchen).unwrap_err();
    assert_eq!(
        (error.kind(), error.path().as_str()),
        (CodecErrorKind::TooLarge, "l_nothing")
    );

    // The count 8,192 is c0 00 with a continuation bit; the same place with a billion.
    kitchen.l_nothing = vec![Nothing {}];
    let one = encode(&kitchen).unwrap();
    let place = (0..one.len())
        .find(|&at| one[at..].starts_with(&[1, 0x08, 0x1e]) && bytes[at..].starts_with(&[0x80, 0x40]));
    let place = place.unwrap();
    let mut hostile = one[..place].to_vec();
    hostile.extend([0x80, 0x94, 0xeb, 0xdc, 0x03]);
    hostile.extend(&one[place + 1..]);
    let error = Kitchen::decode(&hostile).unwrap_err();
    assert_eq!(
        (error.kind(), error.path().as_str()),
        (CodecErrorKind::TooLarge, "l_nothing")
    );
}

#[test]
fn maps_of_every_length_around_a_chunk_come_back() {
    let mut kitchen = Random::new(2).kitchen();
    for length in [254, 255, 256, 510, 511, 1_000] {
        kitchen.mo_int32 = (0..length)
            .map(|key| (key, (key % 97 != 0).then_some(key)))
            .collect();
        kitchen.m_string = (0..length).map(|key| (key.to_string(), String::new())).collect();
        kitchen.mo_inner = (0..length)
            .map(|key| (key.to_string(), (key != 300).then(|| Random::new(7).inner())))
            .collect();
        kitchen.m_inner = (0..length)
            .map(|key| (key.to_string(), Random::new(7).inner()))
            .collect();
        assert_eq!(Kitchen::decode(&encode(&kitchen).unwrap()).unwrap(), kitchen);
    }
}
