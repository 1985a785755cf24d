//! Records to canonical bytes.
//!
//! A record is written as it stands: sorting and numbering are done by whoever made it.

use crate::canonical::Writer;
use crate::model::{
    CapabilityRequirement, ContractId, EnumValueDef, FieldDef, MethodDef, ProducerLanguage, ServiceContract,
    TypeDef, TypeDefKind, TypeHash, UnionVariantDef,
};

/// A record with canonical bytes.
pub trait Encode {
    /// Appends the record's canonical bytes.
    fn write(&self, out: &mut Writer);

    /// The record's canonical bytes.
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        self.write(&mut out);
        out.finish()
    }
}

impl TypeDef {
    /// The type's hash.
    pub fn hash(&self) -> TypeHash {
        TypeHash::of(&self.encode())
    }
}

impl FieldDef {
    /// What a NESTED `type_ref` holds for this inner definition.
    pub fn hash(&self) -> TypeHash {
        TypeHash::of(&self.encode())
    }
}

impl ServiceContract {
    /// The contract's id.
    pub fn id(&self) -> ContractId {
        ContractId::of(&self.encode())
    }
}

impl Encode for TypeDef {
    fn write(&self, out: &mut Writer) {
        write_type_head(out, self.kind, &self.package, &self.name);
        out.list(&self.fields, |out, field| field.write(out));
        out.list(&self.enum_values, |out, value| value.write(out));
        out.list(&self.union_variants, |out, variant| variant.write(out));
    }
}

/// What stands before the three lists of a type's definition.
pub(crate) fn write_type_head(out: &mut Writer, kind: TypeDefKind, package: &str, name: &str) {
    out.uvarint(kind as u64);
    out.string(package);
    out.string(name);
}

impl Encode for FieldDef {
    fn write(&self, out: &mut Writer) {
        out.zz32(self.id);
        out.string(&self.name);
        out.uvarint(self.type_kind as u64);
        out.string(&self.type_primitive);
        write_reference(out, self.type_ref.as_ref());
        out.string(&self.self_ref_name);
        out.bool(self.optional);
        out.bool(self.ref_tracked);
        out.uvarint(self.container as u64);
        out.uvarint(self.container_key_kind as u64);
        out.string(&self.container_key_primitive);
        write_reference(out, self.container_key_ref.as_ref());
        out.bool(self.required);
        out.bytes(&self.default_value);
    }
}

fn write_reference(out: &mut Writer, hash: Option<&TypeHash>) {
    out.bytes(hash.map_or(&[], |hash| &hash.0));
}

impl Encode for EnumValueDef {
    fn write(&self, out: &mut Writer) {
        out.string(&self.name);
        out.zz32(self.value);
    }
}

impl Encode for UnionVariantDef {
    fn write(&self, out: &mut Writer) {
        out.string(&self.name);
        out.zz32(self.id);
        out.bytes(&self.type_ref.0);
    }
}

impl Encode for CapabilityRequirement {
    fn write(&self, out: &mut Writer) {
        out.uvarint(self.kind as u64);
        out.list(&self.roles, |out, role| out.string(role));
    }
}

impl Encode for MethodDef {
    fn write(&self, out: &mut Writer) {
        out.string(&self.name);
        out.uvarint(self.pattern as u64);
        out.bytes(&self.request_type.0);
        out.bytes(&self.response_type.0);
        out.bool(self.idempotent);
        out.f64(self.default_timeout);
        out.optional(self.requires.as_ref(), |out, requires| requires.write(out));
    }
}

impl Encode for ServiceContract {
    fn write(&self, out: &mut Writer) {
        out.string(&self.name);
        out.zz32(self.version);
        out.list(&self.methods, |out, method| method.write(out));
        out.list(&self.serialization_modes, |out, mode| out.string(mode.name()));
        out.uvarint(self.scope as u64);
        out.optional(self.requires.as_ref(), |out, requires| requires.write(out));
        out.string(self.producer_language.map_or("", ProducerLanguage::name));
    }
}
