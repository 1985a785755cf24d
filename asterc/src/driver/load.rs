//! Reads files and follows their imports; each file is read and parsed once.

use super::{DriverError, FileSystem, Input, Options, operands};
use crate::ast::{self, Import};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::parse;
use crate::resolve::{Neighbour, Unit, imports};
use crate::source::{FileId, MAX_FILE, SourceFile, SourceMap, Span};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Component, Path, PathBuf};

pub(super) struct Loader<'a> {
    files: &'a dyn FileSystem,
    pub(super) sources: SourceMap,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) units: Vec<Unit>,
    pub(super) read: Vec<PathBuf>,
    pub(super) roots: Vec<PathBuf>,
    canonical_roots: Vec<PathBuf>,
    /// Files by canonical path.
    known: HashMap<PathBuf, FileId>,
    /// Paths of imports that were looked for already.
    searched: HashMap<String, Option<FileId>>,
    /// By file: whether it is text at all; what is not was reported.
    readable: Vec<bool>,
    /// Files that are not parsed yet.
    waiting: Vec<FileId>,
    present: Option<Vec<String>>,
    /// Where parsing reported something.
    reported: BTreeSet<(FileId, u32, u32)>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(
        inputs: &[Input],
        options: &Options,
        files: &'a dyn FileSystem,
    ) -> Result<Self, DriverError> {
        for root in &options.import_roots {
            if !files.is_folder(root) {
                return Err(DriverError::NoRoot { path: root.clone() });
            }
        }
        let mut roots = options.import_roots.clone();
        if roots.is_empty() {
            roots = inputs.iter().map(folder_of).collect();
            roots.sort();
            roots.dedup();
        }
        Ok(Self {
            canonical_roots: roots.iter().map(|root| files.canonical(root)).collect(),
            files,
            sources: SourceMap::default(),
            diagnostics: Vec::new(),
            units: Vec::new(),
            read: Vec::new(),
            roots,
            known: HashMap::new(),
            searched: HashMap::new(),
            readable: Vec::new(),
            waiting: Vec::new(),
            present: None,
            reported: BTreeSet::new(),
        })
    }

    /// Loads the inputs, then what they import, until nothing is new.
    pub(super) fn load(&mut self, inputs: &[Input]) -> Result<(), DriverError> {
        let mut given = HashSet::new();
        for input in inputs {
            given.insert(match input {
                Input::Path(path) => {
                    self.check_input(path)?;
                    let name = self.name_below_root(path);
                    self.file(path, &name)?
                }
                Input::Text { name, bytes } => self.text(name, name, bytes.clone()),
            });
        }
        // Imports that only parsing finds are rare: they stand below a declaration, or behind a mistake.
        while !self.waiting.is_empty() {
            self.read_ahead()?;
            let new = std::mem::take(&mut self.waiting);
            for (ast, problems) in parse::parse_all(&new, &self.sources) {
                let places = problems.iter().map(|problem| problem.primary.span);
                self.reported
                    .extend(places.map(|span| (span.file, span.start, span.end)));
                self.diagnostics.extend(problems);
                let imports = ast.imports.iter().map(|import| self.import(import));
                let imports = imports.collect::<Result<_, _>>()?;
                self.units.push(Unit {
                    root: given.contains(&ast.id),
                    imports,
                    ast,
                });
            }
        }
        Ok(())
    }

    /// Reads what the waiting files import, and what that imports, so that all can be parsed at once.
    fn read_ahead(&mut self) -> Result<(), DriverError> {
        let mut next = 0;
        while let Some(&file) = self.waiting.get(next) {
            next += 1;
            for path in parse::imports(&self.sources.file(file).text) {
                if imports::path_problem(&path).is_none() {
                    self.search(&path)?;
                }
            }
        }
        Ok(())
    }

    fn check_input(&self, path: &Path) -> Result<(), DriverError> {
        if self.files.is_folder(path) {
            return Err(DriverError::IsFolder {
                path: path.to_path_buf(),
            });
        }
        if self.files.is_file(path) {
            return Ok(());
        }
        Err(not_found(self.files, path))
    }

    /// The path below the first import root that has it, else the file's name alone.
    fn name_below_root(&self, path: &Path) -> String {
        let canonical = self.files.canonical(path);
        let below = self
            .canonical_roots
            .iter()
            .find_map(|root| canonical.strip_prefix(root).ok());
        let name = below.map(slashes).filter(|name| !name.is_empty());
        name.or_else(|| path.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_default()
    }

    fn import(&mut self, import: &Import) -> Result<Option<FileId>, DriverError> {
        // An unreadable string was reported already.
        if let Some(problem) = imports::check_path(import) {
            if !self.is_reported(import.path_span) {
                self.diagnostics.push(problem);
            }
            return Ok(None);
        }
        if let Some(file) = self.search(&import.path)? {
            return Ok(self.readable[file.0 as usize].then_some(file));
        }
        let searched: Vec<String> = self.roots.iter().map(|root| shown(root)).collect();
        if let Some(root) = self.root_above(&import.path) {
            let problem = imports::below_another_root(import, &searched, &shown(&root));
            self.diagnostics.push(problem);
            return Ok(None);
        }
        let (roots, files) = (&self.roots, self.files);
        let present = self
            .present
            .get_or_insert_with(|| roots.iter().flat_map(|root| files.below(root)).collect());
        let own = &self.sources.file(import.path_span.file).name;
        let others = present.iter().map(String::as_str).filter(|path| **path != **own);
        self.diagnostics
            .push(imports::not_found(import, &searched, others));
        Ok(None)
    }

    /// A folder above one of the roots that has the file: the root that was probably meant.
    fn root_above(&self, path: &str) -> Option<PathBuf> {
        /// Nobody's roots are further apart.
        const LEVELS: usize = 8;
        let above = self.roots.iter().flat_map(|root| {
            std::iter::successors(folder_above(root), |folder| folder_above(folder)).take(LEVELS)
        });
        let mut found = above.filter(|folder| self.files.is_file(&join(folder, path)));
        found.next()
    }

    /// The file below the first root that has it.
    fn search(&mut self, path: &str) -> Result<Option<FileId>, DriverError> {
        if let Some(found) = self.searched.get(path) {
            return Ok(*found);
        }
        let mut below = self.roots.iter().map(|root| join(root, path));
        let found = match below.find(|path| self.files.is_file(path)) {
            Some(file) => Some(self.file(&file, path)?),
            None => None,
        };
        self.searched.insert(path.to_owned(), found);
        Ok(found)
    }

    fn is_reported(&self, span: Span) -> bool {
        let within = (span.file, span.start, 0)..=(span.file, span.end, span.end);
        self.reported.range(within).any(|&(_, _, end)| end <= span.end)
    }

    /// Reads a file unless it was read already, under whatever name.
    fn file(&mut self, path: &Path, name: &str) -> Result<FileId, DriverError> {
        let canonical = self.files.canonical(path);
        if let Some(known) = self.known.get(&canonical) {
            return Ok(*known);
        }
        let bytes = self
            .files
            .read(path, MAX_FILE + 1)
            .map_err(|source: io::Error| DriverError::Read {
                path: path.to_path_buf(),
                source,
            })?;
        self.read.push(path.to_path_buf());
        let id = self.text(name, &shown(path), bytes);
        self.known.insert(canonical, id);
        Ok(id)
    }

    /// Takes a text in, to be parsed when it is one.
    fn text(&mut self, name: &str, path: &str, bytes: Vec<u8>) -> FileId {
        let (id, problem) = keep(&mut self.sources, name, path, bytes);
        self.readable.push(problem.is_none());
        match problem {
            None => self.waiting.push(id),
            Some(problem) => self.diagnostics.push(problem),
        }
        id
    }
}

