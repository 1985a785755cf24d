//! Rust: a schema enters, one file for each package leaves, or one file for all.

mod constant;
mod enumeration;
mod facts;
mod items;
mod layout;
mod literals;
mod message;
mod names;
mod packages;
mod schema_text;
mod scope;
mod service;
mod types;
mod union;

pub use names::is_keyword;
pub use packages::{Layout, Options};

use super::Files;
use super::docs::rustdoc;
use super::steps::Steps;
use crate::diagnostic::Diagnostic;
use crate::model::{Notes, Schema};
use aster_contract::model::ContractId;
use asterc_templates::rust::{File, Module, Section};
use facts::Facts;
use scope::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// What every module is generated from.
struct Generator<'a> {
    schema: &'a Schema,
    steps: &'a Steps,
    contract_ids: &'a [ContractId],
    options: &'a Options,
    facts: Facts,
    /// The Rust name of each type.
    type_names: Vec<String>,
}

/// Prints `schema`. `contract_ids` has one id for each of its services.
///
/// # Errors
/// Names that are one name in Rust.
pub(super) fn generate(
    schema: &Schema,
    steps: &Steps,
    contract_ids: &[ContractId],
    options: &Options,
) -> Result<Files, Vec<Diagnostic>> {
    let type_names = schema.types.iter().map(|ty| names::type_name(&ty.name)).collect();
    let facts = Facts::new(schema);
    let generator = Generator {
        schema,
        steps,
        contract_ids,
        options,
        facts,
        type_names,
    };
    let clashes = items::clashes(&generator);
    if !clashes.is_empty() {
        return Err(clashes);
    }
    let tree = PackageTree::new(schema, &options.layout);
    Ok(match &options.layout {
        Layout::Tree => tree_files(&generator, &tree),
        Layout::Single(package) => single_file(&generator, &tree, package),
    })
}

/// The modules of a schema by their names, with what belongs into each.
#[derive(Default)]
struct PackageTree {
    /// The packages whose module this is; two may share one only if that is a clash.
    package: Option<String>,
    children: BTreeMap<String, PackageTree>,
}

impl PackageTree {
    fn new(schema: &Schema, layout: &Layout) -> Self {
        let mut root = Self::default();
        for package in packages(schema) {
            let mut node = &mut root;
            for segment in layout.module(package) {
                node = node.children.entry(segment).or_default();
            }
            node.package = Some(package.to_owned());
        }
        root
    }
}

/// The packages of a schema, each once, in order.
fn packages(schema: &Schema) -> BTreeSet<&str> {
    schema.files.iter().map(|file| file.package.as_str()).collect()
}

/// `mod.rs`, and one file below it for each module.
fn tree_files(generator: &Generator<'_>, tree: &PackageTree) -> Files {
    fn add(
        generator: &Generator<'_>,
        node: &PackageTree,
        path: &mut Vec<String>,
        files: &mut BTreeMap<String, String>,
    ) {
        let header = header(generator.schema, node.package.as_deref());
        let docs = match &node.package {
            Some(package) => comment("//!", &package_docs(generator.schema, package)),
            None if path.is_empty() => vec!["//! The packages of a schema, as modules.".to_owned()],
            None => vec![format!("//! Packages below `{}`.", path.join("."))],
        };
        let sections = sections(generator, node, path, Vec::new());
        let text = File {
            header,
            docs,
            sections,
        }
        .to_string();
        let name = match path.as_slice() {
            [] => "mod.rs".to_owned(),
            path => {
                let segments: Vec<&str> = path.iter().map(|segment| names::bare(segment)).collect();
                format!("{}.rs", segments.join("/"))
            }
        };
        files.insert(name, text);
        for (name, child) in &node.children {
            path.push(name.clone());
            add(generator, child, path, files);
            path.pop();
        }
    }
    let mut files = BTreeMap::new();
    add(generator, tree, &mut Vec::new(), &mut files);
    Files::new(files)
}

/// One file with the items of `package` at its top.
fn single_file(generator: &Generator<'_>, tree: &PackageTree, package: &str) -> Files {
    // the file is included in a module of its user's, where it cannot have inner documentation
    let docs = comment("//", &package_docs(generator.schema, package));
    let nested = tree
        .children
        .iter()
        .map(|(name, child)| nested(generator, name, child, &mut Vec::new()));
    let sections = sections(generator, tree, &[], nested.collect());
    let header = header(generator.schema, Some(package));
    let text = File {
        header,
        docs,
        sections,
    }
    .to_string();
    Files::new(BTreeMap::from([(format!("{package}.rs"), text)]))
}

