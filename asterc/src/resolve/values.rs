//! Values as they were written go in, with the type they are for; values of that type come out.

use super::errors;
use super::literals::{integer_range, literal};
use super::scope::{DeclId, Lookup, Scopes, last_segment, primitive_name};
use crate::ast::{Expression, Kind, Value as Written};
use crate::model::Literal;
use crate::source::Span;
use aster_contract::graph::{Leaf, Shape, Value};
use aster_contract::model::Primitive;

/// What a constant is.
#[derive(Clone)]
pub(super) struct ConstantValue<'a> {
    pub(super) ty: Leaf,
    pub(super) literal: Literal,
    /// The literal that it comes down to.
    root: &'a Expression,
}

impl<'a> Scopes<'a> {
    /// The value, checked against the type; `None` when something about it was reported.
    pub(super) fn check(&mut self, unit: usize, expression: &'a Expression, target: Leaf) -> Option<Literal> {
        match &expression.value {
            Written::Invalid => None,
            Written::Path(path) => self
                .check_name(unit, path, expression.span, target)
                .map(|(literal, _)| literal),
            _ => self.check_written(expression, expression.span, target),
        }
    }

    /// A default against the type of its field.
    pub(super) fn check_default(
        &mut self,
        unit: usize,
        expression: &'a Expression,
        ty: &Value,
    ) -> Option<Literal> {
        if ty.optional {
            self.problems.push(errors::default_on_optional(expression.span));
            return None;
        }
        let empty = match (&ty.shape, &expression.value) {
            (_, Written::Invalid) => return None,
            (Shape::Leaf(leaf), _) => {
                if let Leaf::Type(id) = leaf {
                    let declared = self.declared(DeclId(id.0)).ast;
                    if !matches!(declared.kind, Kind::Enum { .. }) {
                        self.problems
                            .push(errors::default_not_allowed(expression.span, declared));
                        return None;
                    }
                }
                return self.check(unit, expression, *leaf);
            }
            (Shape::List(_) | Shape::Set(_), Written::List(items)) => items.is_empty(),
            (Shape::Map(..) | Shape::Set(_), Written::EmptyMap) => true,
            _ => false,
        };
        if !empty {
            let form = if matches!(ty.shape, Shape::Map(..)) {
                "{}"
            } else {
                "[]"
            };
            let ty = self.describe(ty);
            self.problems
                .push(errors::container_default(expression.span, &ty, form));
            return None;
        }
        Some(Literal::Empty)
    }

    /// A name: an enum's value first, then a constant. Tells also the literal it comes down to, when it is a constant.
    fn check_name(
        &mut self,
        unit: usize,
        path: &'a str,
        span: Span,
        target: Leaf,
    ) -> Option<(Literal, Option<&'a Expression>)> {
        let mut values: Vec<&str> = Vec::new();
        let mut owner = None;
        if let Leaf::Type(id) = target {
            let declared = self.declared(DeclId(id.0)).ast;
            if let Kind::Enum { values: of_enum, .. } = &declared.kind {
                if let Some(value) = of_enum.iter().find(|value| value.name.text == path) {
                    let number = enum_number(&value.number)?;
                    return Some((
                        Literal::EnumValue {
                            name: value.name.text.clone(),
                            number,
                        },
                        None,
                    ));
                }
                values = of_enum.iter().map(|value| value.name.text.as_str()).collect();
                owner = Some(declared);
            }
        }
        match self.look_up(unit, path) {
            Lookup::Found(id) => {
                let declared = self.declared(id).ast;
                if !matches!(declared.kind, Kind::Constant { .. }) {
                    self.problems.push(errors::not_a_constant(span, path, declared));
                    return None;
                }
                let constant = self.constants[id.index()].clone()?;
                if constant.ty == target {
                    return Some((constant.literal, Some(constant.root)));
                }
                if !compatible(constant.ty, target) {
                    let (is, wanted) = (self.describe_leaf(constant.ty), self.describe_leaf(target));
                    self.problems.push(errors::constant_type(
                        span,
                        path,
                        &is,
                        &wanted,
                        declared.name.span,
                    ));
                    return None;
                }
                self.check_written(constant.root, span, target)
                    .map(|literal| (literal, Some(constant.root)))
            }
            Lookup::Ambiguous(found) => {
                self.ambiguous(path, span, &found);
                None
            }
            Lookup::Missing => {
                if owner.is_some_and(|owner| owner.broken) {
                    return None;
                }
                // `Level.INFO` for `INFO`.
                if values.contains(&last_segment(path)) {
                    self.problems
                        .push(errors::qualified_enum_value(span, path, last_segment(path)));
                    return None;
                }
                if let (Leaf::Primitive(Primitive::String | Primitive::Binary), false) =
                    (target, self.is_excused(unit, path))
                {
                    self.problems.push(errors::unquoted(span, path));
                    return None;
                }
                let owner = owner.map(|owner| owner.name.text.as_str());
                self.unknown_constant(unit, path, span, &values, owner);
                None
            }
        }
    }

    fn check_written(&mut self, expression: &Expression, span: Span, target: Leaf) -> Option<Literal> {
        let primitive = match target {
            Leaf::Primitive(primitive) => primitive,
            Leaf::Type(id) => {
                let declared = self.declared(DeclId(id.0)).ast;
                let number = match &expression.value {
                    Written::Int(integer) => integer.value(),
                    _ => None,
                };
                let values = match &declared.kind {
                    Kind::Enum { values, .. } => values.as_slice(),
                    _ => &[],
                };
                let text = match &expression.value {
                    Written::String(text) => Some(text.as_str()),
                    _ => None,
                };
                let named = values.iter().find(|value| {
                    number.is_some() && enum_number(&value.number).map(i128::from) == number
                        || Some(value.name.text.as_str()) == text
                });
                self.problems.push(errors::enum_literal(
                    span,
                    &declared.name.text,
                    named.map(|value| value.name.text.as_str()),
                ));
                return None;
            }
        };
        match literal(&expression.value, primitive) {
            Ok(literal) => Some(literal),
            Err(mismatch) => {
                let found = self.sources.text(expression.span);
                self.problems.push(errors::mismatch(
                    span,
                    primitive_name(primitive),
                    found,
                    &expression.value,
                    mismatch,
                ));
                None
            }
        }
    }

