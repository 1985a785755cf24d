//! Records of contracts, as a peer may send them.

use crate::seeds::vectors;
use aster_contract::decode::Decode;
use aster_contract::encode::Encode;
use aster_contract::model::{
    CapabilityRequirement, EnumValueDef, FieldDef, MethodDef, ServiceContract, TypeDef, UnionVariantDef,
};
use data_encoding::HEXLOWER;

/// Every record decodes to one that encodes to the same bytes, or not at all.
pub fn canonical(bytes: &[u8]) {
    identity::<TypeDef>(bytes);
    identity::<FieldDef>(bytes);
    identity::<EnumValueDef>(bytes);
    identity::<UnionVariantDef>(bytes);
    identity::<ServiceContract>(bytes);
    identity::<MethodDef>(bytes);
    identity::<CapabilityRequirement>(bytes);
}

fn identity<R: Decode + Encode>(bytes: &[u8]) {
    match R::decode(bytes) {
        Ok(record) => assert_eq!(record.encode(), bytes),
        Err(error) => assert!(error.offset <= bytes.len() && !error.to_string().is_empty()),
    }
}

/// Records that are right, and ones that are wrong in one place.
pub fn canonical_seeds() -> Vec<Vec<u8>> {
    const ENCODINGS: &str = "contract/tests/vectors/encodings.json";
    let encodings = ["encodings", "rejected"].into_iter();
    let mut hex: Vec<String> = encodings
        .flat_map(|list| vectors(ENCODINGS, list))
        .filter_map(|case| case["hex"].as_str().map(str::to_owned))
        .collect();
    for case in vectors("tests/vectors/contract.json", "cases") {
        let types = case["types"].as_array().cloned().unwrap_or_default();
        hex.extend(
            types
                .iter()
                .filter_map(|ty| ty["canonical_hex"].as_str().map(str::to_owned)),
        );
    }
    let bytes = hex
        .iter()
        .map(|hex| HEXLOWER.decode(hex.as_bytes()).expect("vectors are in hex"));
    bytes.collect()
}
