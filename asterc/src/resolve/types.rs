//! Types as they were written go in; types with ids, aliases resolved, come out.

use super::errors;
use super::scope::{DeclId, Lookup, Scopes, last_segment, primitive, primitive_name};
use crate::ast::{self, Kind, Path};
use crate::source::Span;
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::Primitive;

/// How many containers may be inside each other, aliases resolved.
pub(super) const MAX_DEPTH: usize = 128;

/// Declared types have the id of their declaration until [`super::assemble`] sorts them.
pub(super) fn type_id(id: DeclId) -> TypeId {
    TypeId(id.0)
}

impl<'a> Scopes<'a> {
    /// The type that was written, or `None` when something about it was reported.
    pub(super) fn value(&mut self, unit: usize, ty: &'a ast::Type) -> Option<Value> {
        let value = self.shape(unit, ty)?;
        let depth = depth(&value);
        if depth > MAX_DEPTH {
            self.problems
                .push(errors::type_too_deep(ty.span, depth, MAX_DEPTH));
            return None;
        }
        Some(value)
    }

    /// Recursion is bounded: the scan lets no more brackets be open than [`MAX_DEPTH`].
    fn shape(&mut self, unit: usize, ty: &'a ast::Type) -> Option<Value> {
        let mut optional = ty.optional.first().copied();
        if let [first, second, ..] = ty.optional.as_slice() {
            self.problems.push(errors::optional_twice(*second, *first));
        }
        let shape = match &ty.shape {
            ast::Shape::Named(path) => {
                let value = self.named(unit, path)?;
                if value.optional {
                    if let Some(mark) = optional {
                        let alias = self.alias_of(unit, path);
                        self.problems
                            .push(errors::optional_alias(mark, &path.text, alias));
                    }
                    optional = Some(path.span);
                }
                value.shape
            }
            ast::Shape::List(element) => Shape::List(Box::new(self.shape(unit, element)?)),
            ast::Shape::Set(element) => Shape::Set(self.key(unit, element, true)?),
            ast::Shape::Map(key, value) => {
                let key = self.key(unit, key, false);
                let value = self.shape(unit, value);
                Shape::Map(key?, Box::new(value?))
            }
        };
        Some(Value {
            shape,
            optional: optional.is_some(),
        })
    }

    fn alias_of(&self, unit: usize, path: &'a Path) -> Option<Span> {
        match self.look_up(unit, &path.text) {
            Lookup::Found(id) => Some(self.declared(id).ast.name.span),
            _ => None,
        }
    }

    fn named(&mut self, unit: usize, path: &'a Path) -> Option<Value> {
        if let Some(primitive) = primitive(&path.text) {
            return Some(Value {
                shape: Shape::Leaf(Leaf::Primitive(primitive)),
                optional: false,
            });
        }
        match self.look_up(unit, &path.text) {
            Lookup::Found(id) => {
                let declared = self.declared(id).ast;
                match declared.kind {
                    Kind::Message { .. } | Kind::Enum { .. } | Kind::Union { .. } => Some(Value {
                        shape: Shape::Leaf(Leaf::Type(type_id(id))),
                        optional: false,
                    }),
                    Kind::Alias { .. } => self.aliases[id.index()].clone(),
                    Kind::Service { .. } | Kind::Constant { .. } => {
                        self.problems.push(errors::not_a_type(path, declared));
                        None
                    }
                }
            }
            Lookup::Ambiguous(found) => {
                self.ambiguous(&path.text, path.span, &found);
                None
            }
            Lookup::Missing => {
                self.unknown_type(unit, path);
                None
            }
        }
    }

    /// The element of a set or the key of a map.
    fn key(&mut self, unit: usize, ty: &'a ast::Type, element: bool) -> Option<Leaf> {
        let value = self.shape(unit, ty)?;
        if value.optional {
            let mark = ty.optional.first().copied();
            self.problems.push(errors::optional_key(
                mark.unwrap_or(ty.span),
                mark.is_some(),
                element,
            ));
            return None;
        }
        match value.shape {
            Shape::Leaf(leaf) if self.is_key(leaf) => Some(leaf),
            shape => {
                let what = self.describe(&Value {
                    shape,
                    optional: false,
                });
                self.problems.push(errors::invalid_key(ty.span, &what, element));
                None
            }
        }
    }

