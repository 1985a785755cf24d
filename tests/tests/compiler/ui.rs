//! Bad schemas, one mistake each, and beside each what the compiler says. `BLESS=1 cargo test` accepts new output.
//!
//! A file is named by its code, `unknown-type.aster`, or with a word on what is special,
//! `unknown-type_keyword.aster`. What is too large to be kept as a file is made here.

use crate::memory::compile_text;
use asterc::codegen::{self, Layout, RustCode};
use asterc::diagnostic::Code;
use asterc::driver::disk::Disk;
use asterc::driver::{Compiled, FileSystem, Input, Options, compile};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = "ui";

/// Every case: its path below the root without `.aster`, and what came out.
fn cases() -> Vec<(String, Compiled)> {
    let mut cases = Vec::new();
    for path in Disk.below(Path::new(ROOT)) {
        let name = path.strip_suffix(".aster").unwrap().to_owned();
        if name.starts_with("lib/") {
            continue;
        }
        let options = Options {
            import_roots: vec![PathBuf::from(ROOT)],
        };
        let input = Input::Path(Path::new(ROOT).join(&path));
        let mut compiled = compile(&[input], &options, &Disk).unwrap();
        // what only a language finds
        if let (Some(schema), Some(contracts)) = (&compiled.schema, compiled.contracts().unwrap()) {
            let options = codegen::Options::new(Layout::Tree);
            if let Some(clashes) = RustCode::new(schema, &contracts, &options).err() {
                compiled.report(clashes);
            }
        }
        cases.push((name, compiled));
    }
    cases.extend(made());
    cases
}

fn made() -> Vec<(String, Compiled)> {
    let mut cases = Vec::new();
    let mut case = |name: &str, text: Vec<u8>| cases.push((format!("made/{name}"), compile_text(text)));
    case("file-too-large", vec![b' '; asterc::source::MAX_FILE + 1]);
    case(
        "invalid-utf8",
        b"package ui;\n\nmessage Gr\xFC\xDFe { a: bool; }\n".to_vec(),
    );
    let nested = format!(
        "package ui;\n\nmessage A {{\n  a: {}bool{};\n}}\n",
        "list<".repeat(128),
        ">".repeat(128)
    );
    case("nesting-too-deep", nested.into_bytes());
    let values: String = (0..65_536).map(|n| format!("  V{n} = {n};\n")).collect();
    let large = format!("package ui;\n\nenum A {{\n{values}}}\n\nmessage B {{ a: A; }}\n");
    case("declaration-too-large", large.into_bytes());
    let comments = format!(
        "package ui;\n\n{}\n{}\nmessage A {{}}\n",
        "/*".repeat(129),
        "*/".repeat(129)
    );
    case("nesting-too-deep_comments", comments.into_bytes());
    cases
}

/// The words after `_` tell what is special about a case.
fn code(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap();
    file.split('_').next().unwrap()
}

#[test]
fn every_mistake_is_told_once_as_written_beside_it() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for (name, compiled) in cases() {
        let path = format!("{ROOT}/{name}.stderr");
        let text = compiled.human(false);
        let codes: Vec<&str> = compiled.diagnostics.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, [code(&name)], "{name}\n{text}");
        let known = fs::read_to_string(&path).unwrap_or_default();
        if known != text {
            if bless {
                fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
                fs::write(&path, &text).unwrap();
            } else {
                wrong.push(format!("{path}\n--- expected\n{known}--- found\n{text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 accepts this", wrong.join("\n"));
}

#[test]
fn every_code_has_a_case() {
    // hostile::a_file_of_syntax_errors_is_given_up_loudly
    let elsewhere = [Code::TooManyErrors];
    let shown: BTreeSet<String> = cases().iter().map(|(name, _)| code(name).to_owned()).collect();
    for code in Code::ALL.iter().filter(|code| !elsewhere.contains(code)) {
        assert!(shown.contains(code.as_str()), "no case for {code}");
    }
}

/// An edit that a tool may make without asking leads to a schema without that mistake.
#[test]
fn edits_mend_what_they_are_for() {
    let mut mended = 0;
    for (name, compiled) in cases() {
        let Some(edit) = &compiled.diagnostics[0].edit else {
            continue;
        };
        let text = &compiled.sources.file(edit.span.file).text;
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let text = format!("{}{}{}", &text[..start], edit.replacement, &text[end..]);
        let again = Mended {
            path: format!("{ROOT}/{name}.aster"),
            text,
        };
        let options = Options {
            import_roots: vec![PathBuf::from(ROOT)],
        };
        let compiled = compile(&[Input::Path(PathBuf::from(&again.path))], &options, &again).unwrap();
        let left: Vec<&str> = compiled.diagnostics.iter().map(|one| one.code.as_str()).collect();
        assert!(
            !left.contains(&code(&name)),
            "{name}\n{}\n{}",
            again.text,
            compiled.human(false)
        );
        mended += 1;
    }
    assert!(mended > 30, "{mended}");
}

/// The disk with one file changed.
struct Mended {
    path: String,
    text: String,
}

impl FileSystem for Mended {
    fn read(&self, path: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
        if path == Path::new(&self.path) {
            Ok(self.text.clone().into_bytes())
        } else {
            Disk.read(path, limit)
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        path == Path::new(&self.path) || Disk.is_file(path)
    }

    fn is_folder(&self, path: &Path) -> bool {
        Disk.is_folder(path)
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        Disk.canonical(path)
    }

    fn below(&self, folder: &Path) -> Vec<String> {
        Disk.below(folder)
    }
}
