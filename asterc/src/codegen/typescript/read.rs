//! The functions that read messages and unions, printed from their steps.

use super::body::Body;
use super::layout::{
    Doc, WIDTH, call, concat, generic, group, indent as deeper, on_its_own_line, repeat, text, width,
};
use super::path::{Path, suffix};
use super::scope::Scope;
use super::types::{self, Side};
use super::write::{assign, method};
use super::{literals, names};
use crate::codegen::steps::{CaseStep, Item, MessageSteps, Step, UnionSteps};
use crate::model::{Message, Union};
use aster_contract::graph::{Leaf, Shape, Value};

/// `read(r) {…},` of a message.
pub(super) fn message(scope: &Scope<'_>, body: &Message, steps: &MessageSteps, indent: usize) -> Vec<String> {
    let mut out = Body::new(indent);
    let name_of = |index: usize| body.fields[index].name.as_str();
    let Some(first) = steps.fields.first() else {
        out.open("read() {");
        out.line("return {};");
        out.close("},");
        return out.lines;
    };
    out.open("read(r) {");
    let mut reader = Reader {
        scope,
        path: Path::of_fields(
            steps.fields.iter().map(|step| (name_of(step.index), &step.item)),
            true,
        ),
        out,
    };
    reader.path.begin(&mut reader.out, name_of(first.index));
    for step in &steps.fields {
        let field = &body.fields[step.index];
        reader.path.field(&mut reader.out, &field.name);
        let local = scope.local(&names::property(&field.name));
        reader.field(&step.item, &field.ty, &local);
    }
    let properties = body.fields.iter().map(|field| {
        let name = names::property(&field.name);
        match scope.local(&name) {
            local if local == name => name,
            local => format!("{name}: {local}"),
        }
    });
    reader.returned(&properties.collect::<Vec<_>>());
    reader.path.end(&mut reader.out);
    reader.out.close("},");
    reader.out.lines
}

/// `read(r) {…},` of a union.
pub(super) fn union(
    scope: &Scope<'_>,
    name: &str,
    body: &Union,
    steps: &UnionSteps,
    indent: usize,
) -> Vec<String> {
    let mut out = Body::new(indent);
    out.open("read(r) {");
    let mut path = Path::of_cases();
    path.begin(&mut out, "");
    out.line("const number = r.unionCase();");
    out.open("switch (number) {");
    let mut reader = Reader { scope, path, out };
    for step in &steps.cases {
        let case = &body.cases[step.index];
        let is_message = matches!(step.step, Step::Message(_));
        let brace = if is_message { " {" } else { "" };
        reader.out.open(format!("case {}:{brace}", step.number));
        reader
            .out
            .line(format!("field = {};", literals::string(&case.name)));
        reader.case(step, &literals::string(&names::property(&case.name)));
        match is_message {
            true => reader.out.close("}"),
            false => reader.out.close_silently(),
        }
    }
    let Reader { path, mut out, .. } = reader;
    out.open("default:");
    out.line(format!(
        "throw v1.unknownCase({}, number);",
        literals::string(name)
    ));
    out.close_silently();
    out.close("}");
    path.end(&mut out);
    out.close("},");
    out.lines
}

impl Body {
    /// Opens a loop over as many values as `count` says.
    fn repeat(&mut self, suffix: &str, count: &str) {
        let (i, n) = (format!("i{suffix}"), format!("n{suffix}"));
        let start = format!("{i} = 0, {n} = {count}");
        self.open_doc(&repeat(&start, &format!("{i} < {n}"), &format!("{i}++")));
    }
}

struct Reader<'s, 'a> {
    scope: &'s Scope<'a>,
    path: Path,
    out: Body,
}

impl Reader<'_, '_> {
    /// A field, into a variable.
    fn field(&mut self, item: &Item, ty: &Value, local: &str) {
        if !item.nullable {
            self.required(&item.step, &ty.shape, local, 0);
            return;
        }
        if let Some(one) = self.one(&item.step) {
            let value = conditional("r.present()", one, text("undefined"));
            self.out
                .statement(concat([text(format!("const {local} = ")), value]));
            return;
        }
        let annotation = types::value(self.scope, ty, Side::Read);
        let annotation = match annotation {
            Doc::Group(_) => on_its_own_line(&format!("let {local}:"), annotation, ";"),
            annotation => annotated("let", local, annotation, ";"),
        };
        self.out.doc(&annotation);
        self.out.open("if (r.present()) {");
        match &item.step {
            Step::Message(id) => {
                let ty = self.scope.ty(*id);
                self.out
                    .statement(call("r.enter", [text(format!("{ty}.typeDef"))]));
                self.out
                    .statement(concat([text(format!("{local} = ")), self.body(&ty)]));
                self.out.line("r.leave();");
            }
            step => {
                self.required(step, &ty.shape, "items", 0);
                self.out.line(format!("{local} = items;"));
            }
        }
        self.out.close("}");
    }

