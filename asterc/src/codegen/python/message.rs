//! Messages.

use super::layout::{Argument, Expr, WIDTH, annotate};
use super::scope::{Class as ClassScope, Scope};
use super::{docstring, literals, names, types};
use crate::codegen::notes::made_for;
use crate::model::{Field, Literal, Message, TypeDecl};
use aster_contract::graph::{Leaf, Shape, TypeId};
use asterc_templates::python::{Class, Section, Statement};

/// The attribute of a field.
pub(super) fn attribute(scope: &Scope<'_>, field: &Field) -> String {
    scope.generator.member(scope.package, names::value(&field.name))
}

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Message) -> Section {
    let members = body.fields.iter().map(|field| attribute(scope, field)).collect();
    let class = scope.class(members);
    let fields = body.fields.iter().map(|field| {
        let docs = docstring::of(&field.notes);
        Statement {
            code: statement(&class, id, field),
            docs: (!docs.is_empty()).then(|| docstring::print(&docs, 4)),
        }
    });
    let docs = docstring::or(&ty.notes, || match ty.made {
        None => format!("The message `{}`.", ty.full_name()),
        Some(made) => made_for(made, id, &scope.generator.users),
    });
    Section::Class(Class {
        decorators: vec![register(scope, ty, body), dataclass(scope, &["kw_only", "slots"])],
        head: scope.ty(id),
        docs: docstring::print(&docs, 4),
        members: fields.collect(),
    })
}

/// The decorator that makes a dataclass.
pub(super) fn dataclass(scope: &Scope<'_>, options: &[&str]) -> String {
    let options: Vec<String> = options.iter().map(|option| format!("{option}=True")).collect();
    format!(
        "{}({})",
        scope.name("dataclasses", "dataclass"),
        options.join(", ")
    )
}

/// The decorator that tells the runtime of the class: also which attributes have another name than their field.
fn register(scope: &Scope<'_>, ty: &TypeDecl, body: &Message) -> String {
    let mut arguments = vec![Argument::plain(Expr::Text(literals::string(&ty.full_name())))];
    let renamed: Vec<String> = body
        .fields
        .iter()
        .map(|field| (field, attribute(scope, field)))
        .filter(|(field, attribute)| field.name != *attribute)
        .map(|(field, attribute)| {
            format!(
                "{}: {}",
                literals::string(&field.name),
                literals::string(&attribute)
            )
        })
        .collect();
    if !renamed.is_empty() {
        arguments.push(Argument::plain(Expr::Dict(renamed)));
    }
    Expr::call(format!("{}.message", scope.definitions()), arguments).print(0, 1, 0)
}

/// The field with its type and its default.
fn statement(class: &ClassScope<'_, '_>, id: TypeId, field: &Field) -> String {
    let ty = types::value_type(class, &field.ty);
    let name = attribute(class, field);
    annotate(&name, &ty, default(class, id, field).as_ref(), 4, 0)
}

fn default(class: &ClassScope<'_, '_>, id: TypeId, field: &Field) -> Option<Expr> {
    let Some(default) = &field.default else {
        return field.ty.optional.then(|| Expr::text("None"));
    };
    Some(match (&field.ty.shape, default) {
        (Shape::Leaf(Leaf::Type(held)), Literal::EnumValue { number, .. }) => {
            let value = class.enum_value(*held, *number);
            if class.is_late(*held) {
                types::field_factory(class, Expr::Text(format!("lambda: {value}")))
            } else {
                Expr::Text(value)
            }
        }
        (Shape::Leaf(Leaf::Type(_)), _) => unreachable!("resolve: only enums among types have defaults"),
        (Shape::Leaf(Leaf::Primitive(primitive)), value) => {
            literals::scalar(value, *primitive, class, WIDTH - 8)
        }
        (shape, _) => types::container_factory(class, id, shape),
    })
}
