//! Unions: one object type for each case, told apart by `case`.

use super::layout::{Doc, concat, group, indent, print, text, width};
use super::scope::Scope;
use super::types::{self, Side};
use super::{head, literals, names, read, tsdoc, write};
use crate::codegen::docs::article;
use crate::codegen::steps::TypeSteps;
use crate::model::{Case, TypeDecl, TypeKind, Union};
use aster_contract::graph::{Leaf, TypeId};
use asterc_templates::typescript::{Section, Union as View};

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Union) -> Section {
    let TypeSteps::Union(steps) = &scope.generator.steps.types[id.0 as usize] else {
        unreachable!("steps: a union has the steps of one")
    };
    let name = scope.ty(id);
    let docs = tsdoc::or(&ty.notes, || format!("The union `{}`.", ty.full_name()));
    let init_name = format!("{name}Init");
    let init = scope.generator.written[id.0 as usize].then(|| alias(scope, &init_name, body, Side::Written));
    let a = article(&name);
    let head = head::of_codec(scope, "UnionType", "union", id);
    let parts = head.deep + 2;
    let full_name = ty.full_name();
    Section::Union(View {
        docs: tsdoc::print(&docs, 0),
        alias: alias(scope, &name, body, Side::Read),
        init_docs: tsdoc::print(&[format!("What makes {a} `{name}`.")], 0),
        init: init.unwrap_or_else(|| format!("export type {init_name} = {name};")),
        codec_docs: tsdoc::print(&[format!("Makes, writes and reads {a} `{name}`.")], 0),
        pad: " ".repeat(head.deep),
        close: head.close,
        head: head.open,
        full_name: literals::string(&full_name),
        functions: create(scope, id, body, parts)
            .into_iter()
            .chain(write::union(scope, &full_name, body, steps, parts))
            .chain(read::union(scope, &full_name, body, steps, parts))
            .collect(),
    })
}

/// `export type Name = …;`
fn alias(scope: &Scope<'_>, name: &str, body: &Union, side: Side) -> String {
    let plain = |case: &Case| {
        let ty = types::leaf(scope, case.ty, side);
        (literals::string(&names::property(&case.name)), ty)
    };
    let docs: Vec<Vec<String>> = body.cases.iter().map(|case| tsdoc::of(&case.notes)).collect();
    let one_line = |case: &Case| {
        let (name, ty) = plain(case);
        format!("{{ case: {name}; value: {ty} }}")
    };
    let head = format!("export type {name} =");
    if docs.iter().all(Vec::is_empty) {
        let cases: Vec<String> = body.cases.iter().map(one_line).collect();
        if let [only] = cases.as_slice()
            && width(&head) + width(only) + 2 > super::layout::WIDTH
        {
            return format!("{head} {};", expanded(&[], &plain(&body.cases[0]), 0));
        }
        let mut parts = vec![text(&cases[0])];
        for case in &cases[1..] {
            parts.extend([Doc::Line, text(format!("| {case}"))]);
        }
        let cases = group([Doc::IfBroken("| ")].into_iter().chain(parts));
        return print(&group([text(head), indent([Doc::Line, cases, text(";")])]), 0);
    }
    if let [case] = body.cases.as_slice() {
        return format!("{head} {};", expanded(&docs[0], &plain(case), 0));
    }
    let mut out = head;
    for (case, docs) in body.cases.iter().zip(&docs) {
        let line = one_line(case);
        out.push_str("\n  | ");
        if docs.is_empty() && width(&line) + 5 <= super::layout::WIDTH {
            out.push_str(&line);
        } else {
            out.push_str(&expanded(docs, &plain(case), 4));
        }
    }
    out + ";"
}

/// The object type of a case on lines of its own.
fn expanded(docs: &[String], (name, ty): &(String, String), indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut out = "{\n".to_owned();
    if !docs.is_empty() {
        out.push_str(&format!("{pad}  {}\n", tsdoc::print(docs, indent + 2)));
    }
    out + &format!("{pad}  case: {name};\n{pad}  value: {ty};\n{pad}}}")
}

/// `create(init) {…},`: cases whose value is made of something else are made again.
fn create(scope: &Scope<'_>, id: TypeId, body: &Union, indent: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    let written = &scope.generator.written;
    let mut lines = vec![format!("{pad}create(init) {{")];
    if written[id.0 as usize] {
        let made: Vec<(&Case, TypeId)> = body
            .cases
            .iter()
            .filter_map(|case| match case.ty {
                Leaf::Type(ty) if !is_enum(scope, ty) && written[ty.0 as usize] => Some((case, ty)),
                _ => None,
            })
            .collect();
        let property = |case: &Case| literals::string(&names::property(&case.name));
        if body.cases.len() == 1 {
            let (case, ty) = made[0];
            let name = property(case);
            let value = format!("{}.create(init.value)", scope.ty(ty));
            lines.push(format!("{pad}  return {{ case: {name}, value: {value} }};"));
        } else {
            lines.push(format!("{pad}  switch (init.case) {{"));
            for (case, ty) in &made {
                let name = property(case);
                let value = concat([text(format!("{}.create(init.value)", scope.ty(*ty)))]);
                lines.push(format!("{pad}    case {name}:"));
                lines.push(format!(
                    "{pad}      return {{ case: {name}, value: {} }};",
                    print(&value, 0)
                ));
            }
            if made.len() < body.cases.len() {
                lines.push(format!("{pad}    default:"));
                lines.push(format!("{pad}      return init;"));
            }
            lines.push(format!("{pad}  }}"));
        }
    } else {
        lines.push(format!("{pad}  return init;"));
    }
    lines.push(format!("{pad}}},"));
    lines
}

fn is_enum(scope: &Scope<'_>, id: TypeId) -> bool {
    matches!(scope.schema().types[id.0 as usize].kind, TypeKind::Enum(_))
}
