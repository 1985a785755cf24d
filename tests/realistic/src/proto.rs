//! The model in proto3.

use crate::model::{Kind, Leaf, Model, Scalar, Ty, Type, TypeRef};
use crate::words::capital;
use std::fmt::Write as _;

pub(crate) fn file(model: &Model, at: usize) -> String {
    let file = &model.files[at];
    let mut out = String::new();
    docs(&mut out, "", &file.docs);
    let _ = writeln!(out, "syntax = \"proto3\";\n\npackage {};\n", file.package);
    out.push_str("import \"google/protobuf/timestamp.proto\";\n");
    for &import in &file.imports {
        let _ = writeln!(out, "import \"{}.proto\";", model.path(import));
    }
    for ty in &file.types {
        out.push('\n');
        declaration(&mut out, model, at, ty);
    }
    out.push('\n');
    docs(&mut out, "", &file.service.docs);
    let _ = writeln!(out, "service {} {{", file.service.name);
    for method in &file.service.methods {
        docs(&mut out, "  ", &method.docs);
        let stream = |streams: bool| if streams { "stream " } else { "" };
        let _ = write!(
            out,
            "  rpc {}({}{}) returns ({}{})",
            capital(&method.name),
            stream(method.streams.0),
            name(model, at, method.request),
            stream(method.streams.1),
            name(model, at, method.response)
        );
        out.push_str(if method.idempotent {
            " {\n    option idempotency_level = IDEMPOTENT;\n  }\n"
        } else {
            ";\n"
        });
    }
    out.push_str("}\n");
    out
}

fn docs<'a>(out: &mut String, indent: &str, lines: impl IntoIterator<Item = &'a String>) {
    for line in lines {
        let _ = writeln!(out, "{indent}// {line}");
    }
}

fn declaration(out: &mut String, model: &Model, at: usize, ty: &Type) {
    docs(out, "", &ty.docs);
    let deprecated = if ty.deprecated {
        "  option deprecated = true;\n"
    } else {
        ""
    };
    match &ty.kind {
        Kind::Message(fields) => {
            let _ = writeln!(out, "message {} {{", ty.name);
            out.push_str(deprecated);
            for (number, field) in (1..).zip(fields) {
                docs(out, "  ", &field.docs);
                let ty = match field.ty {
                    Ty::Plain(of) => leaf(model, at, of),
                    Ty::Optional(of) => format!("optional {}", leaf(model, at, of)),
                    Ty::List(of) => format!("repeated {}", leaf(model, at, of)),
                    Ty::Map(of) => format!("map<string, {}>", leaf(model, at, of)),
                };
                let _ = writeln!(out, "  {ty} {} = {number};", field.name);
            }
        }
        Kind::Enum(values) => {
            let _ = writeln!(out, "enum {} {{", ty.name);
            out.push_str(deprecated);
            for value in values {
                docs(out, "  ", &value.docs);
                let _ = writeln!(
                    out,
                    "  {}_{} = {};",
                    ty.name.to_uppercase(),
                    value.name,
                    value.number
                );
            }
        }
        Kind::Union(cases) => {
            let _ = writeln!(out, "message {} {{", ty.name);
            out.push_str(deprecated);
            out.push_str("  oneof case {\n");
            for (number, case) in (1..).zip(cases) {
                docs(out, "    ", &case.docs);
                let _ = writeln!(out, "    {} {} = {number};", leaf(model, at, case.ty), case.name);
            }
            out.push_str("  }\n");
        }
    }
    out.push_str("}\n");
}

fn leaf(model: &Model, at: usize, leaf: Leaf) -> String {
    match leaf {
        Leaf::Scalar(scalar) => match scalar {
            Scalar::Bool => "bool",
            Scalar::Int32 => "sint32",
            Scalar::Int64 => "sint64",
            Scalar::Uint32 => "uint32",
            Scalar::Float64 => "double",
            Scalar::String => "string",
            Scalar::Bytes => "bytes",
            Scalar::Timestamp => "google.protobuf.Timestamp",
        }
        .to_owned(),
        Leaf::Type(reference) => name(model, at, reference),
    }
}

fn name(model: &Model, at: usize, reference: TypeRef) -> String {
    let name = &model.ty(reference).name;
    if reference.file == at {
        name.clone()
    } else {
        format!("{}.{name}", model.files[reference.file].package)
    }
}
