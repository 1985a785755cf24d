//! Names that the schema tells apart and a language does not.

use super::declared::Package;
use super::docs::article;
use super::errors::name_clash;
use crate::diagnostic::Diagnostic;
use crate::model::Schema;
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// What a name of a language is in the schema: its kind, and its name there.
#[derive(Clone, Copy)]
pub(super) struct What<'a>(pub(super) &'static str, pub(super) &'a str);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.0, self.1)
    }
}

/// What has the fields from which a value of that type is made.
pub(super) fn what_makes(ty: &str) -> &'static str {
    match article(ty) {
        "an" => "what makes an",
        _ => "what makes a",
    }
}

/// The names of one namespace of a language, each with where it is in the schema.
pub(super) struct Namespace<'a> {
    language: &'static str,
    names: BTreeMap<String, (Span, What<'a>)>,
    /// The declarations of which two names are one.
    clashed: FxHashSet<(Span, Span)>,
}

impl<'a> Namespace<'a> {
    pub(super) fn new(language: &'static str) -> Self {
        Self {
            language,
            names: BTreeMap::new(),
            clashed: FxHashSet::default(),
        }
    }

    /// Adds a name; one that is there already is a clash. Two declarations clash once, however many names each makes.
    pub(super) fn claim(&mut self, name: String, span: Span, what: What<'a>, clashes: &mut Vec<Diagnostic>) {
        match self.names.entry(name) {
            Entry::Occupied(first) => {
                if self.clashed.insert((first.get().0, span)) {
                    clashes.push(name_clash(self.language, first.key(), (span, what), *first.get()));
                }
            }
            Entry::Vacant(free) => {
                free.insert((span, what));
            }
        }
    }

    /// Reports each name that is also the one of a module inside the module at `path`; each module has the package it is of.
    pub(super) fn report_modules(
        &self,
        schema: &Schema,
        path: &[String],
        modules: &BTreeMap<Vec<String>, &'a str>,
        clashes: &mut Vec<Diagnostic>,
    ) {
        for (module, package) in modules {
            if let Some((name, parent)) = module.split_last()
                && parent == path
            {
                let module = (top_of(schema, package), What("package", package));
                if let Some(&first) = self.names.get(name) {
                    clashes.push(name_clash(self.language, name, first, module));
                }
            }
        }
    }
}

/// The modules of the packages by their paths, each with the package, or the beginning of one, that it is of. Two
/// packages must not share a module, nor spell a module on their way differently.
pub(super) fn modules<'a>(
    language: &str,
    separator: &str,
    schema: &Schema,
    packages: &BTreeMap<&'a str, Package<'_>>,
    clashes: &mut Vec<Diagnostic>,
) -> BTreeMap<Vec<String>, &'a str> {
    let mut modules = BTreeMap::new();
    for (&name, package) in packages {
        let path = &package.module;
        for length in 1..=path.len() {
            let end = name
                .match_indices('.')
                .nth(length - 1)
                .map_or(name.len(), |(at, _)| at);
            let prefix = &name[..end];
            let other = *modules.entry(path[..length].to_vec()).or_insert(prefix);
            if other != prefix {
                clashes.push(name_clash(
                    language,
                    &path[..length].join(separator),
                    (top_of(schema, prefix), What("package", prefix)),
                    (top_of(schema, other), What("package", other)),
                ));
            }
        }
    }
    modules
}

/// The beginning of a file of a package, or of one below it.
fn top_of(schema: &Schema, package: &str) -> Span {
    Span {
        file: file_of(schema, package),
        start: 0,
        end: 0,
    }
}

fn file_of(schema: &Schema, package: &str) -> FileId {
    let below = format!("{package}.");
    let mut files = schema.files.iter();
    let file = files.find(|file| file.package == package || file.package.starts_with(&below));
    file.map(|file| file.id)
        .expect("clashes: packages come from files")
}