/// There is no such input; the name of one beside it may have been meant.
pub(super) fn not_found(files: &dyn FileSystem, path: &Path) -> DriverError {
    let beside = files.below(operands::parent(path));
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let similar = nearest(name, beside.iter().map(String::as_str)).map(|name| match path.parent() {
        Some(parent) => parent.join(name).display().to_string(),
        None => name.to_owned(),
    });
    DriverError::NotFound {
        path: path.to_path_buf(),
        similar,
    }
}

/// Adds a file's bytes to the sources as text without its BOM, or says why they are none.
pub(super) fn keep(
    sources: &mut SourceMap,
    name: &str,
    path: &str,
    bytes: Vec<u8>,
) -> (FileId, Option<Diagnostic>) {
    if bytes.len() > MAX_FILE {
        let id = sources.add(SourceFile::new(name, path, ""));
        return (id, Some(too_large(Span::new(id, 0, 0), path)));
    }
    let bytes = match bytes.strip_prefix(BOM) {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    match String::from_utf8(bytes) {
        Ok(text) => (sources.add(SourceFile::new(name, path, text)), None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bad = error.as_bytes().get(at).copied().unwrap_or_default();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let id = sources.add(SourceFile::new(name, path, text));
            let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
            (id, Some(invalid_utf8(Span::new(id, at, end), bad)))
        }
    }
}

/// What some editors put before a text.
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

fn too_large(span: Span, path: &str) -> Diagnostic {
    Diagnostic::error(
        Code::FileTooLarge,
        span,
        format!("`{path}` is larger than 16 MiB"),
    )
    .label("nothing of it was read")
    .help("split it into several files and import them")
}

fn invalid_utf8(span: Span, byte: u8) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidUtf8,
        span,
        format!("the byte 0x{byte:02X} here is not UTF-8"),
    )
    .label("not UTF-8")
    .help("save the file as UTF-8")
}

