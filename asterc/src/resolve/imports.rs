//! Imports before anything is read: which paths are allowed, and what to say when a file is not there.

use super::errors;
use super::scope::Scopes;
use crate::ast::Import;
use crate::diagnostic::{Diagnostic, nearest_several};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is wrong with an import's path, or nothing when it can be looked for below a root.
pub fn check_path(import: &Import) -> Option<Diagnostic> {
    let problem = path_problem(&import.path)?;
    Some(errors::invalid_import_path(
        import.path_span,
        &import.path,
        problem,
    ))
}

/// Why a path cannot be looked for, in words.
pub fn path_problem(path: &str) -> Option<&'static str> {
    Some(if path.is_empty() {
        "the path is empty"
    } else if path.contains('\\') {
        "folders are separated by `/`, not `\\`"
    } else if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        "the path is absolute"
    } else if path
        .split('/')
        .any(|part| part == ".." || part == "." || part.is_empty())
    {
        "the path has an empty part, `.` or `..`"
    } else if path.chars().any(char::is_control) {
        "the path has a control character"
    } else {
        return None;
    })
}

/// No root has the file, and `root` would have it.
pub fn below_another_root(import: &Import, searched: &[String], root: &str) -> Diagnostic {
    errors::import_below_another_root(import.path_span, &import.path, searched, root)
}

/// No root has the file. `searched` are the roots as people wrote them, `present` the paths that could be imported.
pub fn not_found<'a>(
    import: &Import,
    searched: &[String],
    present: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let present: Vec<&str> = present.into_iter().collect();
    let mut similar = nearest_several(&import.path, present.iter().copied());
    if similar.is_empty() {
        // The same file name in another folder.
        let file = import.path.rsplit('/').next();
        similar = present
            .iter()
            .copied()
            .filter(|path| path.rsplit('/').next() == file)
            .take(3)
            .collect();
    }
    if similar.is_empty() {
        let file = |path: &'a str| path.rsplit('/').next().unwrap_or(path);
        let name = import.path.rsplit('/').next().unwrap_or_default();
        let near = nearest_several(name, present.iter().map(|path| file(path)));
        similar = present
            .iter()
            .copied()
            .filter(|path| near.contains(&file(path)))
            .take(3)
            .collect();
    }
    errors::import_not_found(import.path_span, &import.path, searched, &similar)
}

impl Scopes<'_> {
    /// Reports files imported twice and aliases given twice.
    pub(super) fn check_imports(&mut self) {
        for unit in self.order.clone() {
            let unit = &self.units[unit];
            let mut files: FxHashMap<(FileId, Option<&str>), &Import> = FxHashMap::default();
            let mut aliases: FxHashMap<&str, &Import> = FxHashMap::default();
            for (import, file) in unit.ast.imports.iter().zip(&unit.imports) {
                let alias = import.alias.as_ref();
                if let Some(file) = *file {
                    let key = (file, alias.map(|alias| alias.text.as_str()));
                    if let Some(first) = files.get(&key) {
                        self.problems
                            .push(errors::duplicate_import(import.span, first.span, &import.path));
                        continue;
                    }
                    files.insert(key, import);
                }
                if let Some(alias) = alias {
                    match aliases
                        .get(alias.text.as_str())
                        .and_then(|first| first.alias.as_ref())
                    {
                        Some(first) => {
                            self.problems.push(errors::duplicate_import_alias(
                                alias.span,
                                first.span,
                                &alias.text,
                            ));
                        }
                        None => {
                            aliases.insert(&alias.text, import);
                        }
                    }
                }
            }
        }
    }

    /// Warnings of imports that nothing refers to, in files that are not `wrong`. What is `doubled` may be used once its
    /// names stand there once.
    pub(super) fn unused_imports(
        &self,
        wrong: &FxHashSet<FileId>,
        doubled: &FxHashSet<FileId>,
    ) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for &unit in &self.order {
            let ast = &self.units[unit].ast;
            if wrong.contains(&ast.id) || self.is_lenient(unit) {
                continue;
            }
            for view in &self.views[unit] {
                let import = &ast.imports[view.import];
                let is_doubled = doubled.contains(&self.units[view.unit].ast.id);
                if !view.used.get() && !view.repeated && !is_doubled {
                    out.push(errors::unused_import(self.statement(import.span), &import.path));
                }
            }
        }
        out
    }
}
