//! Messages: their interface, what makes one, and their codec.

use super::layout::{Doc, call, concat, generic, on_its_own_line, print, text, width, with_function};
use super::scope::Scope;
use super::types::{self, Side};
use super::{head, literals, names, read, tsdoc, write};
use crate::codegen::docs::article;
use crate::codegen::notes::{code_span, made_for};
use crate::codegen::steps::TypeSteps;
use crate::model::{Field, Literal, Message, TypeDecl, TypeKind};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use asterc_templates::typescript::{Interface, Member, Message as View, Section};

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Message) -> Section {
    let TypeSteps::Message(steps) = &scope.generator.steps.types[id.0 as usize] else {
        unreachable!("steps: a message has the steps of one")
    };
    let name = scope.ty(id);
    let docs = tsdoc::or(&ty.notes, || match ty.made {
        None => format!("The message `{}`.", ty.full_name()),
        Some(made) => made_for(made, id, &scope.generator.users),
    });
    let interface = Interface {
        docs: tsdoc::print(&docs, 0),
        name: name.clone(),
        record: scope.global("Record"),
        members: members(scope, body, Side::Read),
    };
    let written = format!("{name}Init");
    let init = scope.generator.written[id.0 as usize].then(|| members(scope, body, Side::Written));
    let a = article(&name);
    let head = head::of_codec(scope, "MessageType", "message", id);
    let parts = head.deep + 2;
    Section::Message(View {
        interface,
        init_docs: tsdoc::print(&[format!("What makes {a} `{name}`.")], 0),
        init_name: written,
        init,
        codec_docs: tsdoc::print(&[format!("Makes, encodes and decodes {a} `{name}`.")], 0),
        pad: " ".repeat(head.deep),
        close: head.close,
        head: head.open,
        full_name: literals::string(&ty.full_name()),
        type_def: property("typeDef", &literals::base64(&steps.type_def), parts),
        functions: create(scope, body, parts)
            .into_iter()
            .chain(write::message(scope, &ty.full_name(), body, steps, parts))
            .chain(read::message(scope, body, steps, parts))
            .collect(),
    })
}

/// `name: "literal",`, where a literal that is too long has a line of its own.
pub(super) fn property(name: &str, literal: &str, indent: usize) -> String {
    if indent + width(name) + width(literal) + 3 <= super::layout::WIDTH {
        format!("{name}: {literal},")
    } else {
        format!("{name}:\n{:1$}{literal},", "", indent + 2)
    }
}

/// The properties of the interface.
fn members(scope: &Scope<'_>, body: &Message, side: Side) -> Vec<Member> {
    let members = body.fields.iter().map(|field| {
        let mut docs = tsdoc::of(&field.notes);
        let is_default = side == Side::Written && field.default.is_some();
        if let (true, Some(default)) = (is_default, default_shown(scope, field)) {
            let default = code_span(&default).replace("*/", "*\\/");
            tsdoc::tag(&mut docs, vec![format!("@defaultValue {default}")]);
        }
        let name = names::property(&field.name);
        let ty = types::shape(scope, &field.ty.shape, side);
        let doc = if field.ty.optional || is_default {
            let ty = types::or_undefined(ty);
            on_its_own_line(&format!("{name}?:"), ty, ";")
        } else {
            concat([text(format!("{name}: ")), ty, text(";")])
        };
        Member {
            docs: (!docs.is_empty()).then(|| tsdoc::print(&docs, 2)),
            code: print(&doc, 2),
        }
    });
    members.collect()
}

/// The default of a field, for documentation.
fn default_shown(scope: &Scope<'_>, field: &Field) -> Option<String> {
    Some(match field.ty.shape {
        Shape::Leaf(_) => print(&default(scope, field)?, 0).replace('\n', " "),
        Shape::List(_) => "[]".to_owned(),
        Shape::Set(_) => "new Set()".to_owned(),
        Shape::Map(..) => "new Map()".to_owned(),
    })
}

