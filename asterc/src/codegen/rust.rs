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
mod scope;
mod service;
mod types;
mod union;

pub use names::is_keyword;
pub use packages::{Layout, Options};

use super::declared::{Package, PackageTree, packages, users};
use super::docs::rustdoc;
use super::notes::{deprecation, foreign};
use super::steps::{Steps, steps};
use crate::contracts::Contracts;
use crate::diagnostic::Diagnostic;
use crate::model::{Method, Notes, Schema, Service};
use aster_contract::graph::TypeId;
use asterc_templates::rust::{File, Module, Section};
use facts::Facts;
use scope::Scope;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// What every module is generated from.
struct Generator<'a> {
    schema: &'a Schema,
    steps: Steps,
    contracts: &'a Contracts,
    options: &'a Options,
    facts: Facts,
    /// The Rust name of each type.
    type_names: Vec<String>,
    /// What each package declares.
    packages: BTreeMap<&'a str, Package<'a>>,
    /// The first method of which a message is the request or the response.
    users: HashMap<TypeId, (&'a Service, &'a Method)>,
}

/// A schema as Rust, ready to be printed: no two of its names are one there.
pub struct RustCode<'a> {
    generator: Generator<'a>,
    tree: PackageTree,
}

impl<'a> RustCode<'a> {
    /// Decides everything that can fail.
    ///
    /// # Errors
    /// Names that are one name in Rust.
    pub fn new(
        schema: &'a Schema,
        contracts: &'a Contracts,
        options: &'a Options,
    ) -> Result<Self, Vec<Diagnostic>> {
        let type_names = schema.types.iter().map(|ty| names::type_name(&ty.name)).collect();
        let generator = Generator {
            schema,
            steps: steps(schema),
            contracts,
            options,
            facts: Facts::new(schema),
            type_names,
            packages: packages(schema, |package| options.layout.module(package)),
            users: users(schema),
        };
        let clashes = items::clashes(&generator);
        if !clashes.is_empty() {
            return Err(clashes);
        }
        let tree = PackageTree::new(&generator.packages);
        Ok(Self { generator, tree })
    }

    /// Prints one file after the other into the same memory. `sink` gets each: its path with `/`, and its text with exactly
    /// one final newline.
    ///
    /// # Errors
    /// The first of `sink`; nothing is printed after it.
    pub fn each<E>(&self, sink: &mut impl FnMut(&str, &str) -> Result<(), E>) -> Result<(), E> {
        let mut text = String::new();
        match &self.generator.options.layout {
            Layout::Tree => self.tree_files(&self.tree, &mut Vec::new(), &mut text, sink),
            Layout::Single(package) => {
                print(&self.single_file(package), &mut text);
                sink(&format!("{package}.rs"), &text)
            }
        }
    }

    /// `mod.rs`, and one file below it for each module.
    fn tree_files<E>(
        &self,
        node: &PackageTree,
        path: &mut Vec<String>,
        text: &mut String,
        sink: &mut impl FnMut(&str, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let generator = &self.generator;
        let docs = match &node.package {
            Some(package) => comment("//!", &package_docs(generator, package)),
            None if path.is_empty() => vec!["//! The packages of a schema, as modules.".to_owned()],
            None => vec![format!("//! Packages below `{}`.", path.join("."))],
        };
        let file = File {
            header: header(generator, node.package.as_deref()),
            docs,
            sections: sections(generator, node, path, Vec::new()),
        };
        print(&file, text);
        let name = match path.as_slice() {
            [] => "mod.rs".to_owned(),
            path => {
                let segments: Vec<&str> = path.iter().map(|segment| names::bare(segment)).collect();
                format!("{}.rs", segments.join("/"))
            }
        };
        sink(&name, text)?;
        for (name, child) in &node.children {
            path.push(name.clone());
            self.tree_files(child, path, text, sink)?;
            path.pop();
        }
        Ok(())
    }

    /// One file with the items of `package` at its top.
    fn single_file(&self, package: &str) -> File {
        let (generator, tree) = (&self.generator, &self.tree);
        // the file is included in a module of its user's, where it cannot have inner documentation
        let docs = comment("//", &package_docs(generator, package));
        let nested = tree
            .children
            .iter()
            .map(|(name, child)| nested(generator, name, child, &mut Vec::new()));
        File {
            header: header(generator, Some(package)),
            docs,
            sections: sections(generator, tree, &[], nested.collect()),
        }
    }
}

/// Replaces `text` by what is printed.
fn print(file: &File, text: &mut String) {
    text.clear();
    _ = write!(text, "{file}");
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// A module inside a file.
fn nested(generator: &Generator<'_>, name: &str, node: &PackageTree, path: &mut Vec<String>) -> Section {
    path.push(name.to_owned());
    let docs = match &node.package {
        Some(package) => package_docs(generator, package),
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

fn header(generator: &Generator<'_>, package: Option<&str>) -> String {
    let Some(package) = package else {
        return "// @generated by asterc. Do not edit.".to_owned();
    };
    format!(
        "// @generated by asterc from {} (package {package}). Do not edit.",
        generator.packages[package].sources()
    )
}

fn package_docs(generator: &Generator<'_>, package: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for file in &generator.packages[package].files {
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
        .map(|line| match line.as_str() {
            "" => mark.to_owned(),
            line => [mark, " ", line].concat(),
        })
        .collect()
}

/// Documentation and `#[deprecated]` of a declaration; `fallback` says something where the schema
/// does not.
fn head(notes: &Notes, fallback: impl FnOnce() -> String) -> Vec<String> {
    let mut lines = rustdoc(&notes.docs);
    if lines.is_empty() {
        lines.push(fallback());
    }
    if let Some(attributes) = foreign(notes) {
        lines.push(String::new());
        lines.extend(rustdoc(&attributes));
    }
    let mut head = comment("///", &lines);
    head.extend(deprecated(notes));
    head
}

fn deprecated(notes: &Notes) -> Option<String> {
    let deprecated = notes.deprecated.as_ref()?;
    // clippy wants `since` to be a semantic version, a schema counts
    let Some(note) = deprecation(deprecated) else {
        return Some("#[deprecated]".to_owned());
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
