//! The functions that write messages and unions, printed from their steps.

use super::body::Body;
use super::layout::{Doc, call, concat, indent, on_its_own_line, text};
use super::message::default;
use super::path::{Path, suffix};
use super::scope::Scope;
use super::types::{self, Side};
use super::{literals, names};
use crate::codegen::steps::{CaseStep, Item, MessageSteps, Step, UnionSteps};
use crate::model::{Message, Union, primitive_name};
use aster_contract::graph::{Shape, Value};
use aster_contract::model::Primitive;
use heck::ToLowerCamelCase;

/// `write(w, value) {…},` of a message.
pub(super) fn message(
    scope: &Scope<'_>,
    name: &str,
    body: &Message,
    steps: &MessageSteps,
    indent: usize,
) -> Vec<String> {
    let mut out = Body::new(indent);
    out.open("write(w, value) {");
    out.line(format!("w.object(value, {});", literals::string(name)));
    let name_of = |index: usize| body.fields[index].name.as_str();
    let mut writer = Writer {
        scope,
        path: Path::of_fields(
            steps.fields.iter().map(|step| (name_of(step.index), &step.item)),
            false,
        ),
        out,
    };
    if let Some(first) = steps.fields.first() {
        writer.path.begin(&mut writer.out, name_of(first.index));
        for step in &steps.fields {
            let field = &body.fields[step.index];
            writer.path.field(&mut writer.out, &field.name);
            let name = format!("value.{}", names::property(&field.name));
            let value = match default(scope, field) {
                Some(default) => concat([text(name + " ??"), Doc::Line, default]),
                None => text(name),
            };
            writer.field(&step.item, &field.ty, value);
        }
        writer.path.end(&mut writer.out);
    }
    writer.out.close("},");
    writer.out.lines
}

/// `write(w, value) {…},` of a union.
pub(super) fn union(
    scope: &Scope<'_>,
    name: &str,
    body: &Union,
    steps: &UnionSteps,
    indent: usize,
) -> Vec<String> {
    let mut out = Body::new(indent);
    let literal = literals::string(name);
    out.open("write(w, value) {");
    out.line(format!("w.object(value, {literal});"));
    let mut path = Path::of_cases();
    path.begin(&mut out, "");
    // of one case, the type says already that it is this one
    let only = if steps.cases.len() == 1 { " as string" } else { "" };
    out.open(format!("switch (value.case{only}) {{"));
    let mut writer = Writer { scope, path, out };
    for step in &steps.cases {
        let case = &body.cases[step.index];
        let property = literals::string(&names::property(&case.name));
        writer.out.open(format!("case {property}:"));
        writer
            .out
            .line(format!("field = {};", literals::string(&case.name)));
        writer.case(step);
        writer.out.close_case();
    }
    let Writer { path, mut out, .. } = writer;
    out.open("default:");
    out.line(format!("throw v1.unknownCaseName({literal}, value);"));
    out.close_silently();
    out.close("}");
    path.end(&mut out);
    out.close("},");
    out.lines
}

impl Body {
    /// Ends a case of a `switch`.
    pub(super) fn close_case(&mut self) {
        self.line("break;");
        self.close_silently();
    }
}

struct Writer<'s, 'a> {
    scope: &'s Scope<'a>,
    path: Path,
    out: Body,
}

impl Writer<'_, '_> {
    /// A field, whose value is `value`.
    fn field(&mut self, item: &Item, ty: &Value, value: Doc) {
        if !item.nullable {
            if is_container(&item.step) {
                self.out.open("{");
                self.container(&item.step, &ty.shape, value, 0);
                self.out.close("}");
            } else {
                self.leaf(&item.step, value);
            }
            return;
        }
        let Doc::Text(name) = &value else {
            unreachable!("resolve: what is optional has no default")
        };
        let present = format!("w.present({name})");
        self.guarded(&item.step, &ty.shape, &present, value.clone(), 0);
    }

