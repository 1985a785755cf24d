//! Payloads, as a peer may send them.

use crate::allocation::peak;
use crate::codegen::v1::Message;
use crate::kitchen::{Deep, Kitchen};
use crate::values::Random;

/// The first byte says which message the rest is to be, and whether its type is given: a mutation there ends most payloads
/// before anything else is read.
#[derive(Clone, Copy)]
enum Reading {
    Kitchen,
    KitchenFields,
    Deep,
    DeepFields,
}

impl Reading {
    const ALL: [Self; 4] = [Self::Kitchen, Self::KitchenFields, Self::Deep, Self::DeepFields];
}

/// What decodes can be encoded, and decodes to what encodes to the same bytes; memory is paid for in bytes.
pub fn codec(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    match Reading::ALL[usize::from(*first) % Reading::ALL.len()] {
        Reading::Kitchen => stable::<Kitchen>(rest),
        Reading::KitchenFields => stable::<Kitchen>(&[head::<Kitchen>().as_slice(), rest].concat()),
        Reading::Deep => stable::<Deep>(rest),
        Reading::DeepFields => stable::<Deep>(&[head::<Deep>().as_slice(), rest].concat()),
    }
}

fn stable<M: Message>(bytes: &[u8]) {
    let (decoded, held) = peak(|| M::decode(bytes));
    // As in the tests: the list that is read may be in its first reserve on every level, and a byte of a list of optional
    // messages can stand for a whole message of ours.
    let allowance = (256 << 10) + bytes.len() * 64.max(2 * size_of::<M>());
    assert!(held <= allowance, "{held} bytes held for {}", bytes.len());
    let value = match decoded {
        Ok(value) => value,
        Err(error) => return assert!(error.to_string().len() < 4_096, "{error}"),
    };
    let once = encoded(&value);
    let again = M::decode(&once).expect("what was written can be read");
    // Bytes are compared, not values: a NaN is not itself.
    assert_eq!(once, encoded(&again));
}

fn encoded<M: Message>(value: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes).expect("what was read can be written");
    bytes
}

/// What comes before the fields of every payload of this message.
fn head<M: Message>() -> Vec<u8> {
    [&[0x01, 0xff, 0x1e, 0x00], M::TYPE.definition()].concat()
}

/// Payloads of both messages, whole and without their heads.
pub fn codec_seeds() -> Vec<Vec<u8>> {
    let mut random = Random::new(0xa57e);
    let mut seeds = Vec::new();
    for _ in 0..24 {
        add(
            &mut seeds,
            &random.kitchen(),
            [Reading::Kitchen, Reading::KitchenFields],
        );
    }
    for depth in [1, 2, 3, 4, 6, 8] {
        add(
            &mut seeds,
            &random.deep(depth),
            [Reading::Deep, Reading::DeepFields],
        );
    }
    seeds
}

fn add<M: Message>(seeds: &mut Vec<Vec<u8>>, value: &M, [whole, fields]: [Reading; 2]) {
    let bytes = encoded(value);
    let rest = bytes
        .strip_prefix(head::<M>().as_slice())
        .expect("every payload begins with its head");
    seeds.push([&[whole as u8], bytes.as_slice()].concat());
    seeds.push([&[fields as u8], rest].concat());
}
