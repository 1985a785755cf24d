//! Constants.

use super::layout::{assigned_call, on_its_own_line, print, text};
use super::literals::Scalar;
use super::scope::Scope;
use super::types::{self, Side};
use super::{literals, names, tsdoc};
use crate::model::{Constant, Literal};
use aster_contract::graph::Leaf;
use asterc_templates::typescript::{Section, Statement};

pub(super) fn section(scope: &Scope<'_>, constant: &Constant) -> Section {
    let name = names::constant(&constant.name);
    let docs = tsdoc::of(&constant.notes);
    let head = format!("export const {name}");
    let doc = match (constant.ty, &constant.value) {
        (Leaf::Type(id), Literal::EnumValue { number, .. }) => {
            let head = format!("{head}: {} =", scope.ty(id));
            let is_here = scope.schema().types[id.0 as usize].package == scope.package;
            if is_here {
                on_its_own_line(&head, text(scope.enum_value(id, *number)), ";")
            } else {
                // the module of the enum may not be there yet: the value stands for itself
                let name = scope.enum_value_name(id, *number);
                text(format!("{head} {number}; // {name}"))
            }
        }
        (Leaf::Primitive(primitive), value) => match literals::scalar(value, primitive, scope) {
            // a literal that is its own type
            Scalar::Literal(literal) if literal.starts_with(['"', '\'']) => {
                on_its_own_line(&format!("{head} ="), text(literal), ";")
            }
            Scalar::Literal(literal) => text(format!("{head} = {literal};")),
            Scalar::Made { function, argument } => {
                let ty = types::leaf(scope, constant.ty, Side::Read);
                let function = format!("/* @__PURE__ */ {function}");
                assigned_call(&format!("{head}: {ty}"), &function, [text(argument)])
            }
        },
        (Leaf::Type(_), _) => unreachable!("resolve: a constant is a scalar or a value of an enum"),
    };
    Section::Statement(Statement {
        code: print(&doc, 0),
        docs: (!docs.is_empty()).then(|| tsdoc::print(&docs, 0)),
    })
}
