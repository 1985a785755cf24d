//! Constants.

use super::scope::Scope;
use super::types::leaf_type;
use super::{head, literals, names};
use crate::model::{Constant, Literal};
use aster_contract::graph::Leaf;
use aster_contract::model::Primitive;
use asterc_templates::rust::{Constant as View, Section};

pub(super) fn section(scope: &Scope<'_>, constant: &Constant) -> Section {
    let fallback = format!("The constant `{}.{}`.", constant.package, constant.name);
    let (keyword, ty, value) = match (constant.ty, &constant.value) {
        (Leaf::Type(id), Literal::EnumValue { number, .. }) => {
            ("const", scope.ty(id), scope.enum_value(id, *number))
        }
        (Leaf::Primitive(primitive), value) => {
            let value = literals::scalar(value, primitive, scope);
            match primitive {
                Primitive::String => ("const", "&str".to_owned(), value),
                Primitive::Binary => ("const", "&[u8]".to_owned(), value),
                // nothing that takes memory of its own is made at compile time
                Primitive::Decimal => {
                    let lazy = scope.std("LazyLock");
                    let ty = format!("{lazy}<{}>", scope.v1("BigDecimal"));
                    ("static", ty, format!("{lazy}::new(|| {value})"))
                }
                _ => ("const", leaf_type(scope, constant.ty), value),
            }
        }
        (Leaf::Type(_), _) => unreachable!("resolve: a constant is a scalar or a value of an enum"),
    };
    Section::Constant(View {
        head: head(&constant.notes, &fallback),
        keyword,
        name: names::constant(&constant.name),
        ty,
        value,
    })
}
