//! The codecs over a thousand types.

#[expect(dead_code, reason = "what one binary counts, another does not")]
#[path = "../../../allocation.rs"]
mod allocation;
mod table;

use aster_corpus::{DESCRIPTION, Draw, Sample, every_message};
use aster_runtime::codegen::v1::Message;
use data_encoding::HEXLOWER;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pyfory/answers.txt");

/// Values drawn for each type.
const VALUES: u64 = 20;
/// Damaged payloads for each type.
const MUTANTS: usize = 10_000;
/// Bytes that any payload may make the decoder allocate.
const ALLOCATED: usize = 16 << 10;
/// Bytes that each byte of a payload may make it allocate besides, for values of up to 64 bytes.
const ALLOCATED_A_BYTE: usize = 256;
/// Far more than the slowest type needs on the slowest machine: a decoder that hangs is what this finds.
const TIME: Duration = Duration::from_secs(120);

#[test]
fn every_value_of_every_type_comes_back() {
    fn check<T: Message + Sample + PartialEq + Debug>(index: u64, name: &str) {
        for seed in 0..VALUES {
            let value = T::sample(&mut Draw::wild(index * VALUES + seed));
            let payload = encode(&value);
            let back = T::decode(&payload).unwrap_or_else(|error| panic!("{name}, seed {seed}: {error}"));
            assert_eq!(back, value, "{name}, seed {seed}");
        }
    }
    every_message!(check);
}

/// Each payload of ours was read by pyfory and written again; what it wrote is committed. So the two read each
/// other: it made the right values of our bytes, and we make them of its bytes. `BLESS=1` asks it again.
#[test]
fn pyfory_reads_our_payloads_and_we_read_its() {
    fn write<T: Message + Sample>(index: u64, _name: &str) {
        let payload = encode(&T::sample(&mut Draw::tame(index)));
        OURS.with_borrow_mut(|ours| ours.push_str(&format!("{index} {}\n", HEXLOWER.encode(&payload))));
    }
    fn check<T: Message + Sample + PartialEq + Debug>(index: u64, name: &str) {
        let answer = ANSWER.with_borrow(|answers| answers.get(&index).cloned());
        let answer = answer.unwrap_or_else(|| panic!("{name}: no answer; run this test with BLESS=1"));
        let mut start = vec![0x01, 0xFF, 0x1E, 0x00];
        start.extend_from_slice(T::TYPE.definition());
        assert!(answer.starts_with(&start), "{name}: pyfory has another TypeDef");
        let value = T::decode(&answer).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(value, T::sample(&mut Draw::tame(index)), "{name}");
    }
    thread_local! {
        static OURS: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
        static ANSWER: std::cell::RefCell<BTreeMap<u64, Vec<u8>>> = const { std::cell::RefCell::new(BTreeMap::new()) };
    }

    if std::env::var_os("BLESS").is_some() {
        every_message!(write);
        ask_pyfory(&OURS.take());
    }
    let answers = fs::read_to_string(ANSWERS).expect("pyfory/answers.txt");
    ANSWER.set(answers.lines().map(parse_answer).collect());
    every_message!(check);
}

fn parse_answer(line: &str) -> (u64, Vec<u8>) {
    let (index, hex) = line.split_once(' ').expect("`INDEX HEX`");
    (
        index.parse().expect("an index"),
        HEXLOWER.decode(hex.as_bytes()).expect("hex"),
    )
}

/// Runs the script with `$PYTHON`, which must have pyfory 1.7.7.
fn ask_pyfory(ours: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (description, frames) = (
        folder.path().join("corpus.json"),
        folder.path().join("frames.txt"),
    );
    fs::write(&description, DESCRIPTION).expect("the description");
    fs::write(&frames, ours).expect("our frames");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let status = Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("pyfory/answer.py"))
        .args([&description, &frames])
        .arg(ANSWERS)
        .status()
        .unwrap_or_else(|error| panic!("cannot start {python}: {error}"));
    assert!(
        status.success(),
        "the script failed: set PYTHON to one that has pyfory 1.7.7"
    );
}

// Two halves, so that two cores have something to do.
#[test]
fn damaged_payloads_of_even_types_cost_what_they_carry() {
    fn check<T: Message + Sample>(index: u64, name: &str) {
        if index.is_multiple_of(2) {
            damage::<T>(index, name);
        }
    }
    every_message!(check);
}

#[test]
fn damaged_payloads_of_odd_types_cost_what_they_carry() {
    fn check<T: Message + Sample>(index: u64, name: &str) {
        if !index.is_multiple_of(2) {
            damage::<T>(index, name);
        }
    }
    every_message!(check);
}

/// Damages payloads of `T` in every way a peer might. Each is refused, or is a value that can be written again; none
/// panics, and none makes the decoder allocate beyond a constant and a multiple of the bytes that came.
fn damage<T: Message + Sample>(index: u64, name: &str) {
    let payloads: Vec<Vec<u8>> = (0..4)
        .map(|seed| encode(&T::sample(&mut Draw::wild(index * VALUES + seed))))
        .collect();
    let mut rng = fastrand::Rng::with_seed(index);
    let mut mutant = Vec::new();
    let started = Instant::now();
    for round in 0..MUTANTS {
        mutant.clone_from(&payloads[round % payloads.len()]);
        for _ in 0..rng.usize(1..4) {
            mutate(&mut mutant, &mut rng);
        }
        let (decoded, allocated) = allocation::peak(|| T::decode(&mutant));
        let bound = ALLOCATED + ALLOCATED_A_BYTE * mutant.len() * size_of::<T>().max(1).div_ceil(64);
        assert!(
            allocated <= bound,
            "{name}: {allocated} bytes for {} of {}",
            mutant.len(),
            HEXLOWER.encode(&mutant)
        );
        if let Ok(value) = decoded {
            value
                .encode(&mut Vec::new())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    assert!(
        started.elapsed() < TIME,
        "{name}: {MUTANTS} payloads took {:?}",
        started.elapsed()
    );
}

fn mutate(bytes: &mut Vec<u8>, rng: &mut fastrand::Rng) {
    let at = rng.usize(..bytes.len().max(1));
    let end = (at + rng.usize(..16)).min(bytes.len());
    let byte = *rng
        .choice(&[0, 1, 2, 0x0A, 0x0C, 0x0E, 0x7F, 0x80, 0xFD, 0xFF])
        .expect("ten values");
    match rng.u32(..6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << rng.u32(..8),
        1 if at < bytes.len() => bytes[at] = byte,
        2 if at < bytes.len() => bytes.truncate(at),
        3 if at < bytes.len() => {
            let copied = bytes[at..end].to_vec();
            bytes.splice(at..at, copied);
        }
        4 if at < bytes.len() => drop(bytes.drain(at..end)),
        _ => bytes.insert(at.min(bytes.len()), byte),
    }
}

fn encode<T: Message>(value: &T) -> Vec<u8> {
    let mut payload = Vec::new();
    value.encode(&mut payload).expect("drawn values are in range");
    payload
}
