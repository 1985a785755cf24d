//! Enums.

use super::layout::{Argument, Expr, class_head};
use super::scope::Scope;
use super::{docstring, literals, names};
use crate::codegen::numbers::integer;
use crate::model::{Enum, TypeDecl};
use aster_contract::graph::TypeId;
use asterc_templates::python::{Class, Section, Statement};

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Enum) -> Section {
    let values = body.values.iter().map(|value| {
        let docs = docstring::of(&value.notes);
        let number = integer(i128::from(value.number));
        Statement {
            code: format!("{} = {number}", names::constant(&value.name)),
            docs: (!docs.is_empty()).then(|| docstring::print(&docs, 4)),
        }
    });
    let docs = docstring::or(&ty.notes, || format!("The enum `{}`.", ty.full_name()));
    let name = Expr::Text(literals::string(&ty.full_name()));
    let register = Expr::call(
        format!("{}.enum", scope.definitions()),
        vec![Argument::plain(name)],
    );
    Section::Class(Class {
        decorators: vec![register.print(0, 1, 0)],
        head: class_head(&scope.ty(id), scope.name("enum", "IntEnum")),
        docs: docstring::print(&docs, 4),
        members: values.collect(),
    })
}