    /// A value that is there, into a variable.
    fn required(&mut self, step: &Step, shape: &Shape, local: &str, level: usize) {
        match (step, shape) {
            (Step::Message(id), _) => {
                let ty = self.scope.ty(*id);
                self.out
                    .statement(call("r.enter", [text(format!("{ty}.typeDef"))]));
                self.out
                    .statement(concat([text(format!("const {local} = ")), self.body(&ty)]));
                self.out.line("r.leave();");
            }
            (Step::List(element), Shape::List(ty)) => {
                let annotation = types::shape(self.scope, shape, Side::Read);
                self.out.statement(annotated("const", local, annotation, " = []"));
                self.list(element, ty, local, level);
            }
            (Step::Set(element), Shape::Set(ty)) => self.set(element, *ty, local, level),
            (Step::Map(key, held), Shape::Map(key_ty, ty)) => self.map(key, held, *key_ty, ty, local, level),
            _ => {
                let one = self.one(step).expect("steps: a step is its type's");
                self.out.statement(assign(&format!("const {local}"), one));
            }
        }
    }

    /// What one expression reads.
    fn one(&self, step: &Step) -> Option<Doc> {
        Some(match step {
            Step::Scalar(primitive) => text(format!("r.{}()", method(*primitive))),
            Step::Enum(id) => call("r.enumeration", [text(self.scope.ty(*id) + "$")]),
            Step::Union(id) => self.body(&self.scope.ty(*id)),
            Step::Message(_) | Step::List(_) | Step::Set(_) | Step::Map(..) => return None,
        })
    }

    /// The fields of a message.
    fn body(&self, ty: &str) -> Doc {
        call(format!("{ty}.read"), [text("r")])
    }

    /// The same in a container that says of which type its messages are.
    fn element(&self, step: &Step) -> Option<Doc> {
        match step {
            Step::Message(id) => Some(self.body(&self.scope.ty(*id))),
            step => self.one(step),
        }
    }

    fn list(&mut self, element: &Item, ty: &Value, local: &str, level: usize) {
        let s = suffix(level);
        let message = match &element.step {
            Step::Message(id) => Some(self.scope.ty(*id)),
            _ => None,
        };
        let count = match (&message, element.nullable) {
            (None, false) => "r.list()".to_owned(),
            (None, true) => "r.optionalList()".to_owned(),
            (Some(ty), false) => format!("r.messages({ty}.typeDef)"),
            (Some(ty), true) => format!("r.optionalMessages({ty}.typeDef)"),
        };
        let nulls = if element.nullable {
            format!(", nulls{s} = r.nulls")
        } else {
            String::new()
        };
        self.out.repeat(&s, &format!("{count}{nulls}"));
        self.path
            .element(&mut self.out, level, &format!("i{s}"), &element.step);
        let missing = format!("nulls{s} && !r.present()");
        let one = self.element(&element.step);
        match one {
            Some(one) if element.nullable => {
                let value = conditional(&missing, text("undefined"), one);
                self.out.statement(call(format!("{local}.push"), [value]));
            }
            Some(one) => self.out.statement(call(format!("{local}.push"), [one])),
            None => {
                if element.nullable {
                    self.out.open(format!("if ({missing}) {{"));
                    self.out.line(format!("{local}.push(undefined);"));
                    self.out.line("continue;");
                    self.out.close("}");
                }
                let inner = format!("items{}", suffix(level + 1));
                self.required(&element.step, &ty.shape, &inner, level + 1);
                self.out.line(format!("{local}.push({inner});"));
            }
        }
        self.out.close("}");
        if message.is_some() {
            self.out.line(format!("if ({local}.length !== 0) r.leave();"));
        }
    }

    fn set(&mut self, element: &Step, ty: Leaf, local: &str, level: usize) {
        let s = suffix(level);
        let ty = types::leaf(self.scope, ty, Side::Read);
        let set = generic(format!("new {}", self.scope.global("Set")), vec![text(ty)]);
        self.out
            .statement(concat([text(format!("const {local} = ")), set, text("()")]));
        self.out.repeat(&s, "r.list()");
        self.path.element(&mut self.out, level, &format!("i{s}"), element);
        let one = self
            .one(element)
            .expect("resolve: an element is a scalar or an enum");
        self.out.statement(call(format!("{local}.add"), [one]));
        self.out
            .line(format!("if ({local}.size === i{s}) throw r.repeatedElement();"));
        self.out.close("}");
    }

