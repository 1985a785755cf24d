//! Constants.

use super::layout::{Expr, WIDTH, assign};
use super::scope::Scope;
use super::types::leaf_type;
use super::{docstring, literals, names};
use crate::model::{Constant, Literal};
use aster_contract::graph::Leaf;
use asterc_templates::python::{Late, Section, Statement};
use rustc_hash::FxHashSet;

/// Whether the module that has the constant's value may not be there yet when this one is loaded.
pub(super) fn is_late(scope: &Scope<'_>, constant: &Constant) -> bool {
    matches!(constant.ty, Leaf::Type(id) if scope.is_late(id))
}

pub(super) fn section(scope: &Scope<'_>, constant: &Constant) -> Section {
    let outside = scope.class(FxHashSet::default());
    let name = names::constant(&constant.name);
    let ty = leaf_type(&outside, constant.ty);
    let docs = docstring::of(&constant.notes);
    let code = if is_late(scope, constant) {
        format!("{name}: {ty}")
    } else {
        let value = value(scope, constant);
        assign(
            &format!("{name}: {}[{ty}]", scope.name("typing", "Final")),
            &value,
            0,
        )
    };
    Section::Statement(Statement {
        code,
        docs: (!docs.is_empty()).then(|| docstring::print(&docs, 0)),
    })
}

fn value(scope: &Scope<'_>, constant: &Constant) -> Expr {
    match (constant.ty, &constant.value) {
        (Leaf::Type(id), Literal::EnumValue { number, .. }) => Expr::Text(scope.enum_value(id, *number)),
        (Leaf::Primitive(primitive), value) => literals::scalar(value, primitive, scope, WIDTH - 4),
        (Leaf::Type(_), _) => unreachable!("resolve: a constant is a scalar or a value of an enum"),
    }
}

/// The function that gives the constants whose values are in modules that need this one first.
pub(super) fn late<'a>(scope: &Scope<'_>, constants: impl Iterator<Item = &'a Constant>) -> Option<Section> {
    let constants: Vec<(String, String)> = constants
        .filter(|constant| is_late(scope, constant))
        .map(|constant| {
            let value = value(scope, constant).line().unwrap_or_default();
            (format!("\"{}\"", names::constant(&constant.name)), value)
        })
        .collect();
    (!constants.is_empty()).then(|| {
        let outside = scope.class(FxHashSet::default());
        Section::Late(Late {
            type_checking: scope.name("typing", "TYPE_CHECKING"),
            str: outside.builtin("str"),
            object: outside.builtin("object"),
            constants,
        })
    })
}
