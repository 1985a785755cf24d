//! The specification's encodings, and the bytes that a decoder must refuse.

use aster_contract::canonical::{DecodeError, Fault, Reader, Writer};
use aster_contract::decode::Decode;
use aster_contract::encode::Encode;
use aster_contract::model::{
    CapabilityKind, CapabilityRequirement, Container, EnumValueDef, FieldDef, MethodDef, Pattern,
    ProducerLanguage, Scope, SerializationMode, ServiceContract, TypeDef, TypeDefKind, TypeHash, TypeKind,
    UnionVariantDef,
};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Debug;
use unicode_normalization::UnicodeNormalization;

#[derive(Deserialize)]
struct Vectors {
    encodings: Vec<Encoding>,
    rejected: Vec<Rejected>,
}

#[derive(Deserialize)]
struct Encoding {
    name: String,
    what: String,
    value: Value,
    hex: String,
    blake3: String,
}

#[derive(Deserialize)]
struct Rejected {
    name: String,
    what: String,
    hex: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/encodings.json")).expect("the vectors")
}

#[test]
fn values_encode_to_the_bytes_of_the_vectors_and_back() {
    let encodings = vectors().encodings;
    assert_eq!(encodings.len(), 66);
    for Encoding {
        name,
        what,
        value,
        hex,
        blake3,
    } in encodings
    {
        let bytes = HEXLOWER.decode(hex.as_bytes()).expect("a valid vector");
        let encoded = match what.as_str() {
            "TypeDef" => both_ways(&type_def(&value), &bytes),
            "FieldDef" => both_ways(&field_def(&value), &bytes),
            "MethodDef" => both_ways(&method_def(&value), &bytes),
            "ServiceContract" => both_ways(&service_contract(&value), &bytes),
            primitive => primitive_both_ways(primitive, &value, &bytes),
        };
        assert_eq!(HEXLOWER.encode(&encoded), hex, "{name}");
        assert_eq!(TypeHash::of(&encoded).to_string(), blake3, "{name}");
    }
}

/// The record's bytes, after the expected bytes have been read into the same record.
fn both_ways<T: Encode + Decode + PartialEq + Debug>(record: &T, bytes: &[u8]) -> Vec<u8> {
    assert_eq!(T::decode(bytes).as_ref(), Ok(record));
    record.encode()
}

fn primitive_both_ways(what: &str, value: &Value, bytes: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    let mut input = Reader::new(bytes);
    match what {
        "uvarint" => {
            let value = value.as_u64().expect("a count");
            out.uvarint(value);
            assert_eq!(input.uvarint(), Ok(value));
        }
        "zz32" => {
            let value = number(value);
            out.zz32(value);
            assert_eq!(input.zz32(), Ok(value));
        }
        "string" => {
            out.string(value.as_str().expect("a string"));
            assert_eq!(input.string(), Ok(value.as_str().expect("a string")));
        }
        "bytes" => {
            let value = HEXLOWER
                .decode(value.as_str().expect("a string").as_bytes())
                .expect("a valid vector");
            out.bytes(&value);
            assert_eq!(input.bytes(), Ok(value.as_slice()));
        }
        "list header" => {
            let count = usize::try_from(value.as_u64().expect("a count")).expect("a valid vector");
            out.list_header(count);
            // a count is accepted with its elements only
            let with_elements = [bytes, &vec![0; count]].concat();
            assert_eq!(Reader::new(&with_elements).list(Reader::byte), Ok(vec![0; count]));
            input.take(bytes.len() as u64).expect("a valid vector");
        }
        "optional absent" => {
            out.optional(None::<bool>, Writer::bool);
            assert_eq!(input.optional(Reader::bool), Ok(None));
        }
        other => panic!("{other} is not a primitive"),
    }
    assert_eq!(input.finish(), Ok(()));
    out.finish()
}

// A vector's value may leave out members that have their default, and lists stand in any order.

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().nfc().collect()
}

fn number(value: &Value) -> i32 {
    i32::try_from(value.as_i64().expect("a number")).expect("32 bits")
}

fn list<'a, T: 'a>(value: &'a Value, item: impl Fn(&Value) -> T + 'a) -> Vec<T> {
    value.as_array().into_iter().flatten().map(item).collect()
}

fn hash(value: &Value) -> Option<TypeHash> {
    let hex = value.as_str().unwrap_or_default();
    (!hex.is_empty()).then(|| hex.parse().expect("a hash"))
}

/// The element of `all` whose name in snake case is the value's, or the first.
fn named<T: Copy + Debug>(value: &Value, all: &[T]) -> T {
    let Some(name) = value.as_str() else { return all[0] };
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    let found = all
        .iter()
        .find(|variant| plain(&format!("{variant:?}")) == plain(name));
    *found.unwrap_or_else(|| panic!("no {name} in {all:?}"))
}

fn type_def(value: &Value) -> TypeDef {
    let mut fields = list(&value["fields"], field_def);
    fields.sort_by(|left, right| left.name.cmp(&right.name));
    for (field, id) in fields.iter_mut().zip(1..) {
        field.id = id;
    }
    let mut enum_values = list(&value["enum_values"], |value| EnumValueDef {
        name: text(&value["name"]),
        value: number(&value["value"]),
    });
    enum_values.sort_by_key(|value| value.value);
    let mut union_variants = list(&value["union_variants"], |value| UnionVariantDef {
        name: text(&value["name"]),
        id: number(&value["id"]),
        type_ref: hash(&value["type_ref"]).expect("a hash"),
    });
    union_variants.sort_by_key(|variant| variant.id);
    TypeDef {
        kind: named(&value["kind"], &TypeDefKind::ALL),
        package: text(&value["package"]),
        name: text(&value["name"]),
        fields,
        enum_values,
        union_variants,
    }
}