    fn is_key(&self, leaf: Leaf) -> bool {
        match leaf {
            Leaf::Primitive(primitive) => !matches!(
                primitive,
                Primitive::Float32
                    | Primitive::Float64
                    | Primitive::Binary
                    | Primitive::Timestamp
                    | Primitive::Duration
                    | Primitive::Date
                    | Primitive::Decimal
            ),
            Leaf::Type(id) => matches!(self.declared(DeclId(id.0)).ast.kind, Kind::Enum { .. }),
        }
    }

    /// Expands all aliases, each once, without recursion on the machine stack.
    pub(super) fn resolve_aliases(&mut self) {
        self.aliases = vec![None; self.declarations.len()];
        let mut states = vec![State::New; self.declarations.len()];
        for root in self.ids() {
            let mut stack = vec![root];
            while let Some(&top) = stack.last() {
                let declared = self.declared(top);
                let Kind::Alias { ty } = &declared.ast.kind else {
                    stack.pop();
                    continue;
                };
                match states[top.index()] {
                    State::New => {
                        states[top.index()] = State::Open;
                        for dependency in self.aliases_in(declared.unit, ty) {
                            match states[dependency.index()] {
                                State::New => stack.push(dependency),
                                State::Open => self.alias_cycle(&stack, &mut states, dependency, top),
                                State::Done => {}
                            }
                        }
                    }
                    State::Open => {
                        stack.pop();
                        states[top.index()] = State::Done;
                        let value = self.value(declared.unit, ty);
                        self.aliases[top.index()] = value;
                    }
                    State::Done => {
                        stack.pop();
                    }
                }
            }
        }
    }

    /// `from` is on the stack already: the aliases between are a circle.
    fn alias_cycle(&mut self, stack: &[DeclId], states: &mut [State], from: DeclId, to: DeclId) {
        let open = stack
            .iter()
            .copied()
            .filter(|id| states[id.index()] == State::Open);
        let mut cycle: Vec<DeclId> = open.skip_while(|id| *id != from).collect();
        if cycle.last() != Some(&to) {
            cycle.push(to);
        }
        let names = cycle.iter().map(|id| &self.declared(*id).ast.name);
        self.problems
            .push(errors::recursive_alias(&names.collect::<Vec<_>>()));
    }

    fn aliases_in(&self, unit: usize, ty: &'a ast::Type) -> Vec<DeclId> {
        let mut out = Vec::new();
        let mut types = vec![ty];
        while let Some(ty) = types.pop() {
            match &ty.shape {
                ast::Shape::Named(path) => {
                    if primitive(&path.text).is_some() {
                        continue;
                    }
                    if let Lookup::Found(id) = self.look_up(unit, &path.text)
                        && matches!(self.declared(id).ast.kind, Kind::Alias { .. })
                    {
                        out.push(id);
                    }
                }
                ast::Shape::List(element) | ast::Shape::Set(element) => types.push(element),
                ast::Shape::Map(key, value) => types.extend([&**key, &**value]),
            }
        }
        out
    }

    /// A type in words the user wrote or could have written.
    pub(super) fn describe(&self, value: &Value) -> String {
        let shape = match &value.shape {
            Shape::Leaf(leaf) => self.describe_leaf(*leaf),
            Shape::List(element) => format!("list<{}>", self.describe(element)),
            Shape::Set(element) => format!("set<{}>", self.describe_leaf(*element)),
            Shape::Map(key, value) => format!("map<{}, {}>", self.describe_leaf(*key), self.describe(value)),
        };
        if value.optional {
            format!("{shape}?")
        } else {
            shape
        }
    }

    pub(super) fn describe_leaf(&self, leaf: Leaf) -> String {
        match leaf {
            Leaf::Primitive(primitive) => primitive_name(primitive).to_owned(),
            Leaf::Type(id) => last_segment(&self.declared(DeclId(id.0)).ast.name.text).to_owned(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// How many containers are inside each other.
fn depth(value: &Value) -> usize {
    let mut depth = 0;
    let mut value = value;
    loop {
        match &value.shape {
            Shape::Leaf(_) => return depth,
            Shape::Set(_) => return depth + 1,
            Shape::List(inner) | Shape::Map(_, inner) => value = inner,
        }
        depth += 1;
    }
}