    /// A value that is written if `condition` holds.
    fn guarded(&mut self, step: &Step, shape: &Shape, condition: &str, value: Doc, level: usize) {
        match self.one(step, value.clone()) {
            Some(statement) => self.out.when(condition, statement),
            None => {
                self.out.open(format!("if ({condition}) {{"));
                if is_container(step) {
                    self.container(step, shape, value, level);
                } else {
                    self.leaf(step, value);
                }
                self.out.close("}");
            }
        }
    }

    /// What one call writes.
    fn one(&self, step: &Step, value: Doc) -> Option<Doc> {
        Some(match step {
            Step::Scalar(primitive) => call(format!("w.{}", method(*primitive)), [argument(value)]),
            Step::Enum(id) => call("w.enumeration", [argument(value), text(self.scope.ty(*id) + "$")]),
            Step::Union(id) => call(self.scope.ty(*id) + ".write", [text("w"), value]),
            Step::Message(_) | Step::List(_) | Step::Set(_) | Step::Map(..) => return None,
        })
    }

    /// A scalar, an enum, a message or a union.
    fn leaf(&mut self, step: &Step, value: Doc) {
        if let Some(one) = self.one(step, value.clone()) {
            self.out.statement(one);
        } else if let Step::Message(id) = step {
            let ty = self.scope.ty(*id);
            self.out
                .statement(call("w.enter", [text(format!("{ty}.typeDef"))]));
            self.out
                .statement(call(format!("{ty}.write"), [text("w"), value]));
            self.out.line("w.leave();");
        }
    }

    /// The value of a case.
    fn case(&mut self, step: &CaseStep) {
        let value = || text("value.value");
        let number = step.number;
        match &step.step {
            Step::Enum(id) => {
                let ty = text(self.scope.ty(*id) + "$");
                self.out
                    .statement(call("w.enumCase", [text(number.to_string()), value(), ty]));
                return;
            }
            Step::Message(_) => self.out.line(format!("w.unionCase({number});")),
            _ => self
                .out
                .line(format!("w.scalarCase({number}, {});", step.type_id)),
        }
        self.leaf(&step.step, value());
    }

    /// A list, a set or a map.
    fn container(&mut self, step: &Step, shape: &Shape, value: Doc, level: usize) {
        let s = suffix(level);
        self.out.statement(assign(&format!("const items{s}"), value));
        match (step, shape) {
            (Step::List(element), Shape::List(ty)) => self.list(element, ty, level),
            (Step::Set(element), _) => {
                self.out.line(format!("let left{s} = w.set(items{s});"));
                self.out.open(format!("for (const item{s} of items{s}) {{"));
                self.leaf(element, text(format!("item{s}")));
                self.out.line(format!("left{s}--;"));
                self.out.close("}");
                self.out.line(format!("if (left{s} !== 0) throw w.changed();"));
            }
            (Step::Map(key, held), Shape::Map(_, ty)) => self.map(key, held, ty, level),
            _ => unreachable!("steps: a step is its type's"),
        }
    }

    fn list(&mut self, element: &Item, ty: &Value, level: usize) {
        let s = suffix(level);
        let message = self.message(&element.step);
        let method = match (&message, element.nullable) {
            (None, false) => "list",
            (None, true) => "optionalList",
            (Some(_), false) => "messages",
            (Some(_), true) => "optionalMessages",
        };
        let arguments = [
            Some(format!("items{s}")),
            message.as_ref().map(|ty| format!("{ty}.typeDef")),
        ];
        let arguments = arguments.into_iter().flatten().map(text);
        self.out.statement(assign(
            &format!("const n{s}"),
            call(format!("w.{method}"), arguments),
        ));
        if element.nullable {
            self.out.line(format!("const nulls{s} = w.nulls;"));
        }
        self.out
            .open(format!("for (let i{s} = 0; i{s} < n{s}; i{s}++) {{"));
        self.path
            .element(&mut self.out, level, &format!("i{s}"), &element.step);
        let item = if element.nullable {
            self.out.line(format!("const item{s} = items{s}[i{s}];"));
            format!("item{s}")
        } else {
            format!("items{s}[i{s}]")
        };
        let held = types::shape(self.scope, &ty.shape, Side::Written);
        let value = concat([text(item.clone() + " as "), held]);
        let condition = format!("!nulls{s} || w.present({item})");
        match &message {
            Some(ty) => {
                let write = call(format!("{ty}.write"), [text("w"), value]);
                match element.nullable {
                    true => self.out.when(&condition, write),
                    false => self.out.statement(write),
                }
            }
            None if element.nullable => {
                self.guarded(&element.step, &ty.shape, &condition, value, level + 1);
            }
            None if is_container(&element.step) => {
                self.container(&element.step, &ty.shape, value, level + 1);
            }
            None => self.leaf(&element.step, value),
        }
        self.out.close("}");
        if message.is_some() {
            self.out.line(format!("if (n{s} !== 0) w.leave();"));
        }
    }

