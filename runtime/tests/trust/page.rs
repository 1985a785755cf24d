//! The examples of the book are those of the vectors, its numbers those of the crate.

use crate::vectors::{Vectors, text};
use aster_runtime::trust::{
    Credential, MAX_ATTRIBUTES, MAX_BEARER, MAX_CREDENTIAL, MAX_KEY, MAX_NONCES, MAX_REVOCATIONS, MAX_ROLE,
    MAX_TIME, MAX_VALUE, SKEW,
};
use data_encoding::HEXLOWER;

const PAGE: &str = include_str!("../../../docs/trust.md");

fn blocks(fence: &'static str) -> impl Iterator<Item = &'static str> {
    PAGE.split(fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
}

/// Of each line, what stands before the words.
fn bytes(block: &'static str) -> Vec<u8> {
    let byte = |word: &str| (word.len() == 2).then(|| u8::from_str_radix(word, 16).ok())?;
    let line = |line: &'static str| line.split_whitespace().map_while(byte);
    block.lines().flat_map(line).collect()
}

#[test]
fn the_examples_are_those_of_the_vectors() {
    let (credentials, revocations) = (Vectors::credentials(), Vectors::revocations());
    let mut cases = credentials.list("cases").iter();
    let case = cases
        .find(|case| case["name"] == "a one-time credential for one peer")
        .unwrap();
    let examples: Vec<_> = blocks("```text\n")
        .map(|block| HEXLOWER.encode(&bytes(block)))
        .collect();
    let expected = [
        &case["signed_bytes"],
        &revocations.list("cases")[0]["signed_bytes"],
    ];
    assert_eq!(examples, expected.map(text));

    let json: Vec<_> = blocks("```json\n").collect();
    assert_eq!(json.len(), 1);
    let credential = Credential::from_json(json[0]).unwrap();
    assert_eq!(credential.to_json(), text(&case["json"]));
}

#[test]
fn the_numbers_are_those_of_the_crate() {
    let hours = MAX_BEARER.as_secs() / 3600;
    for sentence in [
        format!(
            "at most {MAX_ATTRIBUTES}; a key has {MAX_KEY} bytes and a value {} KiB at most",
            MAX_VALUE / 1024
        ),
        format!("for {hours} hours at most"),
        format!("1 to {MAX_ROLE} characters"),
        format!("more than {} KiB", MAX_CREDENTIAL / 1024),
        format!(
            "earlier than {0} s before not-before, or {0} s after",
            SKEW.as_secs()
        ),
        format!("At most {},{:03} are bound", MAX_NONCES / 1000, MAX_NONCES % 1000),
        format!(
            "more than {},{:03} peers and credentials",
            MAX_REVOCATIONS / 1000,
            MAX_REVOCATIONS % 1000
        ),
    ] {
        assert!(PAGE.contains(&sentence), "{sentence}");
    }
    assert!(PAGE.contains("2⁵³ − 1") && MAX_TIME == (1 << 53) - 1);
}
