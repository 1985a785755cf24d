//! Unions: a class for each case, and the name of all of them.

use super::layout::{Argument, Expr, annotate, assign};
use super::scope::Scope;
use super::types::leaf_type;
use super::{docstring, literals, message, names};
use crate::codegen::numbers::integer;
use crate::codegen::schema_text;
use crate::model::{Case, TypeDecl, Union};
use aster_contract::graph::TypeId;
use asterc_templates::python::{Class, Section, Statement};
use rustc_hash::FxHashSet;

/// The one member of a case.
pub(super) const VALUE: &str = "value";

/// The class of a case.
pub(super) fn case_name(union: &str, case: &Case) -> String {
    format!("{union}{}", names::case(&case.name))
}

pub(super) fn sections(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Union) -> Vec<Section> {
    let name = scope.ty(id);
    let members = FxHashSet::from_iter([VALUE.to_owned()]);
    let class = scope.class(members);
    let full_name = literals::string(&ty.full_name());
    let cases = body.cases.iter().map(|case| {
        let docs = docstring::or(&case.notes, || {
            let ty = schema_text::leaf(scope.schema(), case.ty);
            format!("`{}: {ty} = {}`", case.name, case.number)
        });
        let number = integer(i128::from(case.number));
        let arguments = [full_name.clone(), number].map(|text| Argument::plain(Expr::Text(text)));
        let register = Expr::call(format!("{}.case", scope.definitions()), arguments.into());
        Section::Class(Class {
            decorators: vec![register.print(0, 1, 0), message::dataclass(scope, &["slots"])],
            head: case_name(&name, case),
            docs: docstring::print(&docs, 4),
            members: vec![Statement {
                code: annotate(VALUE, &Expr::Text(leaf_type(&class, case.ty)), None, 4, 0),
                docs: None,
            }],
        })
    });
    let mut all: Vec<Expr> = body
        .cases
        .iter()
        .map(|case| Expr::Text(case_name(&name, case)))
        .collect();
    let all = if all.len() == 1 {
        all.remove(0)
    } else {
        Expr::Union(all)
    };
    let head = format!("{name}: {}", scope.name("typing", "TypeAlias"));
    let docs = docstring::or(&ty.notes, || format!("The union `{}`.", ty.full_name()));
    let alias = Section::Statement(Statement {
        code: assign(&head, &all, 0),
        docs: Some(docstring::print(&docs, 0)),
    });
    cases.chain([alias]).collect()
}