    fn map(&mut self, key: &Step, held: &Item, ty: &Value, level: usize) {
        let s = suffix(level);
        let message = self.message(&held.step);
        if message.is_some() {
            self.out.line(format!("const n{s} = w.messageMap(items{s});"));
            self.out.line(format!("let left{s} = n{s};"));
        } else {
            self.out.line(format!("let left{s} = w.map(items{s});"));
        }
        self.out.line(format!("let run{s} = 0;"));
        self.out
            .open(format!("for (const [key{s}, entry{s}] of items{s}) {{"));
        self.path
            .element(&mut self.out, level, &format!("key{s}"), &held.step);
        let (key_name, entry) = (text(format!("key{s}")), text(format!("entry{s}")));
        if held.nullable {
            self.out.open(format!("if (entry{s} === undefined) {{"));
            self.out.line(format!("run{s} = w.nullPair();"));
            self.leaf(key, key_name.clone());
            self.out.next("} else {");
        }
        let pair = match &message {
            Some(ty) => call(
                "w.messagePair",
                [text(format!("run{s}")), text(format!("{ty}.typeDef"))],
            ),
            None => text(format!("w.pair(run{s})")),
        };
        self.out.statement(concat([text(format!("run{s} = ")), pair]));
        self.leaf(key, key_name);
        match &message {
            Some(ty) => {
                let write = call(format!("{ty}.write"), [text("w"), entry]);
                self.out.statement(write);
            }
            None if is_container(&held.step) => self.container(&held.step, &ty.shape, entry, level + 1),
            None => self.leaf(&held.step, entry),
        }
        if held.nullable {
            self.out.close("}");
        }
        self.out.line(format!("left{s}--;"));
        self.out.close("}");
        self.out.open(format!("if (left{s} !== 0) {{"));
        self.out.line(format!("where{s} = undefined;"));
        self.out.line("throw w.changed();");
        self.out.close("}");
        if message.is_some() {
            self.out.line(format!("if (n{s} !== 0) w.leave();"));
        }
    }

    fn message(&self, step: &Step) -> Option<String> {
        match step {
            Step::Message(id) => Some(self.scope.ty(*id)),
            _ => None,
        }
    }
}

/// An operand that goes to the next line stands deeper there in an argument.
fn argument(value: Doc) -> Doc {
    match value {
        Doc::Concat(parts) => {
            let first = parts.iter().position(|part| matches!(part, Doc::Line));
            let mut parts = parts;
            let rest = first.map_or_else(Vec::new, |first| parts.split_off(first));
            concat(parts.into_iter().chain([indent(rest)]))
        }
        value => value,
    }
}

/// `head = value`; what has a place to break goes to the next line where it does not fit.
pub(super) fn assign(head: &str, value: Doc) -> Doc {
    match &value {
        Doc::Concat(parts) if parts.iter().any(|part| matches!(part, Doc::Line)) => {
            on_its_own_line(&format!("{head} ="), value, "")
        }
        _ => concat([text(format!("{head} = ")), value]),
    }
}

pub(super) fn is_container(step: &Step) -> bool {
    matches!(step, Step::List(_) | Step::Set(_) | Step::Map(..))
}

/// The method of the reader and the writer for a scalar.
pub(super) fn method(primitive: Primitive) -> String {
    primitive_name(primitive).to_lower_camel_case()
}
