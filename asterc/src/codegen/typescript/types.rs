//! Types of the schema as TypeScript types.

use super::layout::{Doc, concat, generic, group, indent, text};
use super::scope::Scope;
use crate::model::TypeKind;
use aster_contract::graph::{Leaf, Shape, Value};
use aster_contract::model::Primitive;

/// Whose type it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What decoding gives.
    Read,
    /// What callers may write: defaults may be left out, and containers are not changed.
    Written,
}

/// The type of a value that is there.
pub(super) fn shape(scope: &Scope<'_>, shape_: &Shape, side: Side) -> Doc {
    match shape_ {
        Shape::Leaf(held) => text(leaf(scope, *held, side)),
        Shape::List(element) => array(scope, element, side),
        Shape::Set(element) => {
            let base = scope.global(match side {
                Side::Read => "Set",
                Side::Written => "ReadonlySet",
            });
            generic(base, vec![text(leaf(scope, *element, side))])
        }
        Shape::Map(key, held) => {
            let base = scope.global(match side {
                Side::Read => "Map",
                Side::Written => "ReadonlyMap",
            });
            let key = text(leaf(scope, *key, side));
            generic(base, vec![key, value(scope, held, side)])
        }
    }
}

/// The type of a value, which may be missing.
pub(super) fn value(scope: &Scope<'_>, value: &Value, side: Side) -> Doc {
    let inner = shape(scope, &value.shape, side);
    if value.optional {
        or_undefined(inner)
    } else {
        inner
    }
}

/// `ty | undefined`
pub(super) fn or_undefined(ty: Doc) -> Doc {
    group([Doc::IfBroken("| "), indent([ty]), Doc::Line, text("| undefined")])
}

/// `element[]`, behind `readonly ` where it is not to be changed.
fn array(scope: &Scope<'_>, element: &Value, side: Side) -> Doc {
    let readonly = match side {
        Side::Read => "",
        Side::Written => "readonly ",
    };
    let inner = value(scope, element, side);
    let is_operator = matches!(element.shape, Shape::List(_)) && side == Side::Written;
    let inner = if element.optional {
        group([text("("), indent([Doc::Soft, inner]), Doc::Soft, text(")")])
    } else if is_operator {
        concat([text("("), inner, text(")")])
    } else {
        inner
    };
    concat([text(readonly), inner, text("[]")])
}

/// The type of a scalar, message, enum or union.
pub(super) fn leaf(scope: &Scope<'_>, leaf: Leaf, side: Side) -> String {
    let primitive = match leaf {
        Leaf::Type(id) => {
            let is_enum = matches!(scope.schema().types[id.0 as usize].kind, TypeKind::Enum(_));
            return match side {
                Side::Written if !is_enum => scope.written(id),
                _ => scope.ty(id),
            };
        }
        Leaf::Primitive(primitive) => primitive,
    };
    let name = match primitive {
        Primitive::Bool => "boolean",
        Primitive::Int8
        | Primitive::Int16
        | Primitive::Varint32
        | Primitive::Int32
        | Primitive::Uint8
        | Primitive::Uint16
        | Primitive::VarUint32
        | Primitive::Uint32
        | Primitive::Float32
        | Primitive::Float64 => "number",
        Primitive::Varint64 | Primitive::Int64 | Primitive::VarUint64 | Primitive::Uint64 => "bigint",
        Primitive::String => "string",
        Primitive::Binary => return scope.global("Uint8Array"),
        Primitive::Timestamp => return scope.v1("Timestamp"),
        Primitive::Duration => return scope.v1("Duration"),
        Primitive::Date => return scope.v1("PlainDate"),
        Primitive::Decimal => return scope.v1("Decimal"),
    };
    name.to_owned()
}