    /// Evaluates all constants, each once, without recursion on the machine stack.
    pub(super) fn resolve_constants(&mut self) {
        let count = self.declarations.len();
        self.constants = vec![None; count];
        let mut types: Vec<Option<Leaf>> = vec![None; count];
        for id in self.ids() {
            let declared = self.declared(id);
            if let Kind::Constant { ty, .. } = &declared.ast.kind {
                let Some(value) = self.value(declared.unit, ty) else {
                    continue;
                };
                types[id.index()] = match value {
                    Value {
                        shape: Shape::Leaf(leaf),
                        optional: false,
                    } if self.is_constant_type(leaf) => Some(leaf),
                    value => {
                        let what = self.describe(&value);
                        self.problems.push(errors::invalid_constant(ty.span, &what));
                        None
                    }
                };
            }
        }
        let mut done = vec![false; count];
        let mut open = vec![false; count];
        for root in self.ids() {
            let mut chain = vec![root];
            open[root.index()] = true;
            while let Some(next) = self.constant_behind(chain[chain.len() - 1], &types) {
                if done[next.index()] {
                    break;
                }
                if open[next.index()] {
                    let from = chain.iter().position(|id| *id == next).unwrap_or_default();
                    let names: Vec<_> = chain[from..]
                        .iter()
                        .map(|id| &self.declared(*id).ast.name)
                        .collect();
                    self.problems.push(errors::recursive_constant(&names));
                    chain.iter().for_each(|id| done[id.index()] = true);
                    chain.clear();
                    break;
                }
                open[next.index()] = true;
                chain.push(next);
            }
            while let Some(id) = chain.pop() {
                if std::mem::replace(&mut done[id.index()], true) {
                    continue;
                }
                let declared = self.declared(id);
                if let (Kind::Constant { value, .. }, Some(ty)) = (&declared.ast.kind, types[id.index()]) {
                    self.constants[id.index()] = self.constant(declared.unit, value, ty);
                }
            }
        }
    }

    fn constant(&mut self, unit: usize, value: &'a Expression, ty: Leaf) -> Option<ConstantValue<'a>> {
        match &value.value {
            Written::Path(path) => {
                let (literal, root) = self.check_name(unit, path, value.span, ty)?;
                Some(ConstantValue {
                    ty,
                    literal,
                    root: root.unwrap_or(value),
                })
            }
            _ => Some(ConstantValue {
                ty,
                literal: self.check(unit, value, ty)?,
                root: value,
            }),
        }
    }

    /// The constant that a constant's value names.
    fn constant_behind(&self, id: DeclId, types: &[Option<Leaf>]) -> Option<DeclId> {
        let declared = self.declared(id);
        let Kind::Constant {
            value: Expression {
                value: Written::Path(path),
                ..
            },
            ..
        } = &declared.ast.kind
        else {
            return None;
        };
        if let Some(Leaf::Type(of)) = types[id.index()]
            && let Kind::Enum { values, .. } = &self.declared(DeclId(of.0)).ast.kind
            && values.iter().any(|value| value.name.text == *path)
        {
            return None;
        }
        match self.look_up(declared.unit, path) {
            Lookup::Found(next) if matches!(self.declared(next).ast.kind, Kind::Constant { .. }) => {
                Some(next)
            }
            _ => None,
        }
    }

    fn is_constant_type(&self, leaf: Leaf) -> bool {
        match leaf {
            Leaf::Primitive(_) => true,
            Leaf::Type(id) => matches!(self.declared(DeclId(id.0)).ast.kind, Kind::Enum { .. }),
        }
    }

    /// The constant of that name as a literal, for attributes.
    pub(super) fn constant_literal(&mut self, unit: usize, path: &'a str, span: Span) -> Option<Literal> {
        match self.look_up(unit, path) {
            Lookup::Found(id) => {
                let declared = self.declared(id).ast;
                if !matches!(declared.kind, Kind::Constant { .. }) {
                    self.problems.push(errors::not_a_constant(span, path, declared));
                    return None;
                }
                self.constants[id.index()]
                    .as_ref()
                    .map(|constant| constant.literal.clone())
            }
            Lookup::Ambiguous(found) => {
                self.ambiguous(path, span, &found);
                None
            }
            Lookup::Missing => {
                self.unknown_constant(unit, path, span, &[], None);
                None
            }
        }
    }
}

/// The number of an enum value or case when it is one at all.
pub(super) fn enum_number(expression: &Expression) -> Option<i32> {
    match &expression.value {
        Written::Int(integer) => integer
            .value()
            .and_then(|value| i32::try_from(value).ok())
            .filter(|value| *value >= 0),
        _ => None,
    }
}

/// Whether a constant of one type may be the value of another: its literal then has to fit.
fn compatible(from: Leaf, to: Leaf) -> bool {
    let (Leaf::Primitive(from), Leaf::Primitive(to)) = (from, to) else {
        return false;
    };
    let family = |primitive| match primitive {
        Primitive::Float32 | Primitive::Float64 => 1,
        Primitive::Decimal => 2,
        other if integer_range(other).is_some() => 0,
        _ => 9,
    };
    let (from, to) = (family(from), family(to));
    from != 9 && to != 9 && from <= to
}
