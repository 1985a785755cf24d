//! The Fory derive writes the same bytes and reads ours, for everything it can express: all scalars, dense enums,
//! unions, and optionals, lists, sets and maps of them, inside each other. It cannot express enums with gaps (it writes
//! their ordinals) and recursion through `Box`; it orders a field of its own type by name, so that such a field comes last
//! here.

mod derived;
#[expect(dead_code, unreachable_pub, reason = "generated code is public, and has more than one test needs")]
#[rustfmt::skip]
mod messages;

use crate::values::Random;
use aster_runtime::codegen::v1::Message;
use fory::Serializer;
use messages::{Branch, Inner, Mood, Nothing, Plain, Shape};
use proptest::prelude::*;

fn mood(r: &mut Random) -> Mood {
    [Mood::Calm, Mood::Loud, Mood::Wild][r.below(3)]
}

fn inner(r: &mut Random) -> Inner {
    Inner {
        a: r.number() as i32,
        s: r.text(),
    }
}

fn shape(r: &mut Random) -> Shape {
    match r.below(8) {
        0 => Shape::Inner(inner(r)),
        1 => Shape::Number(r.number() as i32),
        2 => Shape::Text(r.text()),
        3 => Shape::Long(r.number() as u64),
        4 => Shape::Ratio(r.number() as f64 / 7.0),
        5 => Shape::Mood(mood(r)),
        6 => Shape::At(r.timestamp()),
        _ => Shape::Yes(r.number() & 1 == 1),
    }
}

fn branch(r: &mut Random, depth: usize) -> Branch {
    let twigs = if depth == 0 {
        Vec::new()
    } else {
        r.many(|r| branch(r, depth - 1))
    };
    Branch {
        label: r.text(),
        size: r.number() as u32,
        twigs,
    }
}

