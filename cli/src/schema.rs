//! A verified description as schema text, one file for each package: it compiles to the contract that it was made of.
//!
//! What is no part of a contract is not there: documentation, defaults, aliases, and which messages the compiler made of parameters.

use aster_contract::described::Verified;
use aster_contract::graph::{Body, Leaf, Shape, TypeGraph, TypeNode, Value};
use aster_contract::model::{
    CapabilityKind, CapabilityRequirement, MethodDef, Pattern, Scope, SerializationMode, TypeHash,
};
use asterc::model::primitive_name;
use asterc::source::{SourceFile, SourceMap};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One file of a schema.
pub(crate) struct File {
    /// Where imports look for it, as `fleet/control.aster`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The files of a service with this full name, that of the service last.
///
/// # Errors
/// The name has no package, or none that could be one.
pub(crate) fn files(name: &str, verified: &Verified) -> Result<Vec<File>, String> {
    let Some((package, _)) = name.rsplit_once('.').filter(|(package, _)| is_package(package)) else {
        return Err(format!(
            "the server lists the service as `{}`, which has no package",
            name.escape_debug()
        ));
    };
    let printer = Printer {
        graph: &verified.graph,
    };
    let mut packages: BTreeMap<&str, Package> = BTreeMap::new();
    for node in &verified.graph.types {
        let file = packages.entry(&node.package).or_default();
        printer.declare(node, file);
    }
    let mut last = packages.remove(package).unwrap_or_default();
    printer.service(package, verified, &mut last);
    let mut files: Vec<_> = packages
        .into_iter()
        .map(|(package, file)| file.finish(package))
        .collect();
    files.push(last.finish(package));
    Ok(files)
}

/// Whether every part is an identifier: names of paths are made of them.
fn is_package(name: &str) -> bool {
    name.split('.').all(|part| {
        part.chars()
            .all(|character| character.is_alphanumeric() || character == '_')
            && part.starts_with(|first: char| first.is_alphabetic() || first == '_')
    })
}

fn path(package: &str) -> String {
    format!("{}.aster", package.replace('.', "/"))
}

/// A file in the making.
#[derive(Default)]
struct Package {
    imports: BTreeSet<String>,
    body: String,
}

impl Package {
    fn finish(self, package: &str) -> File {
        let mut text = format!("package {package};\n\n");
        for import in &self.imports {
            let _ = writeln!(text, "import \"{}\";", path(import));
        }
        text.push('\n');
        text.push_str(&self.body);
        let path = path(package);
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new(&*path, &*path, &*text));
        // a name that is a word of the language has no layout: it is shown all the same
        let text = asterc::fmt::format(file, &text).unwrap_or(text);
        File { path, text }
    }

    // a String takes all that is written
    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.body.write_fmt(text);
    }
}

struct Printer<'a> {
    graph: &'a TypeGraph<'a>,
}

