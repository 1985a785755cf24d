//! One module of the generated code: which names it has, and how it names everything else.
//!
//! A class may have a member `datetime` or `list`, a schema a package of that name or a message `Final`. What such a name
//! would hide is imported under a name that begins with `_`, which nothing of a schema has.

use super::layout::{WIDTH, enclosed, width};
use super::{Generator, names};
use crate::model::{Schema, TypeKind};
use aster_contract::graph::TypeId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// Names of Python and of the runtime that no package is to be called by, for it would hide them.
#[rustfmt::skip]
const USED: [&str; 15] = [
    "abstractmethod", "bool", "bytes", "dataclass", "datetime", "decimal", "dict", "field", "float", "int", "list",
    "object", "set", "str", "v1",
];

/// One module while its view is made.
pub(super) struct Scope<'a> {
    pub(super) generator: &'a Generator<'a>,
    pub(super) package: &'a str,
    /// Names of classes, constants and modules that are here.
    declared: FxHashSet<String>,
    /// Names of members of classes, and of parameters.
    members: FxHashSet<String>,
    /// Both of these.
    hidden: FxHashSet<String>,
    /// How other packages are called here: by no name in [`USED`].
    aliases: FxHashMap<&'a str, String>,
    used: RefCell<Used<'a>>,
}

