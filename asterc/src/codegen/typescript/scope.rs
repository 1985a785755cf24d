//! One module of the generated code: which names it has, and how it names everything else.
//!
//! A schema may have a message `Map`, or a package named by a keyword. What such a name would hide is reached through
//! `globalThis`, or is imported under a name with a `$`, which nothing of a schema has.

use super::{Generator, names};
use crate::model::{Schema, TypeKind};
use aster_contract::graph::TypeId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What functions that read messages call their own: no field is called so there.
#[rustfmt::skip]
const READING: [&str; 13] = [
    "error", "field", "globalThis", "i", "items", "key", "left", "n", "nulls", "pairs", "r", "v1", "where",
];
/// What other functions call their own: no package is called so, nor by one of these.
#[rustfmt::skip]
const OTHERS: [&str; 13] = [
    "client", "context", "entry", "init", "item", "number", "options", "parameters", "request", "requests", "run", "session",
    "value",
];

/// One module while its view is made.
pub(super) struct Scope<'a> {
    pub(super) generator: &'a Generator<'a>,
    pub(super) package: &'a str,
    /// Names of types, constants and clients that are here.
    declared: FxHashSet<String>,
    /// How other packages are called here.
    aliases: FxHashMap<&'a str, String>,
    used: RefCell<Used<'a>>,
}

/// What has to be imported.
#[derive(Default)]
struct Used<'a> {
    schema: bool,
    packages: BTreeSet<&'a str>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        generator: &'a Generator<'a>,
        package: &'a str,
        declared: FxHashSet<String>,
        others: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut scope = Self {
            generator,
            package,
            declared,
            aliases: FxHashMap::default(),
            used: RefCell::default(),
        };
        scope.aliases = scope.aliases_of(others.collect());
        scope
    }

    pub(super) fn schema(&self) -> &'a Schema {
        self.generator.schema
    }

    /// As many of the last segments of each package as say which one it is, with a `$` where they would hide something.
    fn aliases_of(&self, mut open: Vec<&'a str>) -> FxHashMap<&'a str, String> {
        let mut taken = FxHashSet::default();
        let mut aliases = FxHashMap::default();
        for length in 1.. {
            let mut count: FxHashMap<String, usize> = FxHashMap::default();
            for package in &open {
                *count.entry(end(package, length)).or_default() += 1;
            }
            open.retain(|package| {
                let mut alias = end(package, length);
                if length <= package.matches('.').count() && count[&alias] > 1 {
                    return true;
                }
                if names::is_reserved(&alias)
                    || is_local(&alias)
                    || is_local_of_reading(&alias)
                    || self.declared.contains(&alias)
                {
                    alias.push('$');
                }
                while !taken.insert(alias.clone()) {
                    alias.push('$');
                }
                aliases.insert(*package, alias);
                false
            });
            if open.is_empty() {
                break;
            }
        }
        aliases
    }

    /// What JavaScript has for everybody.
    pub(super) fn global(&self, name: &str) -> String {
        if self.declared.contains(name) {
            format!("globalThis.{name}")
        } else {
            name.to_owned()
        }
    }

    /// `v1.name`: an item of the runtime.
    pub(super) fn v1(&self, name: &str) -> String {
        format!("v1.{name}")
    }

    /// The definitions of all types.
    pub(super) fn definitions(&self) -> &'static str {
        self.used.borrow_mut().schema = true;
        "schema$"
    }

    /// A type of the schema, as this module names it.
    pub(super) fn ty(&self, id: TypeId) -> String {
        let index = id.0 as usize;
        let name = &self.generator.type_names[index];
        let package = self.schema().types[index].package.as_str();
        if package == self.package {
            return name.clone();
        }
        self.used.borrow_mut().packages.insert(package);
        format!("{}.{name}", self.aliases[package])
    }

    /// What callers may write for a message or union.
    pub(super) fn written(&self, id: TypeId) -> String {
        let ty = self.ty(id);
        if self.generator.written[id.0 as usize] {
            ty + "Init"
        } else {
            ty
        }
    }

    /// A value of an enum of the schema.
    pub(super) fn enum_value(&self, id: TypeId, number: i32) -> String {
        format!("{}.{}", self.ty(id), self.enum_value_name(id, number))
    }

    /// The name of a value of an enum of the schema.
    pub(super) fn enum_value_name(&self, id: TypeId, number: i32) -> String {
        let TypeKind::Enum(body) = &self.schema().types[id.0 as usize].kind else {
            unreachable!("resolve: an enum value is of an enum")
        };
        let value = body.values.iter().find(|value| value.number == number);
        names::constant(&value.expect("resolve: an enum value is declared").name)
    }

    /// The variable of a function that holds a field.
    pub(super) fn local(&self, property: &str) -> String {
        let hides = names::is_reserved(property)
            || is_local_of_reading(property)
            || self.declared.contains(property)
            || self.aliases.values().any(|alias| alias == property);
        if hides {
            format!("${property}")
        } else {
            property.to_owned()
        }
    }

    /// The import lines for everything named so far.
    pub(super) fn imports(&self) -> Vec<String> {
        let used = self.used.borrow();
        let mut lines = vec!["import * as v1 from \"aster-runtime/codegen/v1\";".to_owned()];
        let here = &self.generator.packages[self.package].module;
        let base = &here[..here.len() - 1];
        for package in &used.packages {
            let module = &self.generator.packages[package].module;
            let path = relative(base, module);
            lines.push(format!(
                "import * as {} from \"{path}.js\";",
                self.aliases[package]
            ));
        }
        if used.schema {
            let path = relative(base, &[super::DEFINITIONS.to_owned()]);
            lines.push(format!("import {{ schema$ }} from \"{path}.js\";"));
        }
        lines
    }
}

/// Whether a function that reads may have a variable of this name; inside of containers they are numbered.
fn is_local_of_reading(name: &str) -> bool {
    READING.contains(&name) || READING.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// Whether another function may.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    name == "w" || OTHERS.contains(&name)
}

/// The last segments of a package in one name.
fn end(package: &str, length: usize) -> String {
    let segments: Vec<&str> = package.split('.').collect();
    segments[segments.len().saturating_sub(length)..].join("_")
}

/// The path of a module as one in the folder `base` sees it.
fn relative(base: &[String], module: &[String]) -> String {
    let folder = &module[..module.len() - 1];
    let common = base.iter().zip(folder).take_while(|(a, b)| a == b).count();
    let up = base.len() - common;
    let start = if up == 0 {
        "./".to_owned()
    } else {
        "../".repeat(up)
    };
    start + &module[common..].join("/")
}
