//! Messages, enums and unions: their fields, values and cases.

use super::attributes::{Target, is_identifier};
use super::errors;
use super::scope::{DeclId, Scopes};
use super::services::Making;
use crate::ast::{self, Declaration, Expression, Kind, Name, Value};
use crate::model::{self, Case, Enum, EnumValue, Field, Message, Service, TypeDecl, TypeKind, Union};
use crate::source::Span;
use aster_contract::graph::{Leaf, Shape};
use rustc_hash::FxHashMap;

/// How many fields a message may have.
pub(super) const MAX_FIELDS: usize = 512;

/// The schema before its types are sorted: a `TypeId` is the declaration's index, made messages follow.
#[derive(Default)]
pub(super) struct Drafts {
    /// By declaration; `None` for what is no type.
    pub(super) types: Vec<Option<TypeDecl>>,
    pub(super) made: Vec<TypeDecl>,
    pub(super) services: Vec<Service>,
    pub(super) constants: Vec<model::Constant>,
    pub(super) aliases: Vec<model::Alias>,
}

impl<'a> Scopes<'a> {
    /// Resolves what is inside every declaration.
    pub(super) fn resolve_members(&mut self) -> Drafts {
        let mut drafts = Drafts {
            types: vec![None; self.declarations.len()],
            ..Drafts::default()
        };
        let mut making = Making::default();
        for id in self.ids() {
            let declared = self.declared(id);
            let (unit, ast) = (declared.unit, declared.ast);
            match &ast.kind {
                Kind::Message { fields, reserved } => {
                    let message = self.message(unit, ast, fields, reserved);
                    drafts.types[id.index()] = Some(self.type_decl(unit, ast, TypeKind::Message(message)));
                }
                Kind::Enum { values, reserved } => {
                    let body = self.enumeration(unit, ast, values, reserved);
                    drafts.types[id.index()] = Some(self.type_decl(unit, ast, TypeKind::Enum(body)));
                }
                Kind::Union { cases, reserved } => {
                    let body = self.union(unit, ast, cases, reserved);
                    drafts.types[id.index()] = Some(self.type_decl(unit, ast, TypeKind::Union(body)));
                }
                Kind::Service { methods } => {
                    let service = self.service(unit, ast, methods, &mut making);
                    drafts.services.push(service);
                }
                Kind::Alias { .. } => {
                    let notes = self.attributes(unit, &ast.marks, &ast.name, Target::Alias).notes;
                    if let Some(ty) = self.aliases[id.index()].clone() {
                        let (package, name) = (self.package(unit).to_owned(), ast.name.text.clone());
                        drafts.aliases.push(model::Alias {
                            package,
                            name,
                            span: ast.name.span,
                            notes,
                            ty,
                        });
                    }
                }
                Kind::Constant { .. } => {
                    let notes = self
                        .attributes(unit, &ast.marks, &ast.name, Target::Constant)
                        .notes;
                    if let Some(constant) = self.constants[id.index()].clone() {
                        let (package, name) = (self.package(unit).to_owned(), ast.name.text.clone());
                        let (ty, value) = (constant.ty, constant.literal);
                        drafts.constants.push(model::Constant {
                            package,
                            name,
                            span: ast.name.span,
                            notes,
                            ty,
                            value,
                        });
                    }
                }
            }
        }
        drafts.made = making.into_types();
        drafts
    }

    fn type_decl(&mut self, unit: usize, ast: &'a Declaration, kind: TypeKind) -> TypeDecl {
        TypeDecl {
            package: self.package(unit).to_owned(),
            name: ast.name.text.clone(),
            span: ast.name.span,
            notes: self.attributes(unit, &ast.marks, &ast.name, Target::Type).notes,
            made: None,
            kind,
        }
    }

