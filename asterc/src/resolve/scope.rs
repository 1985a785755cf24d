//! Which name means what, seen from which file.

use super::errors;
use super::problems::Problems;
use super::values::ConstantValue;
use super::{Neighbour, Surroundings, Unit};
use crate::ast::{self, Declaration, Kind, Path};
use crate::diagnostic::{Diagnostic, nearest_several};
use crate::source::{FileId, SourceMap, Span};
use aster_contract::graph::Value;
use aster_contract::model::Primitive;
use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell, RefCell};

/// Index of a declaration in [`Scopes::declarations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DeclId(pub(super) u32);

impl DeclId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A declaration and the file it is in.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) unit: usize,
    pub(super) ast: &'a Declaration,
}

/// An import as the file that has it sees it.
pub(super) struct View {
    /// Index of the import in its file.
    pub(super) import: usize,
    /// The file it is of.
    pub(super) unit: usize,
    aliased: bool,
    pub(super) used: Cell<bool>,
    /// The same import stands in the file already.
    pub(super) repeated: bool,
    /// Its alias is another import's already, which was reported: nothing is found through it.
    shadowed: bool,
}

/// What a name means.
#[derive(Clone, Debug)]
pub(super) enum Lookup {
    Found(DeclId),
    Ambiguous(Vec<DeclId>),
    Missing,
}

/// All names of all files.
pub(super) struct Scopes<'a> {
    pub(super) units: &'a [Unit],
    pub(super) sources: &'a SourceMap,
    surroundings: &'a dyn Surroundings,
    neighbours: OnceCell<Vec<Neighbour>>,
    /// Indices of units in the order of their names: nothing depends on the order they were given in.
    pub(super) order: Vec<usize>,
    pub(super) declarations: Vec<Declared<'a>>,
    own: Vec<FxHashMap<&'a str, DeclId>>,
    /// All names of a package, over its files.
    packages: FxHashMap<&'a str, FxHashMap<&'a str, DeclId>>,
    pub(super) views: Vec<Vec<View>>,
    cache: Vec<RefCell<FxHashMap<&'a str, Lookup>>>,
    /// By declaration: what an alias stands for.
    pub(super) aliases: Vec<Option<Value>>,
    /// By declaration: what a constant is.
    pub(super) constants: Vec<Option<ConstantValue<'a>>>,
    pub(super) problems: Problems,
}

impl<'a> Scopes<'a> {
    pub(super) fn new(units: &'a [Unit], sources: &'a SourceMap, surroundings: &'a dyn Surroundings) -> Self {
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by_key(|&unit| (&sources.file(units[unit].ast.id).name, units[unit].ast.id));
        let by_file: FxHashMap<FileId, usize> = units
            .iter()
            .enumerate()
            .map(|(at, unit)| (unit.ast.id, at))
            .collect();
        let views = units.iter().map(|unit| views(unit, &by_file)).collect();
        Self {
            units,
            sources,
            surroundings,
            neighbours: OnceCell::new(),
            order,
            declarations: Vec::new(),
            own: (0..units.len()).map(|_| FxHashMap::default()).collect(),
            packages: FxHashMap::default(),
            views,
            cache: (0..units.len()).map(|_| RefCell::default()).collect(),
            aliases: Vec::new(),
            constants: Vec::new(),
            problems: Problems::default(),
        }
    }

    pub(super) fn take_problems(&mut self) -> Vec<Diagnostic> {
        self.problems.take()
    }

