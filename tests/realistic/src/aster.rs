//! The model in our language.

use crate::model::{Field, File, Kind, Leaf, Method, Model, Scalar, Ty, Type, TypeRef};
use std::fmt::Write as _;

pub(crate) fn file(model: &Model, at: usize) -> String {
    let file = &model.files[at];
    let mut out = String::new();
    for line in &file.docs {
        let _ = writeln!(out, "//! {line}");
    }
    let _ = writeln!(out, "\npackage {};", file.package);
    if !file.imports.is_empty() {
        out.push('\n');
    }
    for &import in &file.imports {
        let _ = writeln!(out, "import \"{}.aster\";", model.path(import));
    }
    for ty in &file.types {
        out.push('\n');
        declaration(&mut out, model, at, ty);
    }
    out.push('\n');
    service(&mut out, model, at, file);
    out
}

fn docs<'a>(out: &mut String, indent: &str, lines: impl IntoIterator<Item = &'a String>) {
    for line in lines {
        let _ = writeln!(out, "{indent}/// {line}");
    }
}

fn declaration(out: &mut String, model: &Model, at: usize, ty: &Type) {
    docs(out, "", &ty.docs);
    if ty.deprecated {
        out.push_str("@deprecated(note: \"use another one\", since: 2)\n");
    }
    match &ty.kind {
        Kind::Message(fields) => {
            let _ = writeln!(out, "message {} {{", ty.name);
            for field in fields {
                message_field(out, model, at, field);
            }
        }
        Kind::Enum(values) => {
            let _ = writeln!(out, "enum {} {{", ty.name);
            for value in values {
                docs(out, "  ", &value.docs);
                let _ = writeln!(out, "  {} = {};", value.name, value.number);
            }
        }
        Kind::Union(cases) => {
            let _ = writeln!(out, "union {} {{", ty.name);
            for (number, case) in (1..).zip(cases) {
                docs(out, "  ", &case.docs);
                let _ = writeln!(out, "  {}: {} = {number};", case.name, leaf(model, at, case.ty));
            }
        }
    }
    out.push_str("}\n");
}

fn message_field(out: &mut String, model: &Model, at: usize, field: &Field) {
    docs(out, "  ", &field.docs);
    let _ = write!(out, "  {}: {}", field.name, type_text(model, at, field.ty));
    if let Some(default) = &field.default {
        let _ = write!(out, " = {default}");
    }
    out.push_str(";\n");
}

fn type_text(model: &Model, at: usize, ty: Ty) -> String {
    match ty {
        Ty::Plain(of) => leaf(model, at, of),
        Ty::Optional(of) => format!("{}?", leaf(model, at, of)),
        Ty::List(of) => format!("list<{}>", leaf(model, at, of)),
        Ty::Map(of) => format!("map<string, {}>", leaf(model, at, of)),
    }
}

fn leaf(model: &Model, at: usize, leaf: Leaf) -> String {
    match leaf {
        Leaf::Scalar(scalar) => match scalar {
            Scalar::Bool => "bool",
            Scalar::Int32 => "int32",
            Scalar::Int64 => "int64",
            Scalar::Uint32 => "uint32",
            Scalar::Float64 => "float64",
            Scalar::String => "string",
            Scalar::Bytes => "bytes",
            Scalar::Timestamp => "timestamp",
        }
        .to_owned(),
        Leaf::Type(reference) => name(model, at, reference),
    }
}

fn name(model: &Model, at: usize, reference: TypeRef) -> String {
    let name = &model.ty(reference).name;
    if reference.file == at {
        return name.clone();
    }
    let package = &model.files[reference.file].package;
    let last = package.rsplit('.').next().unwrap_or(package);
    format!("{last}.{name}")
}

fn service(out: &mut String, model: &Model, at: usize, file: &File) {
    docs(out, "", &file.service.docs);
    let _ = writeln!(out, "@version(2)\nservice {} {{", file.service.name);
    for method in &file.service.methods {
        rpc(out, model, at, method);
    }
    out.push_str("}\n");
}

fn rpc(out: &mut String, model: &Model, at: usize, method: &Method) {
    docs(out, "  ", &method.docs);
    let mut attributes = Vec::new();
    if method.idempotent {
        attributes.push("@idempotent".to_owned());
    }
    attributes.extend(method.timeout.map(|seconds| format!("@timeout({seconds}s)")));
    attributes.extend(
        method
            .role
            .as_ref()
            .map(|role| format!("@requires(role: \"{role}\")")),
    );
    if !attributes.is_empty() {
        let _ = writeln!(out, "  {}", attributes.join(" "));
    }
    let stream = |streams: bool| if streams { "stream " } else { "" };
    let _ = writeln!(
        out,
        "  rpc {}({}{}) -> {}{};",
        method.name,
        stream(method.streams.0),
        name(model, at, method.request),
        stream(method.streams.1),
        name(model, at, method.response)
    );
}
