//! Canonical primitives, written and read.

use aster_contract::canonical::{DecodeError, Fault, Reader, Writer};
use proptest::prelude::*;

fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::new();
    write(&mut out);
    out.finish()
}

/// The error of `read` on these bytes, with its offset.
fn error<'a, T: std::fmt::Debug>(
    bytes: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> (usize, Fault) {
    let error = read(&mut Reader::new(bytes)).expect_err("bytes that are refused");
    (error.offset, error.fault)
}

proptest! {
    #[test]
    fn a_uvarint_is_read_as_written(shift in 0_u32..64, bits: u64) {
        let value = bits >> shift;
        let bytes = written(|out| out.uvarint(value));
        let mut input = Reader::new(&bytes);
        prop_assert_eq!(input.uvarint(), Ok(value));
        prop_assert_eq!(input.finish(), Ok(()));
    }

    #[test]
    fn a_number_is_read_as_written(value: i32) {
        let bytes = written(|out| out.zz32(value));
        prop_assert_eq!(Reader::new(&bytes).zz32(), Ok(value));
    }

    #[test]
    fn a_double_keeps_its_bits(bits: u64) {
        let bytes = written(|out| out.f64(f64::from_bits(bits)));
        prop_assert_eq!(Reader::new(&bytes).f64().map(f64::to_bits), Ok(bits));
    }

    #[test]
    fn strings_bytes_and_optionals_are_read_as_written(
        texts in prop::collection::vec(".*", 0..4),
        bytes: Vec<u8>,
        flag: Option<bool>,
    ) {
        let out = written(|out| {
            out.list(&texts, |out, text| out.string(text));
            out.bytes(&bytes);
            out.optional(flag, Writer::bool);
        });
        let mut input = Reader::new(&out);
        prop_assert_eq!(input.list(Reader::string), Ok(texts.iter().map(String::as_str).collect()));
        prop_assert_eq!(input.bytes(), Ok(bytes.as_slice()));
        prop_assert_eq!(input.optional(Reader::bool), Ok(flag));
        prop_assert_eq!(input.finish(), Ok(()));
    }

    #[test]
    fn a_varint_that_is_accepted_is_the_one_that_is_written(bytes in prop::collection::vec(
        prop_oneof![any::<u8>(), Just(0x80), Just(0xff), Just(0)], 0..12,
    )) {
        let mut input = Reader::new(&bytes);
        if let Ok(value) = input.uvarint() {
            prop_assert_eq!(written(|out| out.uvarint(value)), &bytes[..input.offset()]);
        }
    }
}

#[test]
fn refuses_a_second_spelling_of_a_varint() {
    let longest = [&[0x80; 9][..], &[0]].concat();
    for bytes in [&[0x80, 0][..], &[0xff, 0x80, 0], &longest] {
        assert_eq!(
            error(bytes, Reader::uvarint),
            (0, Fault::NotShortest),
            "{bytes:x?}"
        );
    }
}

#[test]
fn refuses_a_varint_of_more_than_64_bits() {
    let most = [&[0xff; 9][..], &[1]].concat();
    assert_eq!(Reader::new(&most).uvarint(), Ok(u64::MAX));
    for last in [2, 3, 0x7f, 0x80, 0x81, 0xff] {
        let bytes = [&[0xff; 9][..], &[last, 1]].concat();
        assert_eq!(
            error(&bytes, Reader::uvarint),
            (0, Fault::TooLarge { bits: 64 }),
            "{last:#x}"
        );
    }
}

#[test]
fn refuses_a_number_of_more_than_32_bits() {
    let bytes = written(|out| out.uvarint(1 << 32));
    assert_eq!(error(&bytes, Reader::zz32), (0, Fault::TooLarge { bits: 32 }));
}

#[test]
fn refuses_what_is_cut_off_at_the_place_where_it_ends() {
    assert_eq!(
        error(&[], Reader::byte),
        (
            0,
            Fault::Truncated {
                needed: 1,
                remaining: 0
            }
        )
    );
    assert_eq!(
        error(&[0x80], Reader::uvarint),
        (
            1,
            Fault::Truncated {
                needed: 1,
                remaining: 0
            }
        )
    );
    assert_eq!(
        error(&[0; 7], Reader::f64),
        (
            0,
            Fault::Truncated {
                needed: 8,
                remaining: 7
            }
        )
    );
    assert_eq!(
        error(&[3, 0, 0], |input| input.bytes().map(drop)),
        (
            1,
            Fault::Truncated {
                needed: 3,
                remaining: 2
            }
        )
    );
    let endless = written(|out| out.uvarint(u64::MAX));
    assert_eq!(
        error(&endless, |input| input.bytes().map(drop)),
        (
            10,
            Fault::Truncated {
                needed: u64::MAX,
                remaining: 0
            }
        )
    );
}

#[test]
fn points_at_the_byte_that_is_not_utf8() {
    let bytes = [4 << 2 | 2, b'a', b'b', 0xff, b'c'];
    assert_eq!(error(&bytes, |input| input.string().map(drop)), (3, Fault::Utf8));
}

#[test]
fn refuses_a_count_that_the_input_cannot_hold_before_any_element() {
    let bytes = [written(|out| out.uvarint(1 << 40)), vec![0x0c, 0, 0]].concat();
    let mut elements = 0;
    let read = Reader::new(&bytes).list(|input| {
        elements += 1;
        input.byte()
    });
    assert_eq!(
        read.map_err(|error| error.fault),
        Err(Fault::Count {
            count: 1 << 40,
            remaining: 2
        })
    );
    assert_eq!(elements, 0);
}

#[test]
fn refuses_wrong_markers() {
    assert_eq!(
        error(&[0, 0x0d], Reader::list_header),
        (1, Fault::ListMark { byte: 0x0d })
    );
    assert_eq!(
        error(&[1, 0], |input| input.optional(Reader::bool)),
        (0, Fault::OptionalMark { byte: 1 })
    );
    assert_eq!(error(&[2], Reader::bool), (0, Fault::Bool { byte: 2 }));
    assert_eq!(
        error(&[0x0c, b'a', b'b', b'c'], |input| input.string().map(drop)),
        (0, Fault::StringMark { header: 0x0c })
    );
    assert_eq!(
        error(&[3], |input| input.discriminant("side", &['l', 'r'])),
        (
            0,
            Fault::Discriminant {
                what: "side",
                value: 3
            }
        )
    );
}

#[test]
fn says_what_is_wrong_and_where() {
    let refused = Reader::new(&[0, 0]).finish().expect_err("two bytes");
    assert_eq!(refused.to_string(), "at byte 0: 2 bytes follow the end");
}