    pub(super) fn package(&self, unit: usize) -> &'a str {
        self.units[unit]
            .ast
            .package
            .as_ref()
            .map_or("", |package| package.text.as_str())
    }

    pub(super) fn declared(&self, id: DeclId) -> Declared<'a> {
        self.declarations[id.index()]
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = DeclId> + use<> {
        (0..u32::try_from(self.declarations.len()).unwrap_or(u32::MAX)).map(DeclId)
    }

    pub(super) fn full_name(&self, id: DeclId) -> String {
        let declared = self.declared(id);
        format!("{}.{}", self.package(declared.unit), declared.ast.name.text)
    }

    /// What a package declares under a name, in any of its files.
    pub(super) fn in_package(&self, package: &str, name: &str) -> Option<DeclId> {
        self.packages.get(package)?.get(name).copied()
    }

    /// Whether any name may be missing from this file's view because of something that was reported.
    pub(super) fn is_lenient(&self, unit: usize) -> bool {
        let this = &self.units[unit];
        this.ast.incomplete
            || this.imports.iter().any(Option::is_none)
            || self.views[unit]
                .iter()
                .any(|view| view.shadowed || self.units[view.unit].ast.incomplete)
    }

    /// Whether this name may be missing because of something that was reported.
    pub(super) fn is_excused(&self, unit: usize, path: &str) -> bool {
        let lost = |unit: usize| {
            let lost = &self.units[unit].ast.lost;
            !lost.is_empty() && path.split('.').any(|word| lost.contains(word))
        };
        self.is_lenient(unit) || lost(unit) || self.views[unit].iter().any(|view| lost(view.unit))
    }

    /// Gives every declaration an id, and reports names that are taken.
    pub(super) fn declare(&mut self) {
        self.check_imports();
        for unit in self.order.clone() {
            let package = self.package(unit);
            if let Some(path) = &self.units[unit].ast.package {
                self.check_package(path);
            }
            for declaration in &self.units[unit].ast.declarations {
                let id = DeclId(u32::try_from(self.declarations.len()).unwrap_or(u32::MAX));
                self.declarations.push(Declared {
                    unit,
                    ast: declaration,
                });
                let name = &declaration.name;
                if is_keyword(&name.text) {
                    self.problems.push(errors::keyword_as_name(
                        name.span,
                        &name.text,
                        declaration.kind.describe(),
                    ));
                    continue;
                }
                if primitive(&name.text).is_some() {
                    self.problems.push(errors::builtin_as_name(
                        name.span,
                        &name.text,
                        declaration.kind.describe(),
                    ));
                    continue;
                }
                let names = self.packages.entry(package).or_default();
                if let Some(&first) = names.get(name.text.as_str()) {
                    let first = self.declarations[first.index()].ast;
                    self.problems.push(errors::duplicate_name(
                        name,
                        &first.name,
                        first.kind.describe(),
                        package,
                    ));
                    self.own[unit].entry(&name.text).or_insert(id);
                    continue;
                }
                names.insert(&name.text, id);
                self.own[unit].insert(&name.text, id);
            }
        }
    }

    fn check_package(&mut self, path: &Path) {
        if path.text.chars().any(char::is_uppercase) {
            let lower: String = path.text.chars().flat_map(char::to_lowercase).collect();
            let fits = !lower.chars().any(char::is_uppercase);
            self.problems.push(errors::uppercase_package(
                path.span,
                &path.text,
                fits.then_some(lower),
            ));
        }
    }

    /// What a name means in a file. Marks the imports it came through as used.
    pub(super) fn look_up(&self, unit: usize, path: &'a str) -> Lookup {
        if let Some(found) = self.cache[unit].borrow().get(path) {
            return found.clone();
        }
        let found = self.search(unit, path);
        self.cache[unit].borrow_mut().insert(path, found.clone());
        found
    }

    fn search(&self, unit: usize, path: &str) -> Lookup {
        let Some((qualifier, name)) = path.rsplit_once('.') else {
            if let Some(&id) = self.own[unit].get(path) {
                return Lookup::Found(id);
            }
            return self.through(unit, path, |view| !view.aliased);
        };
        if self.package(unit) == qualifier
            && let Some(&id) = self.own[unit].get(name)
        {
            return Lookup::Found(id);
        }
        // A full name, or an alias, wins over a last segment: those could not be told apart otherwise.
        let exact = self.through(unit, name, |view| {
            self.package(view.unit) == qualifier || self.alias(unit, view) == Some(qualifier)
        });
        if !matches!(exact, Lookup::Missing) {
            return exact;
        }
        self.through(unit, name, |view| {
            !view.aliased && last_segment(self.package(view.unit)) == qualifier
        })
    }

    fn alias(&self, unit: usize, view: &View) -> Option<&'a str> {
        self.units[unit].ast.imports[view.import]
            .alias
            .as_ref()
            .map(|alias| alias.text.as_str())
    }

    /// Looks a simple name up in the imports that `admit` lets through.
    fn through(&self, unit: usize, name: &str, admit: impl Fn(&View) -> bool) -> Lookup {
        let mut found: Vec<DeclId> = Vec::new();
        for view in self.views[unit]
            .iter()
            .filter(|view| !view.shadowed && admit(view))
        {
            if let Some(&id) = self.own[view.unit].get(name) {
                view.used.set(true);
                if !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        match found.as_slice() {
            [] => Lookup::Missing,
            [one] => Lookup::Found(*one),
            _ => Lookup::Ambiguous(found),
        }
    }

    /// Reports a name that means several things.
    pub(super) fn ambiguous(&mut self, path: &str, span: Span, found: &[DeclId]) {
        let candidates: Vec<(String, Span)> = found
            .iter()
            .map(|&id| (self.full_name(id), self.declared(id).ast.name.span))
            .collect();
        self.problems.push(errors::ambiguous(span, path, &candidates));
    }

    /// Reports a type nobody knows, with what may have been meant.
    pub(super) fn unknown_type(&mut self, unit: usize, path: &Path) {
        if self.is_excused(unit, &path.text) {
            return;
        }
        let wanted = |kind: &Kind| !matches!(kind, Kind::Service { .. } | Kind::Constant { .. });
        let foreign = crate::parse::foreign_type(&path.text);
        let near = self.near(unit, &path.text, wanted, true);
        let importable = self.importable(unit, &path.text);
        let place = self.import_place(unit);
        self.problems.push(errors::unknown_type(
            path,
            foreign,
            &near,
            &importable,
            place,
            is_keyword(&path.text),
        ));
    }

    /// Reports a constant nobody knows.
    pub(super) fn unknown_constant(
        &mut self,
        unit: usize,
        path: &str,
        span: Span,
        values: &[&str],
        of: Option<&str>,
    ) {
        if self.is_excused(unit, path) {
            return;
        }
        let mut near: Vec<String> = nearest_several(last_segment(path), values.iter().copied())
            .into_iter()
            .map(str::to_owned)
            .collect();
        if near.is_empty() {
            near = self.near(unit, path, |kind| matches!(kind, Kind::Constant { .. }), false);
        }
        let importable = if near.is_empty() {
            self.importable(unit, path)
        } else {
            Vec::new()
        };
        let place = self.import_place(unit);
        self.problems.push(errors::unknown_constant(
            span,
            path,
            of,
            values,
            &near,
            &importable,
            place,
        ));
    }

    /// Visible names that are spelt nearly like `path`, as they would be written.
    fn near(&self, unit: usize, path: &str, wanted: impl Fn(&Kind) -> bool, builtins: bool) -> Vec<String> {
        let fits = |id: &DeclId| wanted(&self.declared(*id).ast.kind);
        let mut names: Vec<(String, DeclId)> = Vec::new();
        let mut add = |prefix: Option<&str>, scope: &FxHashMap<&'a str, DeclId>| {
            let mut ids: Vec<DeclId> = scope.values().copied().filter(fits).collect();
            ids.sort_unstable();
            for id in ids {
                let name = &self.declared(id).ast.name.text;
                names.push((
                    prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}.{name}")),
                    id,
                ));
            }
        };
        add(None, &self.own[unit]);
        let qualified = path.contains('.');
        for view in &self.views[unit] {
            let package = self.package(view.unit);
            let prefix = self
                .alias(unit, view)
                .or(qualified.then(|| last_segment(package)));
            add(prefix, &self.own[view.unit]);
            if qualified {
                add(Some(package), &self.own[view.unit]);
            }
        }
        let mut candidates: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        if builtins {
            candidates.extend(
                BUILTINS
                    .iter()
                    .map(|(name, _)| *name)
                    .chain(["list", "set", "map"]),
            );
        }
        let mut near: Vec<String> = nearest_several(path, candidates)
            .into_iter()
            .map(str::to_owned)
            .collect();
        if near.is_empty() {
            // The right name under a wrong or missing qualifier.
            let simple = last_segment(path);
            near = names
                .iter()
                .filter(|(_, id)| self.declared(*id).ast.name.text == simple)
                .map(|(n, _)| n.clone())
                .collect();
            near.dedup();
            near.truncate(3);
        }
        near
    }

    /// Files that declare this very name, or one like it, and are not imported.
    fn importable(&self, unit: usize, path: &str) -> Vec<(String, String)> {
        let simple = last_segment(path);
        let imported: Vec<&str> = self.views[unit]
            .iter()
            .map(|view| &*self.sources.file(self.units[view.unit].ast.id).name)
            .collect();
        let this = &*self.sources.file(self.units[unit].ast.id).name;
        let known = self.neighbours.get_or_init(|| self.surroundings.neighbours());
        let others = known
            .iter()
            .filter(|other| other.path != this && !imported.contains(&other.path.as_str()));
        let others: Vec<&Neighbour> = others.collect();
        let exact = others
            .iter()
            .filter(|other| other.names.iter().any(|name| name == simple));
        let mut out: Vec<(String, String)> = exact
            .map(|other| (other.path.clone(), format!("{}.{simple}", other.package)))
            .collect();
        if out.is_empty() {
            let names = others
                .iter()
                .flat_map(|other| other.names.iter().map(String::as_str));
            let near = nearest_several(simple, names);
            for name in near {
                let owner = others
                    .iter()
                    .find(|other| other.names.iter().any(|own| own == name));
                out.extend(owner.map(|other| (other.path.clone(), format!("{}.{name}", other.package))));
            }
        }
        out.truncate(3);
        out
    }

    /// Where an import could be inserted: behind the last import, or the package line.
    fn import_place(&self, unit: usize) -> Option<Span> {
        let ast = &self.units[unit].ast;
        let last = ast
            .imports
            .last()
            .map(|import| import.span)
            .or(ast.package.as_ref().map(|package| package.span))?;
        Some(self.statement(last).after())
    }

    /// The span with the `;` that follows it.
    pub(super) fn statement(&self, span: Span) -> Span {
        let text = &self.sources.file(span.file).text;
        let rest = text.get(span.end as usize..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start().len();
        let end = span.end as usize + blanks + 1;
        if rest[blanks..].starts_with(';') {
            Span::new(span.file, span.start as usize, end)
        } else {
            span
        }
    }
}

