//! Types of the schema as Python types.

use super::layout::{Argument, Expr};
use super::scope::Class;
use crate::model::TypeKind;
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::Primitive;

/// The type of a value, for an annotation.
pub(super) fn value_type(class: &Class<'_, '_>, value: &Value) -> Expr {
    let inner = match &value.shape {
        Shape::Leaf(leaf) => Expr::Text(leaf_type(class, *leaf)),
        Shape::List(element) => Expr::subscript(class.builtin("list"), vec![value_type(class, element)]),
        Shape::Set(element) => {
            let element = Expr::Text(leaf_type(class, *element));
            Expr::subscript(class.builtin("set"), vec![element])
        }
        Shape::Map(key, held) => {
            let key = Expr::Text(leaf_type(class, *key));
            Expr::subscript(class.builtin("dict"), vec![key, value_type(class, held)])
        }
    };
    if value.optional { or_none(inner) } else { inner }
}

/// `ty | None`
pub(super) fn or_none(ty: Expr) -> Expr {
    match ty {
        Expr::Union(mut members) => {
            members.push(Expr::text("None"));
            Expr::Union(members)
        }
        ty => Expr::Union(vec![ty, Expr::text("None")]),
    }
}

/// The type of a scalar, message, enum or union.
pub(super) fn leaf_type(class: &Class<'_, '_>, leaf: Leaf) -> String {
    let primitive = match leaf {
        Leaf::Type(id) => return class.ty(id),
        Leaf::Primitive(primitive) => primitive,
    };
    match primitive {
        Primitive::Bool => class.builtin("bool"),
        Primitive::Int8
        | Primitive::Int16
        | Primitive::Varint32
        | Primitive::Int32
        | Primitive::Varint64
        | Primitive::Int64
        | Primitive::Uint8
        | Primitive::Uint16
        | Primitive::VarUint32
        | Primitive::Uint32
        | Primitive::VarUint64
        | Primitive::Uint64 => class.builtin("int"),
        Primitive::Float32 | Primitive::Float64 => class.builtin("float"),
        Primitive::String => class.builtin("str"),
        Primitive::Binary => class.builtin("bytes"),
        Primitive::Timestamp => class.module("datetime") + ".datetime",
        Primitive::Duration => class.module("datetime") + ".timedelta",
        Primitive::Date => class.module("datetime") + ".date",
        Primitive::Decimal => class.module("decimal") + ".Decimal",
    }
}

/// `field(default_factory=…)` for a container in the class of type `owner`. The factory says what the container holds, for
/// type checkers do not see it; what is not there yet when the class is made stands in quotes.
pub(super) fn container_factory(class: &Class<'_, '_>, owner: TypeId, shape: &Shape) -> Expr {
    let factory = Expr::Text(runtime_shape(class, owner, shape));
    field_factory(class, factory)
}

/// `field(default_factory=factory)`
pub(super) fn field_factory(class: &Class<'_, '_>, factory: Expr) -> Expr {
    Expr::call(
        class.name("dataclasses", "field"),
        vec![Argument::named("default_factory", factory)],
    )
}

fn runtime_shape(class: &Class<'_, '_>, owner: TypeId, shape: &Shape) -> String {
    let leaf = |leaf: Leaf| match is_there(class, owner, leaf) {
        true => leaf_type(class, leaf),
        false => format!("\"{}\"", leaf_type(class, leaf)),
    };
    match shape {
        Shape::Leaf(held) => leaf(*held),
        Shape::List(element) => format!(
            "{}[{}]",
            class.builtin("list"),
            runtime_value(class, owner, element)
        ),
        Shape::Set(element) => format!("{}[{}]", class.builtin("set"), leaf(*element)),
        Shape::Map(key, held) => format!(
            "{}[{}, {}]",
            class.builtin("dict"),
            leaf(*key),
            runtime_value(class, owner, held)
        ),
    }
}

fn runtime_value(class: &Class<'_, '_>, owner: TypeId, value: &Value) -> String {
    match &value.shape {
        Shape::Leaf(leaf) if value.optional && !is_there(class, owner, *leaf) => {
            format!("\"{} | None\"", leaf_type(class, *leaf))
        }
        shape if value.optional => format!("{} | None", runtime_shape(class, owner, shape)),
        shape => runtime_shape(class, owner, shape),
    }
}

/// Whether a type is there when the class of type `owner` is made.
fn is_there(class: &Class<'_, '_>, owner: TypeId, leaf: Leaf) -> bool {
    let Leaf::Type(id) = leaf else { return true };
    let ty = &class.schema().types[id.0 as usize];
    if ty.package != class.package {
        return !class.is_late(id);
    }
    // enums come first, then the rest in order
    matches!(ty.kind, TypeKind::Enum(_)) || id < owner
}