/// A module inside a file.
fn nested(generator: &Generator<'_>, name: &str, node: &PackageTree, path: &mut Vec<String>) -> Section {
    path.push(name.to_owned());
    let docs = match &node.package {
        Some(package) => package_docs(generator.schema, package),
        None => vec![format!("Packages below `{}`.", path.join("."))],
    };
    let children = node
        .children
        .iter()
        .map(|(name, child)| nested(generator, name, child, path))
        .collect();
    let sections = sections(generator, node, path, children);
    path.pop();
    Section::Module(Module {
        head: comment("///", &docs),
        name: name.to_owned(),
        sections,
    })
}

/// What stands in the module at `path`. Its children are `nested` here, or files of their own.
fn sections(
    generator: &Generator<'_>,
    node: &PackageTree,
    path: &[String],
    nested: Vec<Section>,
) -> Vec<Section> {
    let declared = items::declared(generator, node.package.as_deref(), node.children.keys());
    let scope = Scope::new(generator, path.to_vec(), declared);
    let items = items::sections(&scope, node.package.as_deref());

    let mut sections = Vec::new();
    let imports = scope.imports();
    if !imports.is_empty() {
        sections.push(Section::Lines(imports));
    }
    if nested.is_empty() && !node.children.is_empty() {
        let modules = node.children.keys().map(|name| format!("pub mod {name};"));
        sections.push(Section::Lines(modules.collect()));
    }
    if scope.uses_runtime() {
        sections.push(Section::Lines(generation_check(&scope)));
    }
    sections.extend(items);
    sections.extend(nested);
    sections
}

/// Fails the build of code that a different runtime would misread.
fn generation_check(scope: &Scope<'_>) -> Vec<String> {
    vec![
        "const _: () = assert!(".to_owned(),
        format!("    {} == 1,", scope.v1("GENERATION")),
        "    \"aster-runtime does not fit this code: generate it with the asterc of the same version\""
            .to_owned(),
        ");".to_owned(),
    ]
}

fn header(schema: &Schema, package: Option<&str>) -> String {
    let Some(package) = package else {
        return "// @generated by asterc. Do not edit.".to_owned();
    };
    let files: Vec<&str> = schema
        .files
        .iter()
        .filter(|file| file.package == package)
        .map(|file| file.path.as_str())
        .collect();
    format!(
        "// @generated by asterc from {} (package {package}). Do not edit.",
        files.join(", ")
    )
}

fn package_docs(schema: &Schema, package: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for file in schema.files.iter().filter(|file| file.package == package) {
        let docs = rustdoc(&file.docs);
        if !docs.is_empty() && !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(docs);
    }
    if lines.is_empty() {
        lines.push(format!("Package `{package}`."));
    }
    lines
}

/// Lines behind a comment mark.
fn comment(mark: &str, lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| {
            if line.is_empty() {
                mark.to_owned()
            } else {
                format!("{mark} {line}")
            }
        })
        .collect()
}

/// Documentation and `#[deprecated]` of a declaration; `fallback` says something where the schema
/// does not.
fn head(notes: &Notes, fallback: &str) -> Vec<String> {
    let mut lines = rustdoc(&notes.docs);
    if lines.is_empty() {
        lines.push(fallback.to_owned());
    }
    let mut head = comment("///", &lines);
    head.extend(deprecated(notes));
    head
}

fn deprecated(notes: &Notes) -> Option<String> {
    let deprecated = notes.deprecated.as_ref()?;
    // clippy wants `since` to be a semantic version, a schema counts
    let note = match (deprecated.note.as_str(), deprecated.since) {
        ("", None) => return Some("#[deprecated]".to_owned()),
        ("", Some(since)) => format!("since version {since}"),
        (note, None) => note.to_owned(),
        (note, Some(since)) => format!("{note} (since version {since})"),
    };
    Some(format!("#[deprecated(note = {})]", literals::string(&note)))
}

/// The attribute of an item that names something deprecated.
fn allow_deprecated(uses: bool) -> Vec<String> {
    let attribute = "#[allow(deprecated, reason = \"the schema still has it\")]";
    if uses {
        vec![attribute.to_owned()]
    } else {
        Vec::new()
    }
}