fn views(unit: &Unit, by_file: &FxHashMap<FileId, usize>) -> Vec<View> {
    let mut seen: Vec<(FileId, Option<&ast::Name>)> = Vec::new();
    let mut out = Vec::new();
    for (at, (import, file)) in unit.ast.imports.iter().zip(&unit.imports).enumerate() {
        let Some((file, target)) = file.and_then(|file| Some((file, *by_file.get(&file)?))) else {
            continue;
        };
        let name = |alias: Option<&ast::Name>| alias.map(|alias| alias.text.clone());
        let alias = import.alias.as_ref();
        let repeated = seen
            .iter()
            .any(|(known, other)| *known == file && name(*other) == name(alias));
        let shadowed =
            !repeated && alias.is_some() && seen.iter().any(|(_, other)| name(*other) == name(alias));
        seen.push((file, alias));
        out.push(View {
            import: at,
            unit: target,
            aliased: alias.is_some(),
            used: Cell::new(false),
            repeated,
            shadowed,
        });
    }
    out
}

pub(super) fn last_segment(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Words that types, services, constants and aliases may not be named.
pub(super) fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 22] = [
        "package", "import", "as", "message", "enum", "union", "service", "rpc", "stream", "type", "const",
        "reserved", "list", "set", "map", "true", "false", "throws", "error", "oneof", "extend", "any",
    ];
    KEYWORDS.contains(&name)
}

