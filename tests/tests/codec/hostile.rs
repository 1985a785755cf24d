//! Bytes nobody sent: every one is a value or an error, soon, and within memory that the bytes paid for.

use crate::allocation::peak;
use crate::hello::{HelloReply, HelloRequest};
use crate::kitchen::{Deep, Kitchen};
use crate::values::Random;
use aster_runtime::codegen::v1::{CodecErrorKind, Message};
use std::time::{Duration, Instant};

/// What one payload may cost: the list that is read may be in its first reserve on every level, and a byte of a list
/// of optional messages can stand for a whole message of ours.
fn allowance<M>(length: usize) -> usize {
    (256 << 10) + length * 64.max(2 * size_of::<M>())
}

pub(crate) fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xfd, 0xff][random.below(6)],
            3 => bytes.truncate(at),
            4 => bytes.insert(at, random.next() as u8),
            5 => drop(bytes.remove(at)),
            // A count or length of four billion.
            _ => drop(bytes.splice(at..=at, [0xff, 0xff, 0xff, 0xff, 0x0f])),
        }
    }
}

fn attack<M: Message + PartialEq + std::fmt::Debug>(mut sample: impl FnMut(&mut Random) -> M) {
    let mut random = Random::new(0xbad);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..100 {
        let mut bytes = Vec::new();
        sample(&mut random).encode(&mut bytes).unwrap();
        for _ in 0..100 {
            let mut hostile = bytes.clone();
            mutate(&mut hostile, &mut random);
            let start = Instant::now();
            let (decoded, held) = peak(|| M::decode(&hostile));
            assert!(start.elapsed() < Duration::from_secs(1), "{hostile:02x?}");
            assert!(
                held <= allowance::<M>(hostile.len()),
                "{held} bytes for {}: {hostile:02x?}",
                hostile.len()
            );
            match decoded {
                // What is accepted is a value of the language: it can be written again.
                Ok(value) => {
                    let mut again = Vec::new();
                    value.encode(&mut again).unwrap();
                    accepted += 1;
                }
                Err(error) => {
                    assert!(error.to_string().len() < 4_096, "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(
        accepted > 0 && refused > 1_000,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn ten_thousand_mutations_of_a_message_of_everything() {
    attack(Random::kitchen);
}

#[test]
fn ten_thousand_mutations_of_a_deep_message() {
    attack(|random| random.deep(8));
}

#[test]
fn ten_thousand_mutations_of_a_small_message() {
    attack(|random| HelloRequest {
        name: random.inner().s,
        mood: crate::hello::Mood::Curt,
        note: Some("n".into()),
    });
}

#[test]
fn every_prefix_and_every_longer_payload_is_refused() {
    let mut random = Random::new(3);
    let mut bytes = Vec::new();
    random.kitchen().encode(&mut bytes).unwrap();
    for end in 0..bytes.len() {
        let error = Kitchen::decode(&bytes[..end]).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::Truncated, "{error}");
    }
    bytes.push(0);
    assert_eq!(
        Kitchen::decode(&bytes).unwrap_err().kind(),
        CodecErrorKind::TrailingBytes
    );
}

#[test]
fn counts_inside_counts_reserve_little() {
    // Lists of messages, each of which claims that as many follow as there are bytes.
    let mut bytes = Vec::new();
    let one = Deep {
        next: None,
        shape: None,
        children: vec![],
        named: [].into(),
    };
    Deep {
        children: vec![one],
        ..Random::new(1).deep(1)
    }
    .encode(&mut bytes)
    .unwrap();
    let start = bytes.iter().rposition(|&byte| byte == 0x08).unwrap();
    let mut hostile = bytes[..start - 1].to_vec();
    for _ in 0..63 {
        hostile.extend([0x80, 0x80, 0x40, 0x08, 0x1e, 0x01]);
    }
    hostile.resize(4 << 20, 0);
    let (decoded, held) = peak(|| Deep::decode(&hostile));
    assert!(decoded.is_err());
    assert!(held < 2 << 20, "{held}");
}

fn refused<M: Message + std::fmt::Debug>(value: &M, from: &[u8], to: &[u8]) -> (CodecErrorKind, String) {
    let mut bytes = Vec::new();
    value.encode(&mut bytes).unwrap();
    let places: Vec<_> = (0..bytes.len())
        .filter(|&at| bytes[at..].starts_with(from))
        .collect();
    assert_eq!(places.len(), 1, "{from:02x?} is not there once in {bytes:02x?}");
    bytes.splice(places[0]..places[0] + from.len(), to.iter().copied());
    let error = M::decode(&bytes).unwrap_err();
    (error.kind(), error.path())
}

fn reply() -> HelloReply {
    HelloReply {
        text: "text!".into(),
        at: "2024-02-29T12:00:00Z".parse().unwrap(),
        next: None,
        outcome: None,
        all: vec![],
        tags: vec![Some("tag".into())],
        seen: [("key".to_owned(), vec![77]), ("kez".to_owned(), vec![])].into(),
        kinds: [crate::hello::Mood::Friendly, crate::hello::Mood::Curt].into(),
        replies: [("none".to_owned(), None)].into(),
        nothing: vec![],
    }
}

#[test]
fn each_broken_rule_is_refused_where_it_is() {
    use CodecErrorKind::{InvalidText, Malformed, OutOfRange, Repeated, UnexpectedNull, UnknownNumber};
    let reply = &reply();
    let text = |kind, path: &str| (kind, path.to_owned());
    // A string whose encoding is 3, that is no UTF-8, whose length is in a longer form.
    assert_eq!(
        refused(reply, b"\x16text!", b"\x17text!"),
        text(Malformed, "text")
    );
    assert_eq!(
        refused(reply, b"\x16text!", b"\x16te\xfft!"),
        text(InvalidText, "text")
    );
    assert_eq!(
        refused(reply, b"\x16text!", b"\x96\x00text!"),
        text(Malformed, "text")
    );
    // UTF-16 of an odd length, and of a lone surrogate.
    assert_eq!(
        refused(reply, b"\x16text!", b"\x15text!"),
        text(InvalidText, "text")
    );
    assert_eq!(
        refused(reply, b"\x16text!", b"\x09\x00\xd8"),
        text(InvalidText, "text")
    );
    // Map keys and set elements that are there twice; headers with reference tracking; nulls in required places.
    assert_eq!(
        refused(reply, b"\x0ekez", b"\x0ekey"),
        text(Repeated, "seen[\"key\"]")
    );
    assert_eq!(
        refused(reply, &[2, 0x0c, 0, 3], &[2, 0x0c, 3, 3]),
        text(Repeated, "kinds[1]")
    );
    assert_eq!(
        refused(reply, &[2, 0x0c, 0, 3], &[2, 0x0d, 0, 3]),
        text(Malformed, "kinds")
    );
    assert_eq!(
        refused(reply, &[2, 0x0c, 0, 3], &[2, 0x0e, 0xff, 0, 0xfd]),
        text(UnexpectedNull, "kinds")
    );
    assert_eq!(
        refused(reply, &[2, 0x0c, 0, 3], &[2, 0x0c, 0, 1]),
        text(UnknownNumber, "kinds[1]")
    );
    assert_eq!(
        refused(reply, b"\x24\x02\x0ekey", b"\x14\x0ekey"),
        text(UnexpectedNull, "seen")
    );
    assert_eq!(
        refused(reply, b"\x24\x02\x0ekey", b"\x24\x03\x0ekey"),
        text(Malformed, "seen")
    );
    assert_eq!(
        refused(reply, b"\x24\x02\x0ekey", b"\x24\x00\x0ekey"),
        text(Malformed, "seen")
    );
    assert_eq!(
        refused(reply, b"\x01\x0c\x0etag", b"\x01\x0d\x0etag"),
        text(Malformed, "tags")
    );
    // A varint of more than 32 bits, and one that the library would cut.
    assert_eq!(
        refused(reply, &[0x0c, 0x9a, 1], &[0x0c, 0xff, 0xff, 0xff, 0xff, 0x1f]),
        text(Malformed, "seen[\"key\"][0]")
    );
    // Nanoseconds of a whole second.
    let nanos = 1_000_000_000_u32.to_le_bytes();
    let mut at = 1_709_208_000_i64.to_le_bytes().to_vec();
    let whole: Vec<u8> = at.iter().copied().chain([0; 4]).collect();
    at.extend(nanos);
    assert_eq!(refused(reply, &whole, &at), text(OutOfRange, "at"));
}

#[test]
fn another_type_is_refused_by_name() {
    let mut bytes = Vec::new();
    reply().encode(&mut bytes).unwrap();
    let error = HelloRequest::decode(&bytes).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TypeMismatch);
    assert!(error.to_string().contains("`hello.HelloRequest`"), "{error}");
}