/// What has to be imported.
#[derive(Default)]
struct Used<'a> {
    /// Modules of the standard library.
    modules: BTreeSet<&'static str>,
    /// Names of modules of the standard library.
    names: BTreeSet<(&'static str, &'static str)>,
    builtins: bool,
    v1: bool,
    definitions: bool,
    packages: BTreeSet<&'a str>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        generator: &'a Generator<'a>,
        package: &'a str,
        declared: FxHashSet<String>,
        members: FxHashSet<String>,
        private_names: impl Iterator<Item = String>,
    ) -> Self {
        let mut scope = Self {
            generator,
            package,
            declared,
            members,
            hidden: FxHashSet::default(),
            aliases: FxHashMap::default(),
            used: RefCell::default(),
        };
        let private = ["_schema", "_builtins"].map(str::to_owned);
        scope.aliases = scope.aliases_of_packages(private.into_iter().chain(private_names).collect());
        scope.hidden = scope.declared.union(&scope.members).cloned().collect();
        scope
    }

    pub(super) fn schema(&self) -> &'a Schema {
        self.generator.schema
    }

    /// As many of the last segments of each package as say which one it is and hide nothing.
    fn aliases_of_packages(&self, private: FxHashSet<String>) -> FxHashMap<&'a str, String> {
        let module = |package: &str| self.generator.packages[package].module.as_slice();
        let mut open: Vec<&'a str> = self.generator.cycles.uses(self.package).collect();
        let mut taken = private;
        let mut aliases = FxHashMap::default();
        for length in 1.. {
            let mut count: FxHashMap<String, usize> = FxHashMap::default();
            for package in &open {
                *count.entry(end(module(package), length)).or_default() += 1;
            }
            open.retain(|package| {
                let segments = module(package);
                let mut alias = end(segments, length);
                if length < segments.len() && (count[&alias] > 1 || USED.contains(&alias.as_str())) {
                    return true;
                }
                if USED.contains(&alias.as_str()) {
                    alias.push('_');
                }
                // a module inside this one has its name here anyway
                let inside = length == 1 && self.is_inside(package);
                let declared = self.declared.contains(&alias) && !inside;
                if declared || self.members.contains(&alias) {
                    alias.insert(0, '_');
                }
                while !taken.insert(alias.clone()) {
                    alias.push('_');
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

    /// Whether the module of a package is directly inside this one.
    fn is_inside(&self, package: &str) -> bool {
        let (here, there) = (
            &self.generator.packages[self.package].module,
            &self.generator.packages[package].module,
        );
        there
            .split_last()
            .is_some_and(|(_, parent)| parent == here.as_slice())
    }

    /// The name of what is imported, or another one where something hides that.
    fn local(&self, name: &str) -> String {
        if self.hidden.contains(name) {
            format!("_{name}")
        } else {
            name.to_owned()
        }
    }

    /// A module of the standard library.
    pub(super) fn module(&self, name: &'static str) -> String {
        self.used.borrow_mut().modules.insert(name);
        self.local(name)
    }

    /// A name of a module of the standard library.
    pub(super) fn name(&self, module: &'static str, name: &'static str) -> String {
        self.used.borrow_mut().names.insert((module, name));
        self.local(name)
    }

    /// `v1.name`: an item of the runtime.
    pub(super) fn v1(&self, name: &str) -> String {
        self.used.borrow_mut().v1 = true;
        format!("{}.{name}", self.local("v1"))
    }

    /// The definitions of all types.
    pub(super) fn definitions(&self) -> &'static str {
        self.used.borrow_mut().definitions = true;
        "_schema.SCHEMA"
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

    /// A value of an enum of the schema.
    pub(super) fn enum_value(&self, id: TypeId, number: i32) -> String {
        let TypeKind::Enum(body) = &self.schema().types[id.0 as usize].kind else {
            unreachable!("resolve: an enum value is of an enum")
        };
        let value = body.values.iter().find(|value| value.number == number);
        let value = value.expect("resolve: an enum value is declared");
        format!("{}.{}", self.ty(id), names::constant(&value.name))
    }

    /// Whether the module with the type may not be there yet when this one is loaded.
    pub(super) fn is_late(&self, id: TypeId) -> bool {
        let package = self.schema().types[id.0 as usize].package.as_str();
        package != self.package && self.generator.cycles.reaches(package, self.package)
    }

    /// A class, or what is outside of all, where these members hide what has their name.
    pub(super) fn class<'s>(&'s self, members: FxHashSet<String>) -> Class<'s, 'a> {
        Class { scope: self, members }
    }

    /// The import lines for everything named so far, in groups.
    pub(super) fn imports(&self, is_package: bool) -> Vec<Vec<String>> {
        let used = self.used.borrow();
        let mut standard = Vec::new();
        let mut modules = used.modules.clone();
        if used.builtins {
            modules.insert("builtins");
        }
        for &name in &modules {
            let local = if name == "builtins" {
                "_builtins".to_owned()
            } else {
                self.local(name)
            };
            standard.push(match local == name {
                true => format!("import {name}"),
                false => format!("import {name} as {local}"),
            });
        }
        let mut from: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for (module, name) in &used.names {
            from.entry(module)
                .or_default()
                .push(((*name).to_owned(), self.local(name)));
        }
        for (module, names) in from {
            standard.extend(import(module, names));
        }
        let mut runtime = Vec::new();
        if used.v1 {
            let name = ("v1".to_owned(), self.local("v1"));
            runtime.extend(import("aster_runtime.codegen", vec![name]));
        }
        let here = &self.generator.packages[self.package].module;
        // the package that the module is in, or is
        let base = if is_package {
            here.as_slice()
        } else {
            &here[..here.len() - 1]
        };
        // from the furthest to the closest
        let mut relative: BTreeMap<(usize, String), Vec<(String, String)>> = BTreeMap::new();
        let mut add = |to: &[String], name: &str, local: String| {
            let common = base.iter().zip(to).take_while(|(a, b)| a == b).count();
            let up = base.len() - common + 1;
            let path = ".".repeat(up) + &to[common..].join(".");
            let names = relative.entry((usize::MAX - up, path)).or_default();
            names.push((name.to_owned(), local));
        };
        if used.definitions {
            add(&[], "_schema", "_schema".to_owned());
        }
        for package in &used.packages {
            let module = &self.generator.packages[package].module;
            if let Some((name, parent)) = module.split_last() {
                add(parent, name, self.aliases[package].clone());
            }
        }
        let relative = relative
            .into_iter()
            .flat_map(|((_, path), names)| import(&path, names))
            .collect();
        let future = vec!["from __future__ import annotations".to_owned()];
        let groups = [future, standard, runtime, relative];
        groups.into_iter().filter(|group| !group.is_empty()).collect()
    }
}

/// The last segments of a module in one name.
fn end(module: &[String], length: usize) -> String {
    module[module.len().saturating_sub(length)..].join("_")
}

/// The lines that import names of a module, each with its local name: one line for those that keep theirs.
fn import(module: &str, mut names: Vec<(String, String)>) -> Vec<String> {
    // constants, then classes, then the rest
    let kind = |name: &str| match name {
        _ if name.chars().count() > 1
            && !name.chars().any(char::is_lowercase)
            && name.chars().any(char::is_uppercase) =>
        {
            0
        }
        _ if name.starts_with(char::is_uppercase) => 1,
        _ => 2,
    };
    names.sort_by_cached_key(|(name, _)| (kind(name), name.to_lowercase(), name.clone()));
    let (kept, renamed): (Vec<_>, Vec<_>) = names.into_iter().partition(|(name, local)| name == local);
    let mut lines = Vec::new();
    if let Some((first, _)) = kept.first() {
        let all: Vec<String> = kept.iter().map(|(name, _)| name.clone()).collect();
        let line = format!("from {module} import {}", all.join(", "));
        let line = match width(&line) <= WIDTH {
            true => line,
            false => enclosed(&format!("from {module} import ("), &all, ",", ")", 0),
        };
        lines.push(((kind(first), first.to_lowercase()), line));
    }
    for (name, local) in renamed {
        let line = format!("from {module} import {name} as {local}");
        lines.push(((kind(&name), name.to_lowercase()), line));
    }
    lines.sort_by(|(a, _), (b, _)| a.cmp(b));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// A class while its view is made.
pub(super) struct Class<'s, 'a> {
    scope: &'s Scope<'a>,
    members: FxHashSet<String>,
}

impl<'a> Deref for Class<'_, 'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        self.scope
    }
}

impl<'s, 'a> Class<'s, 'a> {
    /// A function in the class, where these parameters hide what has their name.
    pub(super) fn and(&self, parameters: impl Iterator<Item = String>) -> Class<'s, 'a> {
        let members = self.members.iter().cloned().chain(parameters);
        self.scope.class(members.collect())
    }

    /// A name that Python has without an import.
    pub(super) fn builtin(&self, name: &'static str) -> String {
        if self.declared.contains(name) || self.members.contains(name) {
            self.used.borrow_mut().builtins = true;
            format!("_builtins.{name}")
        } else {
            name.to_owned()
        }
    }
}
