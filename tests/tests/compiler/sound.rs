//! What holds for every text, right or wrong. The fuzz targets hold it against theirs.

use asterc::ast;
use asterc::diagnostic::{self, Code, Diagnostic, has_errors};
use asterc::driver::Compiled;
use asterc::driver::listing::{self, Detail};
use asterc::fmt::format;
use asterc::parse::parse;
use asterc::source::{FileId, SourceMap};

/// What holds for every compiled text: it is either right or there is an error, and all places exist.
pub(crate) fn compiled(compiled: &Compiled) {
    assert_eq!(compiled.schema.is_none(), has_errors(&compiled.diagnostics));
    diagnostics(&compiled.diagnostics, &compiled.sources);
    if compiled.schema.is_some() {
        assert!(compiled.contracts().is_ok_and(|contracts| contracts.is_some()));
    }
}

/// What is reported is at places that exist, and can be shown.
pub(crate) fn diagnostics(found: &[Diagnostic], sources: &SourceMap) {
    for diagnostic in found {
        let places = diagnostic
            .labels
            .iter()
            .map(|label| label.span)
            .chain([diagnostic.primary.span]);
        for span in places.chain(diagnostic.edit.as_ref().map(|edit| edit.span)) {
            let text = &sources.file(span.file).text;
            assert!(
                text.get(span.start as usize..span.end as usize).is_some(),
                "{diagnostic:?}"
            );
        }
    }
    let human = diagnostic::render::human(found, sources, true);
    let json = diagnostic::json::lines(found, sources);
    assert_eq!(human.is_empty(), found.is_empty());
    assert_eq!(json.lines().count(), found.len());
}

/// What holds for the formatted text of every source.
pub(crate) fn formatted(source: &str, text: &str) {
    assert_eq!(
        format(FileId(0), text).as_deref(),
        Ok(text),
        "formatted twice it is another text"
    );
    assert_eq!(meaning(text), meaning(source), "{source}\n---\n{text}");
    assert!(
        text.ends_with('\n') && !text.ends_with("\n\n") && !text.starts_with('\n'),
        "{text}"
    );
    for line in text.lines() {
        assert_eq!(line, line.trim_end(), "{text}");
    }
}

/// What a text says: its AST without the places, the imports in the order of their paths.
fn meaning(text: &str) -> String {
    let (mut file, diagnostics) = parse(FileId(0), text);
    assert!(!has_errors(&diagnostics), "{diagnostics:?}\n{text}");
    file.imports.sort_by(|a, b| a.path.cmp(&b.path));
    let ast::File {
        id: _,
        docs,
        package,
        imports,
        declarations,
        incomplete: _,
        lost: _,
    } = file;
    let shown = format!("{docs:?} {package:?} {imports:?} {declarations:?}");
    let mut parts = shown.split("Span {");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, behind) = part.split_once('}').expect("a span is shown in braces");
        out.push_str(behind);
    }
    out
}

/// Everything that is hashed, if the schema is right.
pub(crate) fn ids(compiled: &Compiled) -> Option<String> {
    let detail = Detail {
        bytes: true,
        tree: true,
    };
    let schema = compiled.schema.as_ref()?;
    let contracts = compiled.contracts().expect("a checked schema has ids")?;
    Some(listing::json(schema, &contracts, detail))
}

/// The codes of what was reported, in their order.
pub(crate) fn codes(compiled: &Compiled) -> Vec<Code> {
    let mut codes: Vec<Code> = compiled.diagnostics.iter().map(|one| one.code).collect();
    codes.sort_unstable();
    codes
}
