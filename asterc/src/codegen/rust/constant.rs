//! Constants.

use super::layout::WIDTH;
use super::scope::Scope;
use super::types::leaf_type;
use super::{allow_deprecated, head, literals, names};
use crate::model::{Constant, Literal, TypeKind};
use aster_contract::graph::{Leaf, TypeId};
use aster_contract::model::Primitive;
use asterc_templates::rust::{Constant as View, Section};

pub(super) fn section(scope: &Scope<'_>, constant: &Constant) -> Section {
    let uses_deprecated = matches!(constant.ty, Leaf::Type(id) if is_deprecated(scope, id, &constant.value));
    let fallback = || format!("The constant `{}.{}`.", constant.package, constant.name);
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
    let name = names::constant(&constant.name);
    let before = format!("pub {keyword} {name}: {ty} =").len();
    let breaks = before + value.len() + 2 > WIDTH && value.len() + 5 <= WIDTH;
    Section::Constant(View {
        head: head(&constant.notes, fallback)
            .into_iter()
            .chain(allow_deprecated(uses_deprecated))
            .collect(),
        keyword,
        name,
        ty,
        value: format!("{}{value}", if breaks { "\n    " } else { " " }),
    })
}

/// Whether the enum or this value of it is deprecated.
fn is_deprecated(scope: &Scope<'_>, id: TypeId, value: &Literal) -> bool {
    let ty = &scope.schema().types[id.0 as usize];
    let value = match (&ty.kind, value) {
        (TypeKind::Enum(body), Literal::EnumValue { number, .. }) => {
            body.values.iter().find(|value| value.number == *number)
        }
        _ => None,
    };
    ty.notes.deprecated.is_some() || value.is_some_and(|value| value.notes.deprecated.is_some())
}
