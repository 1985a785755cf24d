//! The TypeDef bytes that introduce a message or an enum in a payload, made by Fory's own `meta`.
//!
//! Source: codec, "Bytes" (TypeDef).

use std::borrow::Cow;

use fory_core::TypeId as Wire;
use fory_core::meta::{
    Encoding, FieldInfo, FieldType, MetaString, MetaStringEncoder, NAMESPACE_ENCODER, NAMESPACE_ENCODINGS,
    TYPE_NAME_ENCODER, TYPE_NAME_ENCODINGS, TypeMeta,
};

use super::{FieldStep, Item, Step, StepsError};
use crate::graph::{Field, TypeNode};
use crate::model::{Primitive, nfc};

/// Fory's short name encodings take this many bytes; longer names are written as they are.
const MAX_SHORT_NAME: usize = 32_766;

/// The TypeDef of a message whose fields are in wire order.
pub(super) fn message(
    ty: &TypeNode<'_>,
    fields: &[Field<'_>],
    steps: &[FieldStep],
) -> Result<Vec<u8>, StepsError> {
    let fields = steps
        .iter()
        .map(|step| {
            // the name is not written: it only labels Fory's own messages
            FieldInfo::new_with_id(step.tag, &fields[step.index].name, field_type(&step.item))
        })
        .collect();
    make(ty, Wire::NAMED_COMPATIBLE_STRUCT, fields)
}

/// The TypeDef of an enum: its name only.
pub(super) fn enumeration(ty: &TypeNode<'_>) -> Result<Vec<u8>, StepsError> {
    make(ty, Wire::NAMED_ENUM, Vec::new())
}

/// The id by which a TypeDef calls the type of a field, element, key or value.
pub fn wire_type_id(step: &Step) -> u8 {
    let id = match step {
        Step::Scalar(primitive) => match primitive {
            Primitive::Bool => Wire::BOOL,
            Primitive::Int8 => Wire::INT8,
            Primitive::Int16 => Wire::INT16,
            Primitive::Varint32 => Wire::VARINT32,
            Primitive::Varint64 => Wire::VARINT64,
            Primitive::Int32 => Wire::INT32,
            Primitive::Int64 => Wire::INT64,
            Primitive::Uint8 => Wire::UINT8,
            Primitive::Uint16 => Wire::UINT16,
            Primitive::VarUint32 => Wire::VAR_UINT32,
            Primitive::VarUint64 => Wire::VAR_UINT64,
            Primitive::Uint32 => Wire::UINT32,
            Primitive::Uint64 => Wire::UINT64,
            Primitive::Float32 => Wire::FLOAT32,
            Primitive::Float64 => Wire::FLOAT64,
            Primitive::String => Wire::STRING,
            Primitive::Binary => Wire::BINARY,
            Primitive::Timestamp => Wire::TIMESTAMP,
            Primitive::Duration => Wire::DURATION,
            Primitive::Date => Wire::DATE,
            Primitive::Decimal => Wire::DECIMAL,
        },
        Step::Enum(_) => Wire::ENUM,
        Step::Message(_) => Wire::NAMED_COMPATIBLE_STRUCT,
        Step::Union(_) => Wire::UNION,
        Step::List(_) => Wire::LIST,
        Step::Set(_) => Wire::SET,
        Step::Map(..) => Wire::MAP,
    };
    id as u8
}

/// The id written before the value of a union case: an enum says its name there.
pub(super) fn case_type_id(step: &Step) -> u8 {
    match step {
        Step::Enum(_) => Wire::NAMED_ENUM as u8,
        other => wire_type_id(other),
    }
}

fn field_type(item: &Item) -> FieldType {
    let generics = match &item.step {
        Step::List(element) => vec![field_type(element)],
        Step::Set(element) => vec![required(element)],
        Step::Map(key, value) => vec![required(key), field_type(value)],
        Step::Scalar(_) | Step::Enum(_) | Step::Message(_) | Step::Union(_) => Vec::new(),
    };
    FieldType::new(u32::from(wire_type_id(&item.step)), item.nullable, generics)
}

fn required(step: &Step) -> FieldType {
    FieldType::new(u32::from(wire_type_id(step)), false, Vec::new())
}

fn make(ty: &TypeNode<'_>, kind: Wire, fields: Vec<FieldInfo>) -> Result<Vec<u8>, StepsError> {
    let (package, name) = (nfc(&ty.package), nfc(&ty.name));
    let full_name = format!("{package}.{name}");
    let (package, name) = (ascii_name(&package, &package), ascii_name(&name, &full_name));
    let meta = meta_string(&NAMESPACE_ENCODER, '.', &package, NAMESPACE_ENCODINGS).and_then(|namespace| {
        let type_name = meta_string(&TYPE_NAME_ENCODER, '$', &name, TYPE_NAME_ENCODINGS)?;
        TypeMeta::new(kind as u32, u32::MAX, namespace, type_name, true, fields)
    });
    match meta {
        Ok(meta) => Ok(meta.get_bytes().to_vec()),
        Err(error) => Err(StepsError {
            name: full_name,
            reason: error.to_string(),
        }),
    }
}

/// `name`, or what stands for it where both libraries refuse other characters than ASCII.
fn ascii_name<'a>(name: &'a str, full_name: &str) -> Cow<'a, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    let hash = blake3::hash(full_name.as_bytes()).to_hex();
    Cow::Owned(format!("x{}", &hash.as_str()[..16]))
}