    fn message(
        &mut self,
        unit: usize,
        ast: &Declaration,
        fields: &'a [ast::Field],
        reserved: &[Expression],
    ) -> Message {
        let reserved = self.reserved(reserved, None);
        if let Some(extra) = fields.get(MAX_FIELDS) {
            self.problems.push(errors::too_many_fields(
                extra.name.span,
                &ast.name,
                fields.len(),
                MAX_FIELDS,
            ));
        }
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        let mut out = Vec::with_capacity(fields.len());
        for field in fields {
            let name = &field.name;
            if let Some(first) = seen.get(name.text.as_str()) {
                self.problems
                    .push(errors::duplicate_field(name, *first, &ast.name));
                // what else is wrong with it is another mistake
                self.field(unit, field, Target::Field);
                continue;
            }
            seen.insert(&name.text, name.span);
            self.refuse_reserved_name(name, &reserved);
            out.extend(self.field(unit, field, Target::Field));
        }
        Message {
            fields: out,
            reserved: reserved.names.into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// A field or a parameter.
    pub(super) fn field(&mut self, unit: usize, field: &'a ast::Field, target: Target) -> Option<Field> {
        let notes = self.attributes(unit, &field.marks, &field.name, target).notes;
        let ty = self.value(unit, &field.ty)?;
        let default = match &field.default {
            Some(default) => Some(self.check_default(unit, default, &ty)?),
            None => None,
        };
        Some(Field {
            name: field.name.text.clone(),
            span: field.name.span,
            ty,
            default,
            notes,
        })
    }

    fn enumeration(
        &mut self,
        unit: usize,
        ast: &Declaration,
        values: &'a [ast::EnumValue],
        reserved: &[Expression],
    ) -> Enum {
        let reserved = self.reserved(reserved, Some(0));
        if values.is_empty() && !ast.broken {
            self.problems.push(errors::empty_enum(&ast.name));
        }
        let mut names: FxHashMap<&str, Span> = FxHashMap::default();
        let mut numbers: FxHashMap<i32, &Name> = FxHashMap::default();
        let mut out = Vec::with_capacity(values.len());
        for value in values {
            let name = &value.name;
            let notes = self.attributes(unit, &value.marks, name, Target::EnumValue).notes;
            let number = self.number(&value.number, 0, "an enum value");
            if let Some(first) = names.get(name.text.as_str()) {
                self.problems
                    .push(errors::duplicate_value(name, *first, &ast.name));
                continue;
            }
            names.insert(&name.text, name.span);
            self.refuse_reserved_name(name, &reserved);
            let Some(number) = number else { continue };
            self.refuse_reserved_number(value.number.span, number, &reserved);
            if let Some(first) = numbers.get(&number) {
                self.problems.push(errors::duplicate_number(
                    value.number.span,
                    number,
                    first,
                    &ast.name,
                ));
                continue;
            }
            numbers.insert(number, name);
            out.push(EnumValue {
                name: name.text.clone(),
                span: name.span,
                number,
                notes,
            });
        }
        let (reserved_names, reserved_numbers) = reserved.into_parts();
        Enum {
            values: out,
            reserved_names,
            reserved_numbers,
        }
    }

    fn union(
        &mut self,
        unit: usize,
        ast: &Declaration,
        cases: &'a [ast::Case],
        reserved: &[Expression],
    ) -> Union {
        let reserved = self.reserved(reserved, Some(1));
        if cases.is_empty() && !ast.broken {
            self.problems.push(errors::empty_union(&ast.name));
        }
        let mut names: FxHashMap<&str, Span> = FxHashMap::default();
        let mut numbers: FxHashMap<i32, &Name> = FxHashMap::default();
        let mut out = Vec::with_capacity(cases.len());
        for case in cases {
            let name = &case.name;
            let notes = self.attributes(unit, &case.marks, name, Target::Case).notes;
            let number = self.number(&case.number, 1, "a case");
            let ty = self.case_type(unit, &case.ty);
            if let Some(first) = names.get(name.text.as_str()) {
                self.problems
                    .push(errors::duplicate_case(name, *first, &ast.name));
                continue;
            }
            names.insert(&name.text, name.span);
            self.refuse_reserved_name(name, &reserved);
            let Some(number) = number else { continue };
            self.refuse_reserved_number(case.number.span, number, &reserved);
            if let Some(first) = numbers.get(&number) {
                self.problems.push(errors::duplicate_number(
                    case.number.span,
                    number,
                    first,
                    &ast.name,
                ));
                continue;
            }
            numbers.insert(number, name);
            let Some(ty) = ty else { continue };
            out.push(Case {
                name: name.text.clone(),
                span: name.span,
                number,
                ty,
                notes,
            });
        }
        let (reserved_names, reserved_numbers) = reserved.into_parts();
        Union {
            cases: out,
            reserved_names,
            reserved_numbers,
        }
    }

    fn case_type(&mut self, unit: usize, ty: &'a ast::Type) -> Option<Leaf> {
        let value = self.value(unit, ty)?;
        let what = if value.optional {
            "an optional"
        } else {
            match value.shape {
                Shape::Leaf(Leaf::Type(id)) => match self.declared(DeclId(id.0)).ast.kind {
                    Kind::Union { .. } => "a union",
                    _ => return Some(Leaf::Type(id)),
                },
                Shape::Leaf(leaf) => return Some(leaf),
                Shape::List(_) => "a list",
                Shape::Set(_) => "a set",
                Shape::Map(..) => "a map",
            }
        };
        self.problems.push(errors::invalid_case(ty.span, what));
        None
    }

    fn number(&mut self, expression: &Expression, least: i32, what: &str) -> Option<i32> {
        let number = match &expression.value {
            Value::Int(integer) => integer
                .value()
                .and_then(|value| i32::try_from(value).ok())
                .filter(|value| *value >= least),
            Value::Invalid => return None,
            _ => {
                self.problems.push(errors::number_kind(expression.span, what));
                return None;
            }
        };
        if number.is_none() {
            self.problems
                .push(errors::number_range(expression.span, what, least));
        }
        number
    }

    /// `least` is the least number, or `None` where there are no numbers.
    fn reserved(&mut self, items: &[Expression], least: Option<i32>) -> Reserved {
        let mut out = Reserved::default();
        let mut told = false;
        for item in items {
            match (&item.value, least) {
                (Value::Invalid, _) => {}
                (Value::String(text), _) => {
                    let name = crate::parse::nfc(text);
                    if !is_identifier(&name) {
                        self.problems
                            .push(errors::invalid_name(item.span, &name, "a reserved name"));
                    } else if let Some((_, first)) = out.names.iter().find(|(known, _)| *known == name) {
                        self.problems.push(errors::reserved_twice(item.span, *first));
                    } else {
                        out.names.push((name, item.span));
                    }
                }
                // once: it is one mistake, however many numbers there are
                (_, None) if told => {}
                (_, None) => {
                    told = true;
                    self.problems.push(errors::reserved_number_in_message(item.span));
                }
                (_, Some(least)) => {
                    if let Some(number) = self.number(item, least, "a reserved number") {
                        if let Some((_, first)) = out.numbers.iter().find(|(known, _)| *known == number) {
                            self.problems.push(errors::reserved_twice(item.span, *first));
                        } else {
                            out.numbers.push((number, item.span));
                        }
                    }
                }
            }
        }
        out
    }

    fn refuse_reserved_name(&mut self, name: &Name, reserved: &Reserved) {
        if let Some((_, span)) = reserved.names.iter().find(|(known, _)| *known == name.text) {
            self.problems.push(errors::reserved_name(name, *span));
        }
    }

    fn refuse_reserved_number(&mut self, span: Span, number: i32, reserved: &Reserved) {
        if let Some((_, first)) = reserved.numbers.iter().find(|(known, _)| *known == number) {
            self.problems.push(errors::reserved_number(span, number, *first));
        }
    }
}

/// What must not come back.
#[derive(Default)]
struct Reserved {
    names: Vec<(String, Span)>,
    numbers: Vec<(i32, Span)>,
}

impl Reserved {
    fn into_parts(self) -> (Vec<String>, Vec<i32>) {
        let names = self.names.into_iter().map(|(name, _)| name).collect();
        (
            names,
            self.numbers.into_iter().map(|(number, _)| number).collect(),
        )
    }
}
