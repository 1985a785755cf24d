//! One module of the generated code: which names it declares, and how it names everything else.
//!
//! A schema may declare a message `Vec` or a package segment `std`; what such a name would hide is
//! then written with its full path.

use super::Generator;
use super::packages::path;
use crate::model::{Schema, TypeKind};
use aster_contract::graph::TypeId;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Where the standard library has what generated code names.
const STD: [(&str, &str); 17] = [
    ("BTreeMap", "std::collections::BTreeMap"),
    ("BTreeSet", "std::collections::BTreeSet"),
    ("Box", "std::boxed::Box"),
    ("Default", "std::default::Default"),
    ("Duration", "std::time::Duration"),
    ("Fn", "std::ops::Fn"),
    ("From", "std::convert::From"),
    ("Future", "std::future::Future"),
    ("Arc", "std::sync::Arc"),
    ("Into", "std::convert::Into"),
    ("LazyLock", "std::sync::LazyLock"),
    ("Option", "std::option::Option"),
    ("Result", "std::result::Result"),
    ("Send", "std::marker::Send"),
    ("String", "std::string::String"),
    ("Sync", "std::marker::Sync"),
    ("Vec", "std::vec::Vec"),
];

/// What has to be imported by name. (`Future` is in the prelude of edition 2024 only.)
const IMPORTED: [&str; 6] = ["Arc", "BTreeMap", "BTreeSet", "Duration", "Future", "LazyLock"];

/// One module while its view is made.
pub(super) struct Scope<'a> {
    pub(super) generator: &'a Generator<'a>,
    /// The path of the module.
    pub(super) path: Vec<String>,
    /// Names of types, traits and modules declared here.
    declared: FxHashSet<String>,
    /// Names imported from the standard library, and `v1`, `At` of the runtime.
    used: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(generator: &'a Generator<'a>, path: Vec<String>, declared: FxHashSet<String>) -> Self {
        Self {
            generator,
            path,
            declared,
            used: RefCell::default(),
        }
    }

    pub(super) fn schema(&self) -> &'a Schema {
        self.generator.schema
    }

    /// A type of the schema, as this module names it.
    pub(super) fn ty(&self, id: TypeId) -> String {
        let index = id.0 as usize;
        let package = self.schema().types[index].package.as_str();
        let module = &self.generator.packages[package].module;
        path(&self.path, module, &self.generator.type_names[index])
    }

    /// A value of an enum of the schema.
    pub(super) fn enum_value(&self, id: TypeId, number: i32) -> String {
        let TypeKind::Enum(body) = &self.schema().types[id.0 as usize].kind else {
            unreachable!("resolve: an enum value is of an enum")
        };
        let value = body.values.iter().find(|value| value.number == number);
        let value = value.expect("resolve: an enum value is declared");
        format!("{}::{}", self.ty(id), super::names::variant(&value.name))
    }

    /// A name of the standard library.
    pub(super) fn std(&self, name: &'static str) -> String {
        if self.declared.contains(name) {
            let path = STD
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(name, |(_, path)| path);
            return format!("::{path}");
        }
        if IMPORTED.contains(&name) {
            self.used.borrow_mut().insert(name);
        }
        name.to_owned()
    }

    /// A path that begins with the name of a crate.
    pub(super) fn extern_path(&self, path: &str) -> String {
        let first = path.split("::").next().unwrap_or(path);
        if self.declared.contains(first) {
            format!("::{path}")
        } else {
            path.to_owned()
        }
    }

    /// `v1::name`: an item of the runtime.
    pub(super) fn v1(&self, name: &str) -> String {
        self.used.borrow_mut().insert("v1");
        format!("{}::{name}", self.v1_name())
    }

    /// `v1`: the runtime.
    pub(super) fn v1_path(&self) -> String {
        self.used.borrow_mut().insert("v1");
        self.v1_name()
    }

    /// Brings the trait into scope that adds a field to the path of an error.
    pub(super) fn uses_at(&self) {
        self.used.borrow_mut().insert("At");
    }

    /// A name for a generic parameter that no type of the module has.
    pub(super) fn free_name(&self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        while self.declared.contains(&name) {
            name.push('_');
        }
        name
    }

    fn v1_name(&self) -> String {
        self.free_name("v1")
    }

    /// The `use` lines of everything named so far.
    pub(super) fn imports(&self) -> Vec<String> {
        let used = self.used.borrow();
        let mut lines = Vec::new();
        if used.contains("v1") {
            let v1 = self.extern_path("aster_runtime::codegen::v1");
            let name = self.v1_name();
            let this = if name == "v1" {
                "self".to_owned()
            } else {
                format!("self as {name}")
            };
            lines.push(match (used.contains("At"), name.as_str()) {
                (true, _) => format!("use {v1}::{{{this}, At as _}};"),
                (false, "v1") => format!("use {v1};"),
                (false, name) => format!("use {v1} as {name};"),
            });
        }
        let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, path) in STD {
            if used.contains(name)
                && let Some((module, _)) = path.rsplit_once("::")
            {
                modules.entry(module).or_default().push(name);
            }
        }
        for (module, names) in modules {
            let module = self.extern_path(module);
            // rustfmt puts `::std` in front of everything
            let at = if module.starts_with("::") { 0 } else { lines.len() };
            lines.insert(
                at,
                match names.as_slice() {
                    [name] => format!("use {module}::{name};"),
                    names => format!("use {module}::{{{}}};", names.join(", ")),
                },
            );
        }
        lines
    }

    /// Whether the module names the runtime at all.
    pub(super) fn uses_runtime(&self) -> bool {
        self.used.borrow().contains("v1")
    }
}
