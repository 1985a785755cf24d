//! The book cannot lie: every schema in it is compiled and formatted, every transcript is run. `BLESS=1 cargo test` writes
//! what commands print into the pages.
//!
//! A block of a page is
//! - `aster`: a schema without a diagnostic, as `asterc fmt` prints it; with `wrong=code` it has exactly that diagnostic. With
//!   `file=a.aster` it is a file that others import and commands read, until a later block writes it anew; files with
//!   `group=x` have a folder of their own;
//! - `aster,written` and behind it `aster,becomes`: a text, and what the formatter makes of it;
//! - `console`: commands and what they print, in the folder of the page's files;
//! - `rust`: a documentation test of `runtime/examples/src/book.rs`, which `cargo xtask docs` sees to; `no_run` and `compile_fail`
//!   are theirs;
//! - something that is only read, such as `sh` or `toml`.
//!
//! The pages in `docs/diagnostics/` are those of `asterc explain`, and their examples are tested there.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod console;
mod page;

use asterc::codegen::{self, Layout, generate};
use asterc::diff::Kind;
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};
use asterc::fmt::format;
use asterc::source::FileId;
use page::{Part, Role, Schema};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The pages by their paths below [`ROOT`].
fn pages() -> BTreeMap<String, String> {
    let mut folders = vec![PathBuf::from("docs")];
    let mut paths: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .map(PathBuf::from)
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                if path != Path::new("docs/diagnostics") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    let text = |path: PathBuf| {
        let text = fs::read_to_string(Path::new(ROOT).join(&path)).unwrap();
        (path.display().to_string().replace('\\', "/"), text)
    };
    paths.into_iter().map(text).collect()
}

/// What is wrong with a page, and the page with what its commands print now.
fn examine(path: &str, text: &str) -> (Vec<String>, String) {
    let (mut parts, mut mistakes) = page::parts(text);
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    let mut written: Option<String> = None;
    for part in &mut parts {
        let Part::Block(block) = part else { continue };
        let mut found = Vec::new();
        if let Some(written) = written.take_if(|_| block.info != "aster,becomes") {
            found.push(format!("what does this become?\n{written}"));
        }
        match page::role(&block.info) {
            Err(why) => found.push(why),
            Ok(Role::Other) => {}
            Ok(Role::Written) => written = Some(block.text.clone()),
            Ok(Role::Becomes) => {
                let before = written.take().unwrap_or_default();
                for text in [&before, &block.text] {
                    found.extend(layout(text, &block.text));
                }
            }
            Ok(Role::Schema(schema)) => {
                let text = included(path, &block.text);
                found.extend(layout(&text, &text));
                match &schema.file {
                    None => found.extend(Folder::new().alone(&text, &schema)),
                    Some(file) => {
                        let folder = folders.entry(schema.group.clone()).or_insert_with(Folder::new);
                        found.extend(folder.write(&file.clone(), text, schema));
                    }
                }
            }
            Ok(Role::Console { group }) => {
                let folder = folders.entry(group).or_insert_with(Folder::new);
                found.extend(folder.check());
                let outcome = console::replay(folder.path.path(), &block.text);
                found.extend(outcome.mistakes);
                block.text = outcome.text;
            }
        }
        mistakes.extend(found.into_iter().map(|why| format!("line {}: {why}", block.line)));
    }
    for folder in folders.values_mut() {
        mistakes.extend(folder.check());
    }
    mistakes.extend(written.map(|written| format!("what does this become?\n{written}")));
    (mistakes, page::page(&parts))
}