impl Printer<'_> {
    fn declare(&self, node: &TypeNode<'_>, out: &mut Package) {
        match &node.body {
            Body::Message(fields) => {
                out.add(format_args!("message {} {{\n", node.name));
                for field in fields {
                    let ty = self.value(&field.ty, &node.package, out);
                    out.add(format_args!("{}: {ty};\n", field.name));
                }
            }
            Body::Enum(values) => {
                out.add(format_args!("enum {} {{\n", node.name));
                for (name, number) in values {
                    out.add(format_args!("{name} = {number};\n"));
                }
            }
            Body::Union(cases) => {
                out.add(format_args!("union {} {{\n", node.name));
                for case in cases {
                    let ty = self.leaf(case.ty, &node.package, out);
                    out.add(format_args!("{}: {ty} = {};\n", case.name, case.id));
                }
            }
        }
        out.add(format_args!("}}\n\n"));
    }

    fn value(&self, value: &Value, package: &str, out: &mut Package) -> String {
        let mut text = match &value.shape {
            Shape::Leaf(leaf) => self.leaf(*leaf, package, out),
            Shape::List(element) => format!("list<{}>", self.value(element, package, out)),
            Shape::Set(element) => format!("set<{}>", self.leaf(*element, package, out)),
            Shape::Map(key, value) => {
                let key = self.leaf(*key, package, out);
                format!("map<{key}, {}>", self.value(value, package, out))
            }
        };
        if value.optional {
            text.push('?');
        }
        text
    }

    fn leaf(&self, leaf: Leaf, package: &str, out: &mut Package) -> String {
        match leaf {
            Leaf::Primitive(primitive) => primitive_name(primitive).to_owned(),
            Leaf::Type(id) => self.name(&self.graph.types[id.0 as usize], package, out),
        }
    }

    /// The name of a type in a file, which imports it where it is another's.
    fn name(&self, node: &TypeNode<'_>, package: &str, out: &mut Package) -> String {
        if node.package == package {
            return node.name.to_string();
        }
        out.imports.insert(node.package.to_string());
        format!("{}.{}", node.package, node.name)
    }

    fn service(&self, package: &str, verified: &Verified, out: &mut Package) {
        let contract = &verified.contract;
        if contract.version != 1 {
            out.add(format_args!("@version({})\n", contract.version));
        }
        if contract.scope == Scope::Session {
            out.add(format_args!("@scope(session)\n"));
        }
        if contract.serialization_modes != [SerializationMode::Xlang] {
            let modes: Vec<_> = contract
                .serialization_modes
                .iter()
                .map(SerializationMode::name)
                .collect();
            out.add(format_args!("@serialization({})\n", modes.join(", ")));
        }
        if let Some(requirement) = &contract.requires {
            out.add(format_args!("{}\n", requires(requirement)));
        }
        out.add(format_args!("service {} {{\n", contract.name));
        for method in &contract.methods {
            self.method(method, package, verified, out);
        }
        out.add(format_args!("}}\n"));
    }

    fn method(&self, method: &MethodDef, package: &str, verified: &Verified, out: &mut Package) {
        let mut attributes = Vec::new();
        if let Some(requirement) = &method.requires {
            attributes.push(requires(requirement));
        }
        if method.idempotent {
            attributes.push("@idempotent".to_owned());
        }
        attributes.extend(timeout(method.default_timeout));
        if !attributes.is_empty() {
            out.add(format_args!("{}\n", attributes.join(" ")));
        }
        let (takes, returns) = match method.pattern {
            Pattern::Unary => ("", ""),
            Pattern::ServerStream => ("", "stream "),
            Pattern::ClientStream => ("stream ", ""),
            Pattern::BidiStream => ("stream ", "stream "),
        };
        let mut name = |reference: TypeHash| {
            let mut types = verified.identities.types().iter().zip(&self.graph.types);
            match types.find(|(identity, _)| identity.reference == reference) {
                Some((_, node)) => self.name(node, package, out),
                // `verify` has found every one
                None => reference.to_string(),
            }
        };
        let (request, response) = (name(method.request_type), name(method.response_type));
        out.add(format_args!(
            "rpc {}({takes}{request}) -> {returns}{response};\n",
            method.name
        ));
    }
}

fn requires(requirement: &CapabilityRequirement) -> String {
    let roles: Vec<_> = requirement.roles.iter().map(|role| quoted(role)).collect();
    match (requirement.kind, &roles[..]) {
        (CapabilityKind::Role, [role]) => format!("@requires(role: {role})"),
        (kind, roles) => format!("@requires({}: [{}])", kind.name(), roles.join(", ")),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            character if character.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

/// The attribute of a time-out, which a contract has in seconds and a schema in whole milliseconds.
fn timeout(seconds: f64) -> Option<String> {
    if !(seconds > 0.0 && seconds < 1e12) {
        return None;
    }
    let milliseconds = (seconds * 1000.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a whole number in range"
    )]
    let milliseconds = milliseconds as u64;
    Some(match milliseconds % 1000 {
        0 => format!("@timeout({}s)", milliseconds / 1000),
        _ => format!("@timeout({milliseconds}ms)"),
    })
}
