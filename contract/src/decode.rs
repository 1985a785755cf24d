//! Canonical bytes to records.
//!
//! Every record has one encoding, so what is accepted here encodes to the same bytes again.

use unicode_normalization::is_nfc;

use crate::canonical::{DecodeError, Fault, Reader};
use crate::model::{
    CapabilityKind, CapabilityRequirement, Container, EnumValueDef, FieldDef, MethodDef, Pattern,
    ProducerLanguage, Scope, SerializationMode, ServiceContract, TypeDef, TypeDefKind, TypeHash, TypeKind,
    UnionVariantDef,
};

/// A record that canonical bytes can be read into.
pub trait Decode: Sized {
    /// Reads the record off the front of the input.
    ///
    /// # Errors
    /// The first thing that is wrong. Bytes after the record are not looked at.
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads the record from the whole of `bytes`.
    ///
    /// # Errors
    /// The first thing that is wrong, trailing bytes included.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Reader::new(bytes);
        let record = Self::read(&mut input)?;
        input.finish()?;
        Ok(record)
    }
}

impl Decode for TypeDef {
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            kind: input.discriminant("kind of type", &TypeDefKind::ALL)?,
            package: read_name(input)?,
            name: read_name(input)?,
            fields: read_fields(input)?,
            enum_values: read_ascending(input, "enum values", |value: &EnumValueDef| &value.value)?,
            union_variants: read_ascending(input, "union cases", |variant: &UnionVariantDef| &variant.id)?,
        })
    }
}

fn read_fields(input: &mut Reader<'_>) -> Result<Vec<FieldDef>, DecodeError> {
    read_list(input, FieldDef::read, |before, field| {
        ascends(before.last().map(|last| &last.name), &field.name, "fields")?;
        let expected = before.len() + 1;
        let numbered = usize::try_from(field.id) == Ok(expected);
        if numbered {
            Ok(())
        } else {
            Err(Fault::FieldId {
                found: field.id,
                expected,
            })
        }
    })
}

/// Reads a list whose neighbours ascend strictly by `key`.
fn read_ascending<T: Decode, K: Ord>(
    input: &mut Reader<'_>,
    what: &'static str,
    key: impl Fn(&T) -> &K,
) -> Result<Vec<T>, DecodeError> {
    read_list(input, T::read, |before, item| {
        ascends(before.last().map(&key), key(item), what)
    })
}

fn ascends<K: Ord>(last: Option<&K>, next: &K, what: &'static str) -> Result<(), Fault> {
    if last.is_none_or(|last| last < next) {
        Ok(())
    } else {
        Err(Fault::Unsorted { what })
    }
}

/// Reads a list, each element held against those before it.
fn read_list<T>(
    input: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
    check: impl Fn(&[T], &T) -> Result<(), Fault>,
) -> Result<Vec<T>, DecodeError> {
    let mut list = Vec::new();
    for _ in 0..input.list_header()? {
        let offset = input.offset();
        let item = read(input)?;
        check(&list, &item).map_err(|fault| DecodeError { offset, fault })?;
        list.push(item);
    }
    Ok(list)
}

impl Decode for FieldDef {
    /// Any id is accepted: that of a field is checked with its message, that of a nested
    /// definition is 0.
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: input.zz32()?,
            name: read_name(input)?,
            type_kind: input.discriminant("type kind", &TypeKind::ALL)?,
            type_primitive: read_name(input)?,
            type_ref: read_reference(input)?,
            self_ref_name: read_name(input)?,
            optional: input.bool()?,
            ref_tracked: input.bool()?,
            container: input.discriminant("container", &Container::ALL)?,
            container_key_kind: input.discriminant("type kind", &TypeKind::ALL)?,
            container_key_primitive: read_name(input)?,
            container_key_ref: read_reference(input)?,
            required: input.bool()?,
            default_value: input.bytes()?.to_vec(),
        })
    }
}

impl Decode for EnumValueDef {
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: read_name(input)?,
            value: input.zz32()?,
        })
    }
}

impl Decode for UnionVariantDef {
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: read_name(input)?,
            id: input.zz32()?,
            type_ref: read_hash(input)?,
        })
    }
}

impl Decode for CapabilityRequirement {
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let kind = input.discriminant("kind of requirement", &CapabilityKind::ALL)?;
        // a role may stand twice
        let roles = read_list(input, read_name, |before, role| {
            let ascends = before.last().is_none_or(|last| last <= role);
            if ascends {
                Ok(())
            } else {
                Err(Fault::Unsorted { what: "roles" })
            }
        })?;
        Ok(Self { kind, roles })
    }
}

impl Decode for MethodDef {
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: read_name(input)?,
            pattern: input.discriminant("method pattern", &Pattern::ALL)?,
            request_type: read_hash(input)?,
            response_type: read_hash(input)?,
            idempotent: input.bool()?,
            default_timeout: input.f64()?,
            requires: input.optional(CapabilityRequirement::read)?,
        })
    }
}

impl Decode for ServiceContract {
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = read_name(input)?;
        let version = input.zz32()?;
        let methods = read_ascending(input, "methods", |method: &MethodDef| &method.name)?;
        let modes = input.list(|input| input.string().map(SerializationMode::from_name))?;
        let scope = input.discriminant("scope", &Scope::ALL)?;
        let requires = input.optional(CapabilityRequirement::read)?;
        let producer_language = read_language(input, &modes)?;
        Ok(Self {
            name,
            version,
            methods,
            serialization_modes: modes,
            scope,
            requires,
            producer_language,
        })
    }
}

fn read_language(
    input: &mut Reader<'_>,
    modes: &[SerializationMode],
) -> Result<Option<ProducerLanguage>, DecodeError> {
    let offset = input.offset();
    let error = |fault| DecodeError { offset, fault };
    let name = input.string()?;
    if name.is_empty() {
        return Ok(None);
    }
    if !modes.contains(&SerializationMode::Native) {
        return Err(error(Fault::LanguageWithoutNative));
    }
    ProducerLanguage::from_name(name)
        .map(Some)
        .ok_or_else(|| error(Fault::UnknownLanguage))
}

/// A string in normalisation form C: a name that is not would be a second spelling of another.
fn read_name(input: &mut Reader<'_>) -> Result<String, DecodeError> {
    let offset = input.offset();
    let name = input.string()?;
    if is_nfc(name) {
        Ok(name.to_owned())
    } else {
        Err(DecodeError {
            offset,
            fault: Fault::NotNfc,
        })
    }
}

fn read_hash(input: &mut Reader<'_>) -> Result<TypeHash, DecodeError> {
    let offset = input.offset();
    let bytes = input.bytes()?;
    let length = bytes.len();
    bytes.try_into().map(TypeHash).map_err(|_| DecodeError {
        offset,
        fault: Fault::HashLength { length },
    })
}

fn read_reference(input: &mut Reader<'_>) -> Result<Option<TypeHash>, DecodeError> {
    if input.rest().first() == Some(&0) {
        return input.byte().map(|_| None);
    }
    read_hash(input).map(Some)
}
