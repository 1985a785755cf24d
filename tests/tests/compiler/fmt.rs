//! The formatter: what the layout is, and that nothing but the layout changes.
//!
//! `tests/fmt/<name>.aster` is formatted to the `.out` beside it; `BLESS=1 cargo test` accepts new output.

mod drawn;
mod pieces;

use crate::hostile;
use crate::memory::Memory;
use crate::sound::{codes, formatted as sound, ids};
use asterc::diagnostic::Code;
use asterc::driver::disk::Disk;
use asterc::driver::{FileSystem, Input, Options, compile};
use asterc::fmt::{WIDTH, format};
use asterc::source::FileId;
use pieces::{Piece, pieces};
use proptest::prelude::*;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The formatted text, or `None` when there are syntax errors.
fn formatted(text: &str) -> Option<String> {
    format(FileId(0), text).ok()
}

/// The tokens and comments of a text in their order, without the commas that end a list.
fn sequence(text: &str) -> Vec<String> {
    let pieces = pieces(text);
    let ends_list = |rest: &[Piece<'_>]| {
        let next = rest.iter().find(|piece| !piece.is_comment());
        next.is_some_and(|next| matches!(next.text, ")" | "]" | ";"))
    };
    let kept = pieces
        .iter()
        .enumerate()
        .filter(|(at, piece)| piece.text != "," || !ends_list(&pieces[at + 1..]));
    kept.map(|(_, piece)| piece.normal()).collect()
}

