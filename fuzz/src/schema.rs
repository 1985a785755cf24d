//! Schemas, as a file may hold them.

use crate::memory::{Memory, compile_text};
use crate::seeds::{place, read, schemas, vectors};
use crate::sound;
use asterc::codegen::{self, Layout, generate};
use asterc::diff::diff;
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};
use asterc::fmt::format;
use asterc::lock::Lock;
use asterc::parse;
use asterc::source::{FileId, SourceFile, SourceMap};

/// Any bytes are a file, or there is a diagnostic at a place that exists.
pub fn parse(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        // Reading a file comes before parsing it.
        return sound::compiled(&compile_text(bytes));
    };
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("a.aster", "a.aster", text));
    let (_, mut diagnostics) = parse::parse(id, text);
    asterc::diagnostic::sort(&mut diagnostics, &sources);
    sound::diagnostics(&diagnostics, &sources);
}

/// Whatever parses can be formatted; the result is formatted, says the same, and has the same ids.
pub fn fmt(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(text) = format(FileId(0), source) else {
        return;
    };
    sound::formatted(source, &text);
    let (before, after) = (compile_text(source), compile_text(text));
    assert_eq!(sound::ids(&before), sound::ids(&after));
    assert_eq!(sound::codes(&before), sound::codes(&after));
}

/// Any files have a schema with ids, a lock and generated code, or there is a diagnostic.
pub fn resolve(bytes: &[u8]) {
    let (files, root) = split(bytes);
    let compiled = files.compile(&[&root]);
    sound::compiled(&compiled);
    let (Some(schema), Ok(Some(contracts))) = (&compiled.schema, compiled.contracts()) else {
        return;
    };
    let lock = Lock::new(schema, &contracts);
    let read = Lock::parse(&lock.text()).expect("what was written can be read");
    assert_eq!(lock, read);
    assert!(diff(&lock, &read).changes.is_empty());
    if let Err(clashes) = generate(schema, &contracts, &codegen::Options::new(Layout::Tree)) {
        sound::diagnostics(&clashes, &compiled.sources);
    }
}

/// Begins the line that names a file, in a text that holds several.
const FILE: &[u8] = b"//// ";

/// The files of a text, and the first of them: it is the one that is compiled.
fn split(bytes: &[u8]) -> (Memory, String) {
    let mut name = "a.aster".to_owned();
    let mut root = None;
    let mut text = Vec::new();
    let mut files = Memory::default();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let Some(next) = line.strip_prefix(FILE) else {
            text.extend_from_slice(line);
            continue;
        };
        if root.is_some() || !text.is_empty() {
            root.get_or_insert_with(|| name.clone());
            files = files.with(&name, std::mem::take(&mut text));
        }
        if let Some(next) = std::str::from_utf8(next)
            .ok()
            .map(str::trim_end)
            .filter(|name| is_path(name))
        {
            next.clone_into(&mut name);
        }
        root.get_or_insert_with(|| name.clone());
    }
    let root = root.unwrap_or_else(|| name.clone());
    (files.with(&name, text), root)
}

/// Whether it leads to a file below the import root, and to no other than its parts say.
fn is_path(name: &str) -> bool {
    name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn joined<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, text) in files {
        all.extend_from_slice(FILE);
        all.extend_from_slice(name.as_bytes());
        all.push(b'\n');
        all.extend_from_slice(text.as_bytes());
        if !text.ends_with('\n') {
            all.push(b'\n');
        }
    }
    all
}

/// Every schema of the repository.
pub fn parse_seeds() -> Vec<Vec<u8>> {
    let files = schemas().into_iter().flat_map(|(root, paths)| {
        let read = move |path| read(&root.join(path));
        paths.into_iter().map(read)
    });
    files
        .chain([read(&place("tests/tests/codec/kitchen.aster"))])
        .collect()
}

/// The same.
pub fn fmt_seeds() -> Vec<Vec<u8>> {
    parse_seeds()
}

/// Every schema of the repository with what it imports, and the vectors.
pub fn resolve_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (root, paths) in schemas() {
        let options = Options {
            import_roots: vec![root.clone()],
        };
        for path in paths {
            let input = Input::Path(root.join(path));
            let compiled =
                compile(&[input], &options, &Disk).expect("a schema of the repository can be read");
            seeds.push(joined(
                compiled
                    .sources
                    .iter()
                    .map(|(_, file)| (&*file.name, &*file.text)),
            ));
        }
    }
    for file in ["contract", "diagnostics"] {
        for case in vectors(&format!("tests/vectors/{file}.json"), "cases") {
            let root = case["root"].as_str().unwrap_or_default();
            let mut files: Vec<(&str, &str)> = case["files"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, text)| (name.as_str(), text.as_str().unwrap_or_default()))
                .collect();
            files.sort_by_key(|(name, _)| *name != root);
            seeds.push(joined(files));
        }
    }
    seeds
}