pub(crate) fn any_plain(r: &mut Random) -> Plain {
    Plain {
        a_bool: r.number() & 1 == 1,
        a_int8: r.number() as i8,
        a_int16: r.number() as i16,
        a_int32: r.number() as i32,
        a_int64: r.number(),
        a_fixed_int32: r.number() as i32,
        a_fixed_int64: r.number(),
        a_uint8: r.number() as u8,
        a_uint16: r.number() as u16,
        a_uint32: r.number() as u32,
        a_uint64: r.number() as u64,
        a_fixed_uint32: r.number() as u32,
        a_fixed_uint64: r.number() as u64,
        a_float32: r.number() as f32 / 7.0,
        a_float64: r.number() as f64 / 7.0,
        a_string: r.text(),
        a_bytes: r.bytes(),
        a_timestamp: r.timestamp(),
        a_duration: r.duration(),
        a_date: r.date(),
        a_decimal: r.decimal(),
        a_mood: mood(r),
        a_inner: inner(r),
        a_nothing: Nothing {},
        a_shape: shape(r),
        o_bool: r.maybe(|r| r.number() & 1 == 1),
        o_int8: r.maybe(|r| r.number() as i8),
        o_int16: r.maybe(|r| r.number() as i16),
        o_int32: r.maybe(|r| r.number() as i32),
        o_int64: r.maybe(Random::number),
        o_uint8: r.maybe(|r| r.number() as u8),
        o_uint16: r.maybe(|r| r.number() as u16),
        o_uint32: r.maybe(|r| r.number() as u32),
        o_uint64: r.maybe(|r| r.number() as u64),
        o_float32: r.maybe(|r| r.number() as f32 / 7.0),
        o_float64: r.maybe(|r| r.number() as f64 / 7.0),
        o_string: r.maybe(Random::text),
        o_timestamp: r.maybe(Random::timestamp),
        o_duration: r.maybe(Random::duration),
        o_date: r.maybe(Random::date),
        o_decimal: r.maybe(Random::decimal),
        o_mood: r.maybe(mood),
        o_inner: r.maybe(inner),
        o_list: r.maybe(|r| r.many(Random::text)),
        l_bool: r.many(|r| r.number() & 1 == 1),
        l_int32: r.many(|r| r.number() as i32),
        l_int64: r.many(Random::number),
        l_float64: r.many(|r| r.number() as f64 / 7.0),
        l_string: r.many(Random::text),
        l_mood: r.many(mood),
        l_inner: r.many(inner),
        l_nothing: r.many(|_| Nothing {}),
        l_shape: r.many(shape),
        l_timestamp: r.many(Random::timestamp),
        l_decimal: r.many(Random::decimal),
        lo_string: r.many(|r| r.maybe(Random::text)),
        lo_inner: r.many(|r| r.maybe(inner)),
        lo_list: r.many(|r| r.maybe(|r| r.many(Random::number))),
        l_list: r.many(|r| r.many(|r| r.number() as i32)),
        l_list_inner: r.many(|r| r.many(inner)),
        l_set: r.many(|r| r.many(Random::text).into_iter().collect()),
        l_map: r.many(|r| r.many(|r| (r.text(), r.text())).into_iter().collect()),
        s_bool: r.many(|r| r.number() & 1 == 1).into_iter().collect(),
        s_int32: r.many(|r| r.number() as i32).into_iter().collect(),
        s_string: r.many(Random::text).into_iter().collect(),
        m_string: r.many(|r| (r.text(), r.text())).into_iter().collect(),
        m_bool: r
            .many(|r| (r.number() & 1 == 1, r.number() as f64 / 7.0))
            .into_iter()
            .collect(),
        m_inner: r.many(|r| (r.text(), inner(r))).into_iter().collect(),
        m_shape: r.many(|r| (r.text(), shape(r))).into_iter().collect(),
        m_list: r.many(|r| (r.text(), r.many(Random::text))).into_iter().collect(),
        m_list_inner: r.many(|r| (r.text(), r.many(inner))).into_iter().collect(),
        m_map: r
            .many(|r| {
                (
                    r.text(),
                    r.many(|r| (r.number() as i32, r.text())).into_iter().collect(),
                )
            })
            .into_iter()
            .collect(),
        mo_int32: r
            .many(|r| (r.number() as i32, r.maybe(|r| r.number() as i32)))
            .into_iter()
            .collect(),
        mo_inner: r.many(|r| (r.text(), r.maybe(inner))).into_iter().collect(),
        mo_list: r
            .many(|r| (r.text(), r.maybe(|r| r.many(Random::text))))
            .into_iter()
            .collect(),
        m_duration: r.many(|r| (r.text(), r.duration())).into_iter().collect(),
        m_date: r.many(|r| (r.text(), r.date())).into_iter().collect(),
    }
}

#[track_caller]
fn exchange<M, D>(fory: &fory::Fory, value: &M)
where
    M: Message + Clone + PartialEq + std::fmt::Debug,
    D: From<M> + Serializer<Target = D>,
{
    let mut ours = Vec::new();
    value.encode(&mut ours).unwrap();
    let theirs = fory.serialize(&D::from(value.clone())).unwrap();
    // The derive writes `00` before a message in a union's case, although nothing is tracked; else all bytes are equal.
    let bytes = ours.iter().zip(&theirs).enumerate();
    let other: Vec<usize> = bytes
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(at, _)| at)
        .collect();
    let flags = other
        .iter()
        .all(|&at| ours[at..].starts_with(&[0xff, 0x1e]) && theirs[at..].starts_with(&[0, 0x1e]));
    assert!(
        ours.len() == theirs.len() && flags,
        "from byte {other:?}\nours   {ours:02x?}\ntheirs {theirs:02x?}"
    );
    assert_eq!(&M::decode(&theirs).unwrap(), value);
    let read: D = fory.deserialize(&ours).unwrap();
    assert!(fory.serialize(&read).unwrap() == theirs);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_fory_derive_writes_the_same_bytes_and_reads_ours(seed: u64) {
        let mut random = Random::new(seed);
        FORY.with(|fory| {
            exchange::<_, derived::Plain>(fory, &any_plain(&mut random));
            exchange::<_, derived::Branch>(fory, &branch(&mut random, 3));
        });
    }
}

thread_local! {
    static FORY: fory::Fory = derived::fory();
}