fn folder_of(input: &Input) -> PathBuf {
    match input {
        Input::Path(path) => operands::parent(path).to_owned(),
        Input::Text { .. } => PathBuf::from("."),
    }
}

/// As it would be written; of a git revision there is none.
fn folder_above(folder: &Path) -> Option<PathBuf> {
    if folder.to_string_lossy().contains(':') {
        return None;
    }
    match folder.components().next_back() {
        Some(Component::Normal(_)) => folder.parent().map(|parent| match parent.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => parent.to_path_buf(),
        }),
        Some(Component::CurDir) | None => Some(PathBuf::from("..")),
        Some(Component::ParentDir) => Some(folder.join("..")),
        Some(Component::RootDir | Component::Prefix(_)) => None,
    }
}

/// `path` has no `..` and is not absolute.
fn join(root: &Path, path: &str) -> PathBuf {
    if root == Path::new(".") {
        PathBuf::from(path)
    } else {
        root.join(path)
    }
}

pub(super) fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if std::path::MAIN_SEPARATOR == '/' {
        text
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

fn slashes(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// What every file declares that could be imported: those in hand, and those below the roots.
pub(super) fn neighbours(
    units: &[Unit],
    sources: &SourceMap,
    roots: &[PathBuf],
    files: &dyn FileSystem,
) -> Vec<Neighbour> {
    /// Bytes that are read for suggestions, at most.
    const BUDGET: usize = 32 * 1024 * 1024;
    let mut out: Vec<Neighbour> = units
        .iter()
        .map(|unit| neighbour(sources.file(unit.ast.id).name.to_string(), &unit.ast))
        .collect();
    let mut left = BUDGET;
    for root in roots {
        for path in files.below(root) {
            if left == 0 || out.iter().any(|known| known.path == path) {
                continue;
            }
            let Ok(bytes) = files.read(&join(root, &path), left.min(MAX_FILE)) else {
                continue;
            };
            left -= bytes.len();
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let (ast, _) = parse::parse(FileId(u32::MAX), text.trim_start_matches('\u{FEFF}'));
            out.push(neighbour(path, &ast));
        }
    }
    out
}

fn neighbour(path: String, ast: &ast::File) -> Neighbour {
    Neighbour {
        path,
        package: ast
            .package
            .as_ref()
            .map(|package| package.text.clone())
            .unwrap_or_default(),
        names: ast
            .declarations
            .iter()
            .map(|declaration| declaration.name.text.clone())
            .collect(),
    }
}