fn meta_string(
    encoder: &MetaStringEncoder,
    special: char,
    name: &str,
    encodings: &[Encoding],
) -> Result<MetaString, fory_core::Error> {
    if name.len() > MAX_SHORT_NAME {
        MetaString::new(
            name.to_owned(),
            Encoding::Utf8,
            name.as_bytes().to_vec(),
            special,
            '_',
        )
    } else {
        encoder.encode_with_encodings(name, encodings)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{message, scalar};
    use super::super::{TypeSteps, steps};
    use super::*;
    use crate::graph::{TypeGraph, Value};
    use std::iter;

    fn message_bytes(name: &str, fields: &[(&str, Value)]) -> Vec<u8> {
        let types = vec![message(name, fields)];
        match steps(&TypeGraph { types }).unwrap().types.remove(0) {
            TypeSteps::Message(message) => message.type_def,
            other => panic!("{other:?}"),
        }
    }

    /// Splits header, extra size and body, and checks that they fit each other.
    fn body(bytes: &[u8]) -> &[u8] {
        let (header, rest) = bytes.split_at(8);
        let size = match header[0] {
            0xff => {
                let low = usize::from(rest[0] & 0x7f);
                let (extra, used) = if rest[0] < 0x80 {
                    (low, 1)
                } else {
                    (low | usize::from(rest[1]) << 7, 2)
                };
                return checked(&rest[used..], 255 + extra);
            }
            size => usize::from(size),
        };
        checked(rest, size)
    }

    fn checked(body: &[u8], size: usize) -> &[u8] {
        assert_eq!(body.len(), size);
        body
    }

    #[test]
    fn an_empty_message_has_a_name_only() {
        let bytes = message_bytes("Empty", &[]);
        assert_eq!(body(&bytes)[0], 0xe0);
    }

    #[test]
    fn more_than_thirty_fields_and_fifteen_ids_overflow_into_varints() {
        let names: Vec<String> = (0..40).map(|n| format!("f{n:02}")).collect();
        let fields: Vec<_> = names
            .iter()
            .map(|n| (n.as_str(), scalar(Primitive::String)))
            .collect();
        let bytes = message_bytes("Many", &fields);
        let body = body(&bytes);
        assert_eq!(body[..2], [0xff, 9], "31 and 9 more");
        assert_eq!(
            body[body.len() - 3..],
            [0xfc, 25, 21],
            "id 40 is 15 and 25 more, a string"
        );
    }

    #[test]
    fn a_body_over_255_bytes_says_its_size_behind_the_header() {
        let names: Vec<String> = (0..512).map(|n| format!("f{n:03}")).collect();
        let fields: Vec<_> = names
            .iter()
            .map(|n| (n.as_str(), scalar(Primitive::Bool)))
            .collect();
        let bytes = message_bytes("Huge", &fields);
        assert!(body(&bytes).len() > 1024);
    }

    #[test]
    fn names_that_are_not_ascii_are_hashed_and_long_ones_are_kept() {
        let plain = message_bytes("M", &[]);
        let hashed = message_bytes("Größe", &[]);
        let expected = format!("x{}", &blake3::hash("p.Größe".as_bytes()).to_hex().as_str()[..16]);
        assert_eq!(body(&hashed), body(&message_bytes(&expected, &[])));
        assert_ne!(plain, hashed);

        let long: String = iter::once('L').chain(iter::repeat_n('a', 40_000)).collect();
        assert!(body_of_any_size(&message_bytes(&long, &[])).ends_with(b"aaaa"));
    }

    fn body_of_any_size(bytes: &[u8]) -> &[u8] {
        &bytes[8..]
    }
}