/// The text with the files that mdBook puts in, `{{#include path}}`.
fn included(page: &str, text: &str) -> String {
    let folder = Path::new(ROOT).join(page);
    let folder = folder.parent().unwrap();
    let line = |line: &str| match line
        .strip_prefix("{{#include ")
        .and_then(|rest| rest.strip_suffix("}}"))
    {
        Some(path) => fs::read_to_string(folder.join(path)).unwrap(),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Complains when the formatted text is not the expected one; of what has syntax errors nothing is expected.
fn layout(text: &str, expected: &str) -> Option<String> {
    let formatted = format(FileId(0), text).ok()?;
    (formatted != expected).then(|| format!("`asterc fmt` prints\n{formatted}\nand not\n{expected}"))
}

/// Files that belong together.
struct Folder {
    path: TempDir,
    /// Files that are written and not compiled yet: those they import may come later on the page.
    new: BTreeMap<String, Schema>,
}

impl Folder {
    fn new() -> Self {
        Self {
            path: TempDir::new().unwrap(),
            new: BTreeMap::new(),
        }
    }

    fn write(&mut self, file: &str, text: String, schema: Schema) -> Vec<String> {
        let mistakes = match self.new.contains_key(file) {
            true => self.check(),
            false => Vec::new(),
        };
        let path = self.path.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.new.insert(file.to_owned(), schema);
        mistakes
    }

    /// Compiles what was written since the last time.
    fn check(&mut self) -> Vec<String> {
        let new = std::mem::take(&mut self.new);
        let check = |(file, schema): (&String, &Schema)| {
            let input = Input::Path(self.path.path().join(file));
            self.compiled(input, schema).map(|why| format!("{file}: {why}"))
        };
        new.iter().filter_map(check).collect()
    }

    fn alone(&self, text: &str, schema: &Schema) -> Option<String> {
        let input = Input::Text {
            name: "the schema".to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        self.compiled(input, schema)
    }

    /// Compiles up to the generated code, and complains when the diagnostics are not those expected.
    fn compiled(&self, input: Input, schema: &Schema) -> Option<String> {
        let options = Options {
            import_roots: vec![self.path.path().to_owned()],
        };
        let mut compiled = compile(&[input], &options, &Disk).unwrap();
        if let (Some(schema), Some(contracts)) = (&compiled.schema, compiled.contracts().unwrap())
            && let Err(clashes) = generate(schema, &contracts, &codegen::Options::new(Layout::Tree))
        {
            compiled.report(clashes);
        }
        let codes: Vec<&str> = compiled.diagnostics.iter().map(|one| one.code.as_str()).collect();
        let told = compiled.human(false);
        (codes != schema.wrong)
            .then(|| format!("the compiler says {codes:?}, not {:?}\n{told}", schema.wrong))
    }
}

#[test]
fn everything_in_the_book_is_so() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for (path, text) in pages() {
        let (mut mistakes, blessed) = examine(&path, &text);
        if bless && blessed != text {
            fs::write(Path::new(ROOT).join(&path), &blessed).unwrap();
            mistakes = examine(&path, &blessed).0;
        }
        wrong.extend(mistakes.into_iter().map(|why| format!("{path}: {why}")));
    }
    assert!(
        wrong.is_empty(),
        "{}\nBLESS=1 accepts what commands print",
        wrong.join("\n")
    );
}

#[test]
fn a_page_that_lies_is_found_out() {
    const SHOP: &str = "```aster,file=shop.aster\npackage shop;\n\nmessage Order {\n  id: string;\n}\n```\n";
    let shop = |more: &str| format!("{SHOP}\n{more}");
    for (page, why) in [
        ("```astre\n```\n".to_owned(), "`astre`"),
        ("```\npackage a;\n```\n".to_owned(), "means nothing"),
        (
            "```aster\npackage a;\nmessage A {}\n```\n".to_owned(),
            "asterc fmt",
        ),
        (
            "```aster\npackage a;\n\nmessage A {\n  b: B;\n}\n```\n".to_owned(),
            "unknown-type",
        ),
        (
            "```aster,wrong=unknown-type\npackage a;\n```\n".to_owned(),
            "not [\"unknown-type\"]",
        ),
        ("```aster,written\npackage a;\n```\n".to_owned(), "become"),
        (
            "```aster,written\npackage  a;\n```\n```aster,becomes\npackage b;\n```\n".to_owned(),
            "asterc fmt",
        ),
        (
            shop("```console\n$ asterc check shop.aster\n1 error\n```\n"),
            "prints",
        ),
        (
            shop("```console\n$ asterc check none.aster\n…\n```\n"),
            "exit status 4",
        ),
        (shop("```console\n$ rm shop.aster\n```\n"), "only `asterc`"),
        (
            shop("```aster,file=a.aster\npackage a;\n\nimport \"shop.aster\";\n```\n"),
            "unused-import",
        ),
    ] {
        let (mistakes, _) = examine("docs/page.md", &page);
        assert!(
            mistakes.len() == 1 && mistakes[0].contains(why),
            "{page}\n{mistakes:?}"
        );
    }
    for page in [
        shop("```console\n$ asterc check shop.aster\n$ asterc check none.aster\n…\n$ echo $?\n4\n```\n"),
        shop(
            "```aster,file=shop.aster\npackage shop;\n```\n```console\n$ cat shop.aster\npackage shop;\n```\n",
        ),
    ] {
        assert_eq!(examine("docs/page.md", &page), (Vec::new(), page.clone()));
    }
}

/// The page on the commands shows the help of each; the test above holds it against the compiler.
#[test]
fn every_command_is_on_the_page_of_commands() {
    let page = &pages()["docs/commands.md"];
    let help = console::replay(Path::new(ROOT), "$ asterc --help\n").text;
    let commands = help
        .split_once("Commands:\n")
        .unwrap()
        .1
        .split_once("\n\n")
        .unwrap()
        .0;
    let mut found = 0;
    for line in commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
    {
        let command = line.split_whitespace().next().unwrap();
        if command != "help" {
            let transcript = format!("$ asterc {command} --help\n");
            assert!(
                page.contains(&transcript),
                "a block `console` with `{transcript}` is missing, and then BLESS=1"
            );
            found += 1;
        }
    }
    assert!(found >= 7, "{help}");
}

/// The page on the lock file has every change that a report knows, with its verdicts.
#[test]
fn every_change_is_in_the_table_of_verdicts() {
    let page = &pages()["docs/contract/lock.md"];
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    for kind in Kind::ALL {
        let name = format!("`{}`", kind.name());
        let of_kind: Vec<_> = rows.iter().filter(|row| row[1].contains(&name)).collect();
        let [row] = of_kind.as_slice() else {
            panic!("{name} has {} rows", of_kind.len());
        };
        let (id, verdict) = (row[2], row[3]);
        // what is only known of two sides is told in more words
        let plain = matches!(id, "yes" | "no");
        assert!(!plain || (id == "yes") == kind.is_identity(), "{name}: {id}");
        let depends = verdict.starts_with("as ");
        assert!(depends || verdict == kind.verdict().name(), "{name}: {verdict}");
    }
}
