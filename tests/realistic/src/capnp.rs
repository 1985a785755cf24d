//! The model in Cap'n Proto's language. Optional fields and maps are what its users write instead: fields whose pointer
//! may be null, and lists of entries.

use crate::model::{Kind, Leaf, Model, Scalar, Ty, Type, TypeRef};
use crate::words::camel;
use std::fmt::Write as _;

pub(crate) fn file(model: &Model, at: usize) -> String {
    let file = &model.files[at];
    let mut out = String::new();
    docs(&mut out, "", &file.docs);
    let _ = writeln!(out, "\n@0x{:016x};\n", 0xA57E_0000_0000_0000_u64 + at as u64);
    for &import in &file.imports {
        let _ = writeln!(
            out,
            "using Area{import:03} = import \"/{}.capnp\";",
            model.path(import)
        );
    }
    for ty in &file.types {
        out.push('\n');
        declaration(&mut out, model, at, ty);
    }
    out.push('\n');
    docs(&mut out, "", &file.service.docs);
    let _ = writeln!(out, "interface {} {{", file.service.name);
    for (number, method) in file.service.methods.iter().enumerate() {
        docs(&mut out, "  ", &method.docs);
        let _ = writeln!(
            out,
            "  {} @{number} (request :{}) -> (response :{});",
            camel(&method.name),
            name(model, at, method.request),
            name(model, at, method.response)
        );
    }
    out.push_str("}\n");
    out
}

fn docs<'a>(out: &mut String, indent: &str, lines: impl IntoIterator<Item = &'a String>) {
    for line in lines {
        let _ = writeln!(out, "{indent}# {line}");
    }
}

fn declaration(out: &mut String, model: &Model, at: usize, ty: &Type) {
    docs(out, "", &ty.docs);
    match &ty.kind {
        Kind::Message(fields) => {
            let _ = writeln!(out, "struct {} {{", ty.name);
            for (number, field) in fields.iter().enumerate() {
                docs(out, "  ", &field.docs);
                let ty = match field.ty {
                    Ty::Plain(of) | Ty::Optional(of) => leaf(model, at, of),
                    Ty::List(of) | Ty::Map(of) => format!("List({})", leaf(model, at, of)),
                };
                let _ = writeln!(out, "  {} @{number} :{ty};", camel(&field.name));
            }
        }
        Kind::Enum(values) => {
            let _ = writeln!(out, "enum {} {{", ty.name);
            for value in values {
                docs(out, "  ", &value.docs);
                let _ = writeln!(out, "  {} @{};", camel(&value.name.to_lowercase()), value.number);
            }
        }
        Kind::Union(cases) => {
            let _ = writeln!(out, "struct {} {{\n  union {{", ty.name);
            for (number, case) in cases.iter().enumerate() {
                docs(out, "    ", &case.docs);
                let _ = writeln!(
                    out,
                    "    {} @{number} :{};",
                    camel(&case.name),
                    leaf(model, at, case.ty)
                );
            }
            out.push_str("  }\n");
        }
    }
    out.push_str("}\n");
}

fn leaf(model: &Model, at: usize, leaf: Leaf) -> String {
    match leaf {
        Leaf::Scalar(scalar) => match scalar {
            Scalar::Bool => "Bool",
            Scalar::Int32 => "Int32",
            Scalar::Int64 | Scalar::Timestamp => "Int64",
            Scalar::Uint32 => "UInt32",
            Scalar::Float64 => "Float64",
            Scalar::String => "Text",
            Scalar::Bytes => "Data",
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
        format!("Area{:03}.{name}", reference.file)
    }
}