/// The default of a field.
pub(super) fn default(scope: &Scope<'_>, field: &Field) -> Option<Doc> {
    Some(match (&field.ty.shape, field.default.as_ref()?) {
        (Shape::List(_), _) => text("[]"),
        (Shape::Set(element), _) => {
            let element = text(types::leaf(scope, *element, Side::Written));
            let set = generic(format!("new {}", scope.global("Set")), vec![element]);
            concat([set, text("()")])
        }
        (Shape::Map(key, held), _) => {
            let of = vec![
                text(types::leaf(scope, *key, Side::Written)),
                types::value(scope, held, Side::Written),
            ];
            let map = generic(format!("new {}", scope.global("Map")), of);
            concat([map, text("()")])
        }
        (Shape::Leaf(Leaf::Type(id)), Literal::EnumValue { number, .. }) => {
            text(scope.enum_value(*id, *number))
        }
        (Shape::Leaf(Leaf::Type(_)), _) => unreachable!("resolve: only enums among types have defaults"),
        (Shape::Leaf(Leaf::Primitive(primitive)), value) => literals::scalar(value, *primitive, scope).doc(),
    })
}

/// `create(init) {…},`
fn create(scope: &Scope<'_>, body: &Message, indent: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    if body.fields.is_empty() {
        return vec![
            format!("{pad}create() {{"),
            format!("{pad}  return {{}};"),
            format!("{pad}}},"),
        ];
    }
    let mut lines = vec![format!("{pad}create(init) {{"), format!("{pad}  return {{")];
    for field in &body.fields {
        let name = names::property(&field.name);
        let value = made(scope, field, &format!("init.{name}"));
        let head = format!("{name}:");
        let doc = match &value {
            Doc::Concat(parts) if parts.iter().any(|part| matches!(part, Doc::Line)) => {
                on_its_own_line(&head, value, ",")
            }
            _ => concat([text(head + " "), value, text(",")]),
        };
        lines.push(format!("{pad}    {}", print(&doc, indent + 4)));
    }
    lines.push(format!("{pad}  }};"));
    lines.push(format!("{pad}}},"));
    lines
}

/// The value of a field, made of what was given.
fn made(scope: &Scope<'_>, field: &Field, given: &str) -> Doc {
    let Some(default) = default(scope, field) else {
        return copy_value(scope, &field.ty, given, 0).unwrap_or_else(|| text(given));
    };
    match &field.ty.shape {
        Shape::Leaf(_) => concat([text(format!("{given} ??")), Doc::Line, default]),
        shape => {
            let given = match shape {
                Shape::List(_) => format!("({given} ?? [])"),
                // these take nothing for no elements
                _ => given.to_owned(),
            };
            copy(scope, shape, &given, 0).expect("a container is copied")
        }
    }
}

/// A copy of a value that may be missing; none where it is as good as its copy.
fn copy_value(scope: &Scope<'_>, value: &Value, given: &str, level: usize) -> Option<Doc> {
    if !value.optional {
        return copy(scope, &value.shape, given, level);
    }
    let copy = match &value.shape {
        Shape::List(element) => match copies(scope, element, given, "?", level) {
            // a method of it makes the copy
            Some(copy) => return Some(copy),
            None => text(format!("[...{given}]")),
        },
        shape => copy(scope, shape, given, level)?,
    };
    Some(concat([text(format!("{given} &&")), Doc::Line, copy]))
}

/// A list of the copies of its elements; none where these are as good. `mark` is a `?` behind what may be missing.
fn copies(scope: &Scope<'_>, element: &Value, given: &str, mark: &str, level: usize) -> Option<Doc> {
    let item = item(level);
    let copy = copy_value(scope, element, &item, level + 1)?;
    Some(with_function(&format!("{given}{mark}.map"), None, &item, copy))
}

fn item(level: usize) -> String {
    format!("item{}", super::path::suffix(level))
}

/// A copy of a value.
fn copy(scope: &Scope<'_>, shape: &Shape, given: &str, level: usize) -> Option<Doc> {
    Some(match shape {
        Shape::Leaf(Leaf::Type(id)) => {
            let is_enum = matches!(scope.schema().types[id.0 as usize].kind, TypeKind::Enum(_));
            if is_enum || !scope.generator.written[id.0 as usize] {
                return None;
            }
            call(scope.ty(*id) + ".create", [text(given)])
        }
        Shape::Leaf(Leaf::Primitive(_)) => return None,
        Shape::List(element) => {
            copies(scope, element, given, "", level).unwrap_or_else(|| text(format!("[...{given}]")))
        }
        Shape::Set(_) => call(format!("new {}", scope.global("Set")), [text(given)]),
        Shape::Map(_, held) => match copy_value(scope, held, &item(level), level + 1) {
            None => call(format!("new {}", scope.global("Map")), [text(given)]),
            Some(copy) => with_function("v1.mapValues", Some(given), &item(level), copy),
        },
    })
}