const BUILTINS: [(&str, Primitive); 21] = [
    ("bool", Primitive::Bool),
    ("int8", Primitive::Int8),
    ("int16", Primitive::Int16),
    ("int32", Primitive::Varint32),
    ("int64", Primitive::Varint64),
    ("fixed_int32", Primitive::Int32),
    ("fixed_int64", Primitive::Int64),
    ("uint8", Primitive::Uint8),
    ("uint16", Primitive::Uint16),
    ("uint32", Primitive::VarUint32),
    ("uint64", Primitive::VarUint64),
    ("fixed_uint32", Primitive::Uint32),
    ("fixed_uint64", Primitive::Uint64),
    ("float32", Primitive::Float32),
    ("float64", Primitive::Float64),
    ("string", Primitive::String),
    ("bytes", Primitive::Binary),
    ("timestamp", Primitive::Timestamp),
    ("duration", Primitive::Duration),
    ("date", Primitive::Date),
    ("decimal", Primitive::Decimal),
];

/// The scalar of that name.
pub(super) fn primitive(name: &str) -> Option<Primitive> {
    BUILTINS
        .iter()
        .find(|(builtin, _)| *builtin == name)
        .map(|(_, primitive)| *primitive)
}

/// The language's name of a scalar.
pub(super) fn primitive_name(primitive: Primitive) -> &'static str {
    BUILTINS
        .iter()
        .find(|(_, known)| *known == primitive)
        .map_or("", |(name, _)| name)
}
