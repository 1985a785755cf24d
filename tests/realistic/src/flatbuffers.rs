//! The model in FlatBuffers' language. A union there holds tables only and cannot be repeated: scalar cases become
//! tables of one value, a list of unions a list of tables that hold one.

use crate::model::{Kind, Leaf, Model, Scalar, Ty, Type, TypeRef};
use crate::words::capital;
use std::fmt::Write as _;

pub(crate) fn file(model: &Model, at: usize) -> String {
    let file = &model.files[at];
    let mut out = String::new();
    docs(&mut out, "", &file.docs);
    for &import in &file.imports {
        let _ = writeln!(out, "include \"{}.fbs\";", model.path(import));
    }
    let _ = writeln!(out, "\nnamespace {};", file.package);
    // only tables may be named before they are declared
    let rank = |ty: &&Type| match ty.kind {
        Kind::Enum(_) => 0,
        Kind::Union(_) => 1,
        Kind::Message(_) => 2,
    };
    let mut types: Vec<&Type> = file.types.iter().collect();
    types.sort_by_key(rank);
    for ty in types {
        out.push('\n');
        declaration(&mut out, model, at, ty);
    }
    out.push('\n');
    docs(&mut out, "", &file.service.docs);
    let _ = writeln!(out, "rpc_service {} {{", file.service.name);
    for method in &file.service.methods {
        docs(&mut out, "  ", &method.docs);
        let _ = writeln!(
            out,
            "  {}({}):{};",
            capital(&method.name),
            name(model, at, method.request),
            name(model, at, method.response)
        );
    }
    out.push_str("}\n");
    out
}

fn docs<'a>(out: &mut String, indent: &str, lines: impl IntoIterator<Item = &'a String>) {
    for line in lines {
        let _ = writeln!(out, "{indent}/// {line}");
    }
}

fn declaration(out: &mut String, model: &Model, at: usize, ty: &Type) {
    match &ty.kind {
        Kind::Message(fields) => {
            docs(out, "", &ty.docs);
            let _ = writeln!(out, "table {} {{", ty.name);
            for field in fields {
                docs(out, "  ", &field.docs);
                let ty = match field.ty {
                    Ty::Plain(of) | Ty::Optional(of) => leaf(model, at, of),
                    Ty::List(of) | Ty::Map(of) => format!("[{}]", element(model, at, of)),
                };
                let _ = writeln!(out, "  {}: {ty};", field.name);
            }
            out.push_str("}\n");
        }
        Kind::Enum(values) => {
            docs(out, "", &ty.docs);
            let _ = writeln!(out, "enum {}: int {{", ty.name);
            for value in values {
                docs(out, "  ", &value.docs);
                let _ = writeln!(out, "  {} = {},", value.name, value.number);
            }
            out.push_str("}\n");
        }
        Kind::Union(cases) => {
            for case in cases {
                if let Leaf::Scalar(_) = case.ty {
                    let value = leaf(model, at, case.ty);
                    let _ = writeln!(
                        out,
                        "table {}{} {{ value: {value}; }}",
                        ty.name,
                        capital(&case.name)
                    );
                }
            }
            docs(out, "", &ty.docs);
            let _ = writeln!(out, "union {}Case {{", ty.name);
            for case in cases {
                docs(out, "  ", &case.docs);
                let held = match case.ty {
                    Leaf::Scalar(_) => format!("{}{}", ty.name, capital(&case.name)),
                    Leaf::Type(reference) => name(model, at, reference),
                };
                let _ = writeln!(out, "  {}: {held},", case.name);
            }
            let _ = writeln!(out, "}}\ntable {} {{ value: {}Case; }}", ty.name, ty.name);
        }
    }
}

/// Vectors do not nest: a list of bytes becomes one of strings.
fn element(model: &Model, at: usize, of: Leaf) -> String {
    match of {
        Leaf::Scalar(Scalar::Bytes) => "string".to_owned(),
        _ => leaf(model, at, of),
    }
}

fn leaf(model: &Model, at: usize, leaf: Leaf) -> String {
    match leaf {
        Leaf::Scalar(scalar) => match scalar {
            Scalar::Bool => "bool",
            Scalar::Int32 => "int",
            Scalar::Int64 | Scalar::Timestamp => "long",
            Scalar::Uint32 => "uint",
            Scalar::Float64 => "double",
            Scalar::String => "string",
            Scalar::Bytes => "[ubyte]",
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
