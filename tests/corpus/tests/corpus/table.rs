//! The table codec beside the static one, over a thousand types.

#[path = "../../../table/described.rs"]
mod described;
#[path = "../../../table/equal.rs"]
mod equal;
#[path = "../../../table/value.rs"]
mod value;

use super::{VALUES, encode, mutate};
use aster_corpus::{Draw, SCHEMA, Sample, every_message};
use aster_runtime::codec::table::Table;
use aster_runtime::codegen::v1::Message;
use asterc::driver::Input;
use described::Description;
use equal::{same_bytes, same_verdict};
use std::sync::LazyLock;

/// Damaged payloads for each type.
const MUTANTS: usize = 200;

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        Description::of(&[Input::Text {
            name: "corpus.aster".into(),
            bytes: SCHEMA.into(),
        }])
        .table()
    });
    &TABLE
}

#[test]
fn a_table_reads_and_writes_every_value_of_every_type_alike() {
    fn check<T: Message + Sample>(index: u64, _name: &str) {
        for seed in 0..VALUES {
            same_bytes(table(), &T::sample(&mut Draw::wild(index * VALUES + seed)));
        }
    }
    every_message!(check);
}

#[test]
fn a_table_says_of_damaged_payloads_what_the_static_codec_says() {
    fn check<T: Message + Sample>(index: u64, _name: &str) {
        let payloads: Vec<Vec<u8>> = (0..4)
            .map(|seed| encode(&T::sample(&mut Draw::wild(index * VALUES + seed))))
            .collect();
        let mut rng = fastrand::Rng::with_seed(index);
        for round in 0..MUTANTS {
            let mut mutant = payloads[round % payloads.len()].clone();
            for _ in 0..rng.usize(1..4) {
                mutate(&mut mutant, &mut rng);
            }
            same_verdict::<T>(table(), &mutant);
        }
    }
    every_message!(check);
}