    fn map(&mut self, key: &Step, held: &Item, key_ty: Leaf, ty: &Value, local: &str, level: usize) {
        let s = suffix(level);
        let key_ty = text(types::leaf(self.scope, key_ty, Side::Read));
        let value_ty = types::value(self.scope, ty, Side::Read);
        let map = generic(
            format!("new {}", self.scope.global("Map")),
            vec![key_ty, value_ty],
        );
        self.out
            .statement(concat([text(format!("const {local} = ")), map, text("()")]));
        let message = match &held.step {
            Step::Message(id) => Some(self.scope.ty(*id)),
            _ => None,
        };
        let chunk = match (&message, held.nullable) {
            (None, false) => format!("r.chunk(left{s})"),
            (None, true) => format!("r.optionalChunk(left{s})"),
            (Some(ty), false) => format!("r.messageChunk(left{s}, {ty}.typeDef)"),
            (Some(ty), true) => format!("r.optionalMessageChunk(left{s}, {ty}.typeDef)"),
        };
        self.out
            .open(format!("for (let left{s} = r.count(); left{s} !== 0;) {{"));
        // the header of a chunk is that of no entry
        self.out.line(format!("where{s} = undefined;"));
        self.out.line(format!("const n{s} = {chunk};"));
        let pairs = if held.nullable {
            self.out.line(format!("const pairs{s} = n{s} === 0 ? 1 : n{s};"));
            format!("pairs{s}")
        } else {
            format!("n{s}")
        };
        self.out.line(format!("left{s} -= {pairs};"));
        self.out
            .open(format!("for (let i{s} = 0; i{s} < {pairs}; i{s}++) {{"));
        self.path
            .element(&mut self.out, level, &format!("{local}.size"), &held.step);
        let one = self.one(key).expect("resolve: a key is a scalar or an enum");
        self.out.statement(assign(&format!("const key{s}"), one));
        self.out.line(format!("where{s} = key{s};"));
        self.out
            .line(format!("if ({local}.has(key{s})) throw r.repeatedKey();"));
        let set = format!("{local}.set");
        let key = text(format!("key{s}"));
        match self.element(&held.step) {
            Some(one) if held.nullable => {
                let value = conditional(&format!("n{s} === 0"), text("undefined"), one);
                self.out.statement(call(set, [key, value]));
            }
            Some(one) => self.out.statement(call(set, [key, one])),
            None => {
                if held.nullable {
                    self.out.open(format!("if (n{s} === 0) {{"));
                    self.out.line(format!("{set}(key{s}, undefined);"));
                    self.out.line("continue;");
                    self.out.close("}");
                }
                let inner = format!("items{}", suffix(level + 1));
                self.required(&held.step, &ty.shape, &inner, level + 1);
                self.out.line(format!("{set}(key{s}, {inner});"));
            }
        }
        self.out.close("}");
        match (&message, held.nullable) {
            (Some(_), true) => self.out.line(format!("if (n{s} !== 0) r.leave();")),
            (Some(_), false) => self.out.line("r.leave();"),
            (None, _) => {}
        }
        self.out.close("}");
    }

    /// The value of a case, whose name is a literal.
    fn case(&mut self, step: &CaseStep, name: &str) {
        let value = match &step.step {
            Step::Message(id) => {
                let ty = self.scope.ty(*id);
                self.out
                    .statement(call("r.enter", [text(format!("{ty}.typeDef"))]));
                self.out
                    .statement(concat([text("const value = "), self.body(&ty)]));
                self.out.line("r.leave();");
                "value".to_owned()
            }
            Step::Enum(id) => format!("value: r.enumCase({}$)", self.scope.ty(*id)),
            Step::Scalar(primitive) => {
                self.out.line(format!("r.caseType({});", step.type_id));
                format!("value: r.{}()", method(*primitive))
            }
            _ => unreachable!("resolve: a case is a message, an enum or a scalar"),
        };
        self.returned(&[format!("case: {name}"), value]);
    }

    /// `return {…};`, in one line where that fits.
    fn returned(&mut self, properties: &[String]) {
        let line = format!("return {{ {} }};", properties.join(", "));
        if self.out.indent() + width(&line) <= WIDTH {
            self.out.line(line);
            return;
        }
        self.out.open("return {");
        for property in properties {
            self.out.line(format!("{property},"));
        }
        self.out.close("};");
    }
}

/// `test ? yes : no`
fn conditional(test: &str, yes: Doc, no: Doc) -> Doc {
    let alternatives = [Doc::Line, text("? "), yes, Doc::Line, text(": "), no];
    group([text(test), deeper(alternatives)])
}

/// `keyword name: ty` and what follows.
fn annotated(keyword: &str, name: &str, ty: Doc, after: &str) -> Doc {
    concat([text(format!("{keyword} {name}: ")), ty, text(after)])
}