#[test]
fn the_catalogue_is_laid_out_as_written_beside_it() {
    let bless = std::env::var_os("BLESS").is_some();
    let names = Disk.below(Path::new("fmt"));
    assert!(names.len() >= 9, "{names:?}");
    for name in names {
        let path = Path::new("fmt").join(name);
        let source = fs::read_to_string(&path).unwrap();
        let text = formatted(&source).unwrap();
        sound(&source, &text);
        let beside = path.with_extension("out");
        if bless {
            fs::write(&beside, &text).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(text, expected, "{}: BLESS=1 accepts this", path.display());
    }
}

/// A folder of files, each as the formatter leaves it.
struct Tidy;

impl FileSystem for Tidy {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = Disk.read(path, limit)?;
        let text = std::str::from_utf8(&bytes).ok().and_then(formatted);
        Ok(text.map_or(bytes, String::into_bytes))
    }

    fn is_file(&self, path: &Path) -> bool {
        Disk.is_file(path)
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

#[test]
fn formatting_keeps_every_id_and_what_is_wrong_with_a_schema() {
    for (folder, least) in [("../idl-examples", 15), ("schemas", 10), ("ui", 80)] {
        let mut checked = 0;
        for path in Disk.below(Path::new(folder)) {
            let path = Path::new(folder).join(path);
            let source = fs::read_to_string(&path).unwrap();
            let Some(text) = formatted(&source) else { continue };
            sound(&source, &text);
            assert_eq!(sequence(&text), sequence(&source), "{}", path.display());
            let options = Options {
                import_roots: vec![PathBuf::from(folder)],
            };
            let input = [Input::Path(path)];
            let (before, after) = (
                compile(&input, &options, &Disk).unwrap(),
                compile(&input, &options, &Tidy).unwrap(),
            );
            assert_eq!(codes(&before), codes(&after), "{}", after.human(false));
            assert_eq!(ids(&before), ids(&after));
            checked += 1;
        }
        assert!(checked >= least, "{folder}: {checked}");
    }
}

#[test]
fn the_examples_are_formatted() {
    for folder in ["../idl-examples", "schemas"] {
        for path in Disk.below(Path::new(folder)) {
            let path = Path::new(folder).join(path);
            let source = fs::read_to_string(&path).unwrap();
            assert_eq!(
                formatted(&source).as_deref(),
                Some(&*source),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn realistic_schemas_keep_their_ids() {
    let files = aster_realistic::Model::new(200).aster();
    let (mut before, mut after) = (Memory::default(), Memory::default());
    for (path, source) in &files {
        let text = formatted(source).unwrap();
        sound(source, &text);
        before = before.with(path, source.as_str());
        after = after.with(path, text);
    }
    let (root, _) = files.last().unwrap();
    let before = ids(&before.compile(&[root]));
    assert!(before.is_some());
    assert_eq!(before, ids(&after.compile(&[root])));
}

#[test]
fn a_text_with_syntax_errors_is_not_formatted_and_all_are_told() {
    let wrong = "package a;\nmessage M { a int32; b: string }\nmassage N {}\n";
    let found = format(FileId(0), wrong).unwrap_err();
    let codes: Vec<Code> = found.iter().map(|one| one.code).collect();
    assert_eq!(
        codes,
        [
            Code::UnexpectedToken,
            Code::MissingSemicolon,
            Code::UnknownKeyword
        ]
    );
}

#[test]
fn a_parameter_list_behind_stream_is_left_as_it_is_whatever_it_holds() {
    for inside in [
        "a: int32, b: string",
        "a: int32, , [ ( < # @ - > $ ,",
        "a: int32 // why\n , /* not */ b: int32,",
        "a: int32, a_name_that_is_quite_long: string, another_name_that_is_quite_long: string,, c: bool",
    ] {
        let source = format!("package a;\nservice S {{ rpc m(stream {inside}) -> (); }}\n");
        let text = formatted(&source).unwrap();
        sound(&source, &text);
        let all = |text: &str| pieces(text).iter().map(Piece::normal).collect::<Vec<_>>();
        assert_eq!(all(&text), all(&source), "{text}");
    }
}

#[test]
fn megabytes_of_comments_are_printed() {
    let text = |part: &str| {
        format!(
            "package a;\n{}message M {{}}\n",
            part.repeat(1_000_000 / part.len())
        )
    };
    for part in [
        "//\n",
        "/**/",
        "/*\n */",
        "/// docs\n",
        "//! docs\n",
        "// c\n\n\n",
    ] {
        let source = text(part);
        let once = formatted(&source).unwrap();
        assert_eq!(
            once.matches(part.trim()).count(),
            source.matches(part.trim()).count()
        );
        assert_eq!(formatted(&once), Some(once));
    }
    let inside = format!(
        "package a;\nmessage {} M {{}}\n",
        "/* c */ // d\n".repeat(100_000)
    );
    let once = formatted(&inside).unwrap();
    assert_eq!(formatted(&once), Some(once));
}

#[test]
fn lists_may_be_nested_as_deep_as_the_language_allows() {
    let depth = 126;
    let (open, close) = ("[1, ".repeat(depth), ", 2]".repeat(depth));
    let source = format!("package a;\n@a.b({open}3{close})\nmessage M {{}}\n");
    let text = formatted(&source).unwrap();
    sound(&source, &text);
    assert_eq!(sequence(&text), sequence(&source));
    // One line of the innermost lists, and for each list around them its brackets and two numbers.
    let flat = 10;
    assert!(text.lines().count() > (depth - flat) * 3, "{text}");

    let (open, close) = ("list<".repeat(127), ">".repeat(127));
    let source = format!("package a;\nmessage M {{ a: {open}int32{close}; }}\n");
    let text = formatted(&source).unwrap();
    assert_eq!(
        text,
        source
            .replace("{ a", "{\n  a")
            .replace("; }", ";\n}")
            .replace("a;\n", "a;\n\n")
    );
}

#[test]
fn one_line_of_megabytes_is_printed() {
    let (remark, name) = ("x".repeat(5_000_000), "x".repeat(200_000));
    let source =
        format!("package a;message M{{/*{remark}*/a:string=\"{name}\";}}enum {name}{{A=0;}}//{remark}");
    let text = formatted(&source).unwrap();
    assert_eq!((text.lines().count(), formatted(&text)), (9, Some(text.clone())));

    let items = "[],[[1],2],".repeat(5_000);
    let source = format!(
        "package a;@a.b({items}) message M{{reserved {}\"a\";}}",
        "1,".repeat(20_000)
    );
    let text = formatted(&source).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    assert_eq!(formatted(&text), Some(text));
}

/// Texts from before, without the comments: what is put between tokens is drawn.
fn source() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => drawn::schema(),
        1 => Just(hostile::SCHEMA.to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The output depends on the tokens, the comments and the empty lines.
    #[test]
    fn where_lines_were_broken_does_not_matter(source in source(), blanks in drawn::blanks()) {
        let other = pieces::with_blanks(&source, &blanks);
        prop_assert_eq!(formatted(&other), formatted(&source), "{}", other);
    }

    #[test]
    fn comments_and_empty_lines_may_stand_anywhere(source in source(), fillings in drawn::fillings()) {
        let source = pieces::with_fillings(&source, &fillings);
        let text = formatted(&source).unwrap();
        sound(&source, &text);
        prop_assert_eq!(sequence(&text), sequence(&source), "{}\n---\n{}", source, text);
        prop_assert!(!text.contains("\n\n\n") && !text.contains("{\n\n") && !text.contains("\n\n}"), "{}", text);
        let (before, after) = (hostile::compile_schema(&source), hostile::compile_schema(&text));
        prop_assert_eq!(ids(&before), ids(&after));
        prop_assert!(ids(&before).is_some(), "{}", before.human(false));
    }

    #[test]
    fn lines_that_can_be_broken_are_short(source in drawn::schema()) {
        let text = formatted(&source).unwrap();
        // What stands behind a line does not break it.
        let lines = text.lines().map(|line| line.split_once("  //").map_or(line, |(line, _)| line));
        for line in lines.filter(|line| line.chars().count() > WIDTH) {
            // One word with what stands before it and the mark behind it; or a type.
            let inner = line.trim_end_matches([',', ';']);
            let breakable = inner.contains(['(', '[', ',']) && !line.contains("map<") && !line.contains("()");
            prop_assert!(!breakable, "{}", line);
        }
    }

    #[test]
    fn imports_are_sorted_and_take_what_is_behind_them_along(
        imports in proptest::collection::vec(("[a-c]{1,2}", drawn::behind()), 0..12),
    ) {
        let lines: Vec<String> = imports
            .iter()
            .enumerate()
            .map(|(number, (path, behind))| format!("import \"{path}/{number:02}.aster\";{behind}"))
            .collect();
        let source = format!("package a;\n{}\nmessage M {{}}\n", lines.join("\n"));
        let text = formatted(&source).unwrap();
        sound(&source, &text);
        let mut sorted = lines;
        sorted.sort();
        let found: Vec<&str> = text.lines().filter(|line| line.starts_with("import")).collect();
        prop_assert_eq!(found, sorted);
    }

    #[test]
    fn whatever_can_be_read_can_be_formatted(text in hostile::mutated_schema()) {
        if let Some(once) = formatted(&text) {
            sound(&text, &once);
            prop_assert_eq!(sequence(&once), sequence(&text), "{}\n---\n{}", text, once);
        }
    }
}
