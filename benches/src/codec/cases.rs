//! One case: a value, and what each contender does with it.

use super::table::{Of, Values};
use super::{aster, fory as derive, prost as buffers, values};
use crate::measure::Work;
use ::fory::Fory;
use ::prost::Message as _;
use aster_runtime::codec::table::Table;
use aster_runtime::codegen::v1::Message as _;
use std::hint::black_box;

/// The contenders, in the order of [`Case::contenders`].
pub const CONTENDERS: [&str; 4] = ["aster", "prost", "fory", "table"];

/// One row of the table.
pub struct Case<'a> {
    /// What is measured.
    pub name: &'static str,
    /// Ours, then the peers, then our table codec.
    pub contenders: [Work<'a>; 4],
}

/// Every value, encoded and decoded by every contender.
#[must_use]
pub fn all<'a>(fory: &'a Fory, table: &'a Table) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    macro_rules! cases {
        ($encode:literal, $decode:literal, $type:ident, $value:expr) => {{
            let value: aster::$type = $value;
            let derived = derive::$type::from(value.clone());
            let buffered = buffers::$type::from(value.clone());
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            value.encode(&mut ours).expect("the value is in range");
            fory.serialize_to(&mut theirs, &derived)
                .expect("the derive can write the value");
            assert!(ours == theirs, "{}: both write the same payload", $encode);
            assert_eq!(aster::$type::decode(&ours).expect("our payload"), value);
            let index = table
                .type_named(aster::$type::TYPE.name())
                .expect("the type is described");
            let tree = table.decode(index, &ours, &mut Values).expect("our payload");
            assert!(
                table.encode(index, &Of(&tree)).expect("our value") == ours,
                "{}: so does the table",
                $encode
            );
            let described = ours.clone();
            let encoded = buffered.encode_to_vec();
            assert_eq!(
                buffers::$type::decode(encoded.as_slice()).expect("prost's payload"),
                buffered
            );

            let (mut first, mut second, mut third, mut fourth) =
                (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            cases.push(Case {
                name: $encode,
                contenders: [
                    Box::new(move || {
                        first.clear();
                        black_box(&value)
                            .encode(&mut first)
                            .expect("the value is in range");
                        black_box(&first);
                    }),
                    Box::new(move || {
                        second.clear();
                        black_box(&buffered).encode(&mut second).expect("a vector grows");
                        black_box(&second);
                    }),
                    Box::new(move || {
                        third.clear();
                        fory.serialize_to(&mut third, black_box(&derived))
                            .expect("the derive can write it");
                        black_box(&third);
                    }),
                    Box::new(move || {
                        fourth.clear();
                        table
                            .encode_to(index, black_box(&Of(&tree)), &mut fourth)
                            .expect("the value is in range");
                        black_box(&fourth);
                    }),
                ],
            });
            cases.push(Case {
                name: $decode,
                contenders: [
                    Box::new(move || {
                        black_box(aster::$type::decode(black_box(&ours)).expect("our payload"));
                    }),
                    Box::new(move || {
                        black_box(
                            buffers::$type::decode(black_box(encoded.as_slice())).expect("prost's payload"),
                        );
                    }),
                    Box::new(move || {
                        black_box(
                            fory.deserialize::<derive::$type>(black_box(&theirs))
                                .expect("the derive's payload"),
                        );
                    }),
                    Box::new(move || {
                        let decoded = table.decode(index, black_box(&described), &mut Values);
                        black_box(decoded.expect("our payload"));
                    }),
                ],
            });
        }};
    }
    cases!("3 fields, encode", "3 fields, decode", Sample, values::sample());
    cases!(
        "order of 50 fields and 20 lines, encode",
        "order of 50 fields and 20 lines, decode",
        Order,
        values::order()
    );
    cases!(
        "tree of 1,000 nodes, encode",
        "tree of 1,000 nodes, decode",
        Node,
        values::tree(1_000)
    );
    cases!(
        "1 MB of bytes, encode",
        "1 MB of bytes, decode",
        Blob,
        values::blob(1 << 20)
    );
    cases
}
