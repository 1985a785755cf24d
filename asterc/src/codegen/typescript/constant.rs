//! Constants.

use super::layout::{Doc, concat, on_its_own_line, print, text};
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
            let ty = scope.ty(id);
            let is_here = scope.schema().types[id.0 as usize].package == scope.package;
            // the module of another enum may not be there yet: the value stands for itself
            let (value, after) = if is_here {
                (scope.enum_value(id, *number), String::new())
            } else {
                let comment = format!(" // {}", scope.enum_value_name(id, *number));
                (number.to_string(), comment)
            };
            concat([text(format!("{head}: {ty} = {value};{after}"))])
        }
        (Leaf::Primitive(primitive), value) => match literals::scalar(value, primitive, scope) {
            // a literal that is its own type
            Doc::Text(literal) if literal.starts_with(['"', '\'']) => {
                on_its_own_line(&format!("{head} ="), text(literal), ";")
            }
            Doc::Text(literal) => text(format!("{head} = {literal};")),
            value => {
                let ty = types::leaf(scope, constant.ty, Side::Read);
                let before = text(format!("{head}: {ty} = /* @__PURE__ */ "));
                concat([before, value, text(";")])
            }
        },
        (Leaf::Type(_), _) => unreachable!("resolve: a constant is a scalar or a value of an enum"),
    };
    Section::Statement(Statement {
        code: print(&doc, 0),
        docs: (!docs.is_empty()).then(|| tsdoc::print(&docs, 0)),
    })
}
