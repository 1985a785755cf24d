//! Records and bytes: what is accepted has one encoding, and nothing that is read panics.

use std::fmt::Debug;

use aster_contract::canonical::Fault;
use aster_contract::decode::Decode;
use aster_contract::encode::Encode;
use aster_contract::model::{
    CapabilityKind, CapabilityRequirement, Container, EnumValueDef, FieldDef, MethodDef, Pattern, Primitive,
    ProducerLanguage, Scope, SerializationMode, ServiceContract, TypeDef, TypeDefKind, TypeHash, TypeKind,
    UnionVariantDef,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use unicode_normalization::UnicodeNormalization;

fn name() -> impl Strategy<Value = String> {
    "\\PC{0,8}".prop_map(|text| text.nfc().collect())
}

fn hash() -> impl Strategy<Value = TypeHash> {
    any::<[u8; 32]>().prop_map(TypeHash)
}

prop_compose! {
    fn field()(
        (id, name, type_kind, type_primitive) in (any::<i32>(), name(), select(&TypeKind::ALL[..]), name()),
        (type_ref, self_ref_name) in (prop::option::of(hash()), name()),
        (optional, ref_tracked, required) in any::<(bool, bool, bool)>(),
        (container, container_key_kind) in (select(&Container::ALL[..]), select(&TypeKind::ALL[..])),
        (container_key_primitive, container_key_ref) in (name(), prop::option::of(hash())),
        default_value in any::<Vec<u8>>(),
    ) -> FieldDef {
        FieldDef {
            id, name, type_kind, type_primitive, type_ref, self_ref_name, optional, ref_tracked, container,
            container_key_kind, container_key_primitive, container_key_ref, required, default_value,
        }
    }
}

prop_compose! {
    fn type_def()(
        kind in select(&TypeDefKind::ALL[..]),
        (package, name_) in (name(), name()),
        mut fields in prop::collection::vec(field(), 0..4),
        values in prop::collection::btree_map(any::<i32>(), name(), 0..4),
        variants in prop::collection::btree_map(any::<i32>(), (name(), hash()), 0..4),
    ) -> TypeDef {
        fields.sort_by(|left, right| left.name.cmp(&right.name));
        fields.dedup_by(|left, right| left.name == right.name);
        for (field, id) in fields.iter_mut().zip(1..) {
            field.id = id;
        }
        let enum_values = values.into_iter().map(|(value, name)| EnumValueDef { name, value });
        let variant = |(id, (name, type_ref))| UnionVariantDef { name, id, type_ref };
        TypeDef {
            kind, package, name: name_, fields,
            enum_values: enum_values.collect(),
            union_variants: variants.into_iter().map(variant).collect(),
        }
    }
}

fn requirement() -> impl Strategy<Value = Option<CapabilityRequirement>> {
    let roles = prop::collection::vec(name(), 0..4);
    prop::option::of(
        (select(&CapabilityKind::ALL[..]), roles)
            .prop_map(|(kind, roles)| CapabilityRequirement::new(kind, roles)),
    )
}

prop_compose! {
    fn method()(
        name in name(),
        pattern in select(&Pattern::ALL[..]),
        (request_type, response_type) in (hash(), hash()),
        idempotent: bool,
        // not NaN, which is unequal to itself
        default_timeout in prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::INFINITE,
        requires in requirement(),
    ) -> MethodDef {
        MethodDef { name, pattern, request_type, response_type, idempotent, default_timeout, requires }
    }
}

prop_compose! {
    fn service_contract()(
        name in name(),
        version: i32,
        mut methods in prop::collection::vec(method(), 0..4),
        mut modes in prop::collection::vec(name(), 0..3),
        language in prop::option::of(select(&ProducerLanguage::ALL[..])),
        scope in select(&Scope::ALL[..]),
        requires in requirement(),
    ) -> ServiceContract {
        methods.sort_by(|left, right| left.name.cmp(&right.name));
        methods.dedup_by(|left, right| left.name == right.name);
        modes.extend(language.map(|_| "native".to_owned()));
        ServiceContract {
            name, version, methods, scope, requires,
            serialization_modes: modes.iter().map(|mode| SerializationMode::from_name(mode)).collect(),
            producer_language: language,
        }
    }
}

/// Reads the bytes as every record and encodes again what was accepted.
fn read_as_everything(bytes: &[u8]) -> Result<(), TestCaseError> {
    encodes_again::<TypeDef>(bytes)?;
    encodes_again::<FieldDef>(bytes)?;
    encodes_again::<EnumValueDef>(bytes)?;
    encodes_again::<UnionVariantDef>(bytes)?;
    encodes_again::<CapabilityRequirement>(bytes)?;
    encodes_again::<MethodDef>(bytes)?;
    encodes_again::<ServiceContract>(bytes)
}

fn encodes_again<T: Decode + Encode>(bytes: &[u8]) -> Result<(), TestCaseError> {
    match T::decode(bytes) {
        Ok(record) => prop_assert_eq!(record.encode(), bytes),
        Err(error) => prop_assert!(error.offset <= bytes.len()),
    }
    Ok(())
}

/// The record decodes to itself, and nothing that was made of its bytes by cutting, changing or
/// lengthening is read as anything but itself.
fn withstands<T>(record: &T, changes: &[(Index, u8)]) -> Result<(), TestCaseError>
where
    T: Decode + Encode + PartialEq + Debug,
{
    let bytes = record.encode();
    let decoded = T::decode(&bytes);
    prop_assert_eq!(decoded.as_ref(), Ok(record));
    for length in 0..bytes.len() {
        prop_assert!(
            T::decode(&bytes[..length]).is_err(),
            "accepted {} bytes of {}",
            length,
            bytes.len()
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    let trailing = T::decode(&longer).map_err(|error| error.fault);
    prop_assert_eq!(trailing.err(), Some(Fault::TrailingBytes { count: 1 }));
    let mut changed = bytes;
    for (place, byte) in changes {
        let place = place.index(changed.len());
        changed[place] = *byte;
        read_as_everything(&changed)?;
    }
    Ok(())
}

fn changes() -> impl Strategy<Value = Vec<(Index, u8)>> {
    prop::collection::vec(any::<(Index, u8)>(), 0..16)
}

proptest! {
    #[test]
    fn a_type_withstands(record in type_def(), changes in changes()) {
        withstands(&record, &changes)?;
    }

    #[test]
    fn a_field_withstands(record in field(), changes in changes()) {
        withstands(&record, &changes)?;
    }

    #[test]
    fn a_method_withstands(record in method(), changes in changes()) {
        withstands(&record, &changes)?;
    }

    #[test]
    fn a_contract_withstands(record in service_contract(), changes in changes()) {
        withstands(&record, &changes)?;
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_have_one_encoding(bytes in prop::collection::vec(
        // bytes that mean something are more likely to get past the first few
        prop_oneof![any::<u8>(), select(&[0, 1, 2, 6, 0x0c, 0x20, 0x61, 0xfd][..])], 0..200,
    )) {
        read_as_everything(&bytes)?;
    }
}

fn message(fields: Vec<FieldDef>) -> TypeDef {
    TypeDef {
        kind: TypeDefKind::Message,
        package: "p".to_owned(),
        name: "M".to_owned(),
        fields,
        enum_values: Vec::new(),
        union_variants: Vec::new(),
    }
}

fn fault<T: Decode + Encode + Debug>(record: &T) -> Fault {
    T::decode(&record.encode())
        .expect_err("a record that is refused")
        .fault
}

#[test]
fn keeps_what_other_implementations_say_about_defaults() {
    let field = FieldDef {
        id: 1,
        required: false,
        default_value: vec![0],
        ..FieldDef::default()
    };
    let record = message(vec![field]);
    assert_eq!(TypeDef::decode(&record.encode()), Ok(record));
}

#[test]
fn refuses_equal_neighbours_of_every_sorted_list_but_roles() {
    let mut record = message(Vec::new());
    record.enum_values = ["A", "B"]
        .map(|name| EnumValueDef {
            name: name.to_owned(),
            value: 7,
        })
        .to_vec();
    assert_eq!(fault(&record), Fault::Unsorted { what: "enum values" });

    let mut record = message(Vec::new());
    let type_ref = TypeHash([0; 32]);
    let variant = |name: &str| UnionVariantDef {
        name: name.to_owned(),
        id: 7,
        type_ref,
    };
    record.union_variants = vec![variant("a"), variant("b")];
    assert_eq!(fault(&record), Fault::Unsorted { what: "union cases" });

    let method = MethodDef {
        name: "m".to_owned(),
        pattern: Pattern::Unary,
        request_type: type_ref,
        response_type: type_ref,
        idempotent: false,
        default_timeout: 0.0,
        requires: Some(CapabilityRequirement::new(CapabilityKind::AnyOf, ["r", "r"])),
    };
    assert_eq!(MethodDef::decode(&method.encode()), Ok(method.clone()));
    let record = ServiceContract {
        methods: vec![method.clone(), method],
        ..contract(&[], None)
    };
    assert_eq!(fault(&record), Fault::Unsorted { what: "methods" });
}

#[test]
fn refuses_a_name_that_is_not_in_nfc() {
    let record = message(vec![FieldDef {
        id: 1,
        name: "e\u{301}".to_owned(),
        ..FieldDef::default()
    }]);
    assert_eq!(fault(&record), Fault::NotNfc);
}

#[test]
fn refuses_references_of_other_lengths() {
    let bytes = FieldDef {
        type_ref: Some(TypeHash([7; 32])),
        ..FieldDef::default()
    }
    .encode();
    let place = bytes.iter().position(|byte| *byte == 32).expect("the length");
    for length in [1_u8, 31] {
        let reference = vec![7; usize::from(length)];
        let bytes = [&bytes[..place], &[length], &reference, &bytes[place + 33..]].concat();
        let fault = FieldDef::decode(&bytes).map_err(|error| error.fault);
        assert_eq!(
            fault,
            Err(Fault::HashLength {
                length: usize::from(length)
            })
        );
    }
}

fn contract(modes: &[&str], language: Option<ProducerLanguage>) -> ServiceContract {
    ServiceContract {
        name: "S".to_owned(),
        version: 1,
        methods: Vec::new(),
        serialization_modes: modes
            .iter()
            .map(|mode| SerializationMode::from_name(mode))
            .collect(),
        scope: Scope::Shared,
        requires: None,
        producer_language: language,
    }
}

#[test]
fn accepts_a_language_only_with_native_and_only_a_known_one() {
    for language in ProducerLanguage::ALL {
        let record = contract(&["xlang", "native"], Some(language));
        assert_eq!(ServiceContract::decode(&record.encode()), Ok(record));
        let record = contract(&["xlang", "json"], Some(language));
        assert_eq!(fault(&record), Fault::LanguageWithoutNative);
    }
    let mut bytes = contract(&["native"], Some(ProducerLanguage::Go)).encode();
    *bytes.last_mut().expect("bytes") = b'a';
    let fault = ServiceContract::decode(&bytes).map_err(|error| error.fault);
    assert_eq!(fault, Err(Fault::UnknownLanguage));
}

#[test]
fn keeps_modes_in_declared_order_also_foreign_ones() {
    let record = contract(&["row", "json", "xlang"], None);
    let decoded = ServiceContract::decode(&record.encode()).expect("a contract");
    let modes = [
        SerializationMode::Foreign("row".to_owned()),
        SerializationMode::Json,
        SerializationMode::Xlang,
    ];
    assert_eq!(decoded.serialization_modes, modes);
}

#[test]
fn tables_stand_in_the_order_of_discriminants() {
    assert!(TypeDefKind::ALL.into_iter().map(|kind| kind as usize).eq(0..3));
    assert!(TypeKind::ALL.into_iter().map(|kind| kind as usize).eq(0..5));
    assert!(
        Container::ALL
            .into_iter()
            .map(|container| container as usize)
            .eq(0..4)
    );
    assert!(Pattern::ALL.into_iter().map(|pattern| pattern as usize).eq(0..4));
    assert!(Scope::ALL.into_iter().map(|scope| scope as usize).eq(0..2));
    assert!(CapabilityKind::ALL.into_iter().map(|kind| kind as usize).eq(0..3));
}

#[test]
fn primitives_have_names_and_some_can_be_keys() {
    for primitive in Primitive::ALL {
        assert_eq!(Primitive::from_name(primitive.name()), Some(primitive));
    }
    assert_eq!(Primitive::from_name("bytes"), None);
    let keys: Vec<_> = Primitive::ALL
        .into_iter()
        .filter(|primitive| primitive.is_key())
        .collect();
    assert_eq!(keys.len(), 14);
    assert!(!Primitive::Binary.is_key() && !Primitive::Float64.is_key() && !Primitive::Date.is_key());
}