fn field_def(value: &Value) -> FieldDef {
    let flag = |member: &str, default| value[member].as_bool().unwrap_or(default);
    FieldDef {
        id: value["id"].as_i64().map_or(0, |_| number(&value["id"])),
        name: text(&value["name"]),
        type_kind: named(&value["type_kind"], &TypeKind::ALL),
        type_primitive: text(&value["type_primitive"]),
        type_ref: hash(&value["type_ref"]),
        self_ref_name: text(&value["self_ref_name"]),
        optional: flag("optional", false),
        ref_tracked: flag("ref_tracked", false),
        container: named(&value["container"], &Container::ALL),
        container_key_kind: named(&value["container_key_kind"], &TypeKind::ALL),
        container_key_primitive: text(&value["container_key_primitive"]),
        container_key_ref: hash(&value["container_key_ref"]),
        required: flag("required", true),
        default_value: HEXLOWER
            .decode(text(&value["default_value"]).as_bytes())
            .expect("hex"),
    }
}

fn requirement(value: &Value) -> Option<CapabilityRequirement> {
    let kind = || named(&value["kind"], &CapabilityKind::ALL);
    value
        .is_object()
        .then(|| CapabilityRequirement::new(kind(), list(&value["roles"], text)))
}

fn method_def(value: &Value) -> MethodDef {
    MethodDef {
        name: text(&value["name"]),
        pattern: named(&value["pattern"], &Pattern::ALL),
        request_type: hash(&value["request_type"]).expect("a hash"),
        response_type: hash(&value["response_type"]).expect("a hash"),
        idempotent: value["idempotent"].as_bool().unwrap_or_default(),
        default_timeout: value["default_timeout"].as_f64().unwrap_or_default(),
        requires: requirement(&value["requires"]),
    }
}

fn service_contract(value: &Value) -> ServiceContract {
    let mut methods = list(&value["methods"], method_def);
    methods.sort_by(|left, right| left.name.cmp(&right.name));
    ServiceContract {
        name: text(&value["name"]),
        version: number(&value["version"]),
        methods,
        serialization_modes: list(&value["serialization_modes"], |mode| {
            SerializationMode::from_name(&text(mode))
        }),
        scope: named(&value["scoped"], &Scope::ALL),
        requires: requirement(&value["requires"]),
        producer_language: ProducerLanguage::from_name(&text(&value["producer_language"])),
    }
}

#[test]
fn refuses_the_bytes_of_the_vectors_for_their_reasons() {
    let rejected = vectors().rejected;
    assert_eq!(rejected.len(), 23);
    for Rejected { name, what, hex } in rejected {
        let bytes = HEXLOWER.decode(hex.as_bytes()).expect("a valid vector");
        let error = match what.as_str() {
            "TypeDef" => refused::<TypeDef>(&bytes),
            "MethodDef" => refused::<MethodDef>(&bytes),
            "ServiceContract" => refused::<ServiceContract>(&bytes),
            other => panic!("{other} is not a record"),
        };
        let error = error.unwrap_or_else(|| panic!("{name}: accepted"));
        assert!(is_reason(&name, &error.fault), "{name}: {error}");
    }
}

fn refused<T: Decode>(bytes: &[u8]) -> Option<DecodeError> {
    T::decode(bytes).err()
}

fn is_reason(name: &str, fault: &Fault) -> bool {
    match name {
        "empty input" | "cut off in the middle" | "one byte short" | "string longer than the input" => {
            matches!(fault, Fault::Truncated { .. })
        }
        "a trailing byte" => *fault == Fault::TrailingBytes { count: 1 },
        "unknown type definition kind" => discriminant(fault, "kind of type", 3),
        "varint not in shortest form" => *fault == Fault::NotShortest,
        "string header without the utf-8 mark" => *fault == Fault::StringMark { header: 0x0c },
        "invalid utf-8 in a name" => *fault == Fault::Utf8,
        "wrong list marker" => *fault == Fault::ListMark { byte: 0x0d },
        "a count of 2^40 fields" => matches!(
            fault,
            Fault::Count {
                count: 0x100_0000_0000,
                ..
            }
        ),
        "field ids that start at 2" => {
            *fault
                == Fault::FieldId {
                    found: 2,
                    expected: 1,
                }
        }
        "fields not sorted by name" | "two fields of one name" => {
            *fault == Fault::Unsorted { what: "fields" }
        }
        "a bool of 2" => *fault == Fault::Bool { byte: 2 },
        "a varint of eleven bytes" => matches!(fault, Fault::TooLarge { bits: 64 }),
        "unknown scope" => discriminant(fault, "scope", 2),
        "wrong optional marker" => *fault == Fault::OptionalMark { byte: 1 },
        "a language without mode native" => *fault == Fault::LanguageWithoutNative,
        "roles not sorted" => *fault == Fault::Unsorted { what: "roles" },
        "unknown capability kind" => discriminant(fault, "kind of requirement", 3),
        "unknown method pattern" => discriminant(fault, "method pattern", 4),
        "a request hash of 31 bytes" => *fault == Fault::HashLength { length: 31 },
        other => panic!("{other} has no reason written down here"),
    }
}

fn discriminant(fault: &Fault, what: &'static str, value: u64) -> bool {
    *fault == Fault::Discriminant { what, value }
}
