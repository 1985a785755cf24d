//! The report as text for people, and as JSON for programs.

use super::{Change, Kind, Report, ServiceDrift, Verdict, places};
use crate::diagnostic::Label;
use crate::diagnostic::render::with_places;
use crate::model::Schema;
use crate::source::{SourceMap, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer};
use serde::Serialize;
use std::fmt::Write;

/// A side whose text is at hand; a lock has none.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What the text says.
    pub schema: &'a Schema,
    /// The text.
    pub sources: &'a SourceMap,
}

impl Side<'_> {
    /// The place of a change, and whether what it is about is still there.
    fn place(&self, change: &Change, name: Option<&str>) -> Option<(Span, bool)> {
        match places::find(self.schema, change, name) {
            Some(span) => Some((span, true)),
            None => places::owner(self.schema, change).map(|span| (span, false)),
        }
    }
}

/// The name that the old side has for what was renamed.
fn old_name(change: &Change) -> Option<&str> {
    let renamed = matches!(
        change.kind,
        Kind::FieldRenamed
            | Kind::ValueRenamed
            | Kind::CaseRenamed
            | Kind::MethodRenamed
            | Kind::TypeRenamed
            | Kind::ServiceRenamed
    );
    change.old.as_deref().filter(|_| renamed)
}

/// The report for people: each edit with its place and verdicts, then the contract ids. ANSI colours when `color`.
pub fn human(report: &Report, old: Option<Side<'_>>, new: Option<Side<'_>>, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for change in &report.changes {
        let labels = Labels::new(change, old, new);
        out.push_str(&renderer.render(&[group(change, &labels, old, new)]));
        out.push_str("\n\n");
    }
    contracts(&mut out, report);
    out
}

/// Where a change is, on either side.
struct Labels {
    new: Option<Label>,
    old: Option<Label>,
}

impl Labels {
    fn new(change: &Change, old: Option<Side<'_>>, new: Option<Side<'_>>) -> Self {
        let label = |span: Span, text: String| Label { span, text };
        let here = new
            .and_then(|side| side.place(change, None))
            .map(|(span, is_there)| {
                let text = match (is_there, change.old.is_some()) {
                    (true, true) => "changed here",
                    (true, false) => "added here",
                    (false, _) => "not here any more",
                };
                label(span, text.to_owned())
            });
        let before = old
            .and_then(|side| places::find(side.schema, change, old_name(change)))
            .map(|span| label(span, "before".to_owned()));
        Self {
            new: here,
            old: before,
        }
    }
}

fn group<'a>(
    change: &'a Change,
    labels: &'a Labels,
    old: Option<Side<'a>>,
    new: Option<Side<'a>>,
) -> Group<'a> {
    let reaches = change.identity && !change.services.is_empty();
    let level = if reaches {
        Level::ERROR.with_name("drift")
    } else {
        Level::NOTE
    };
    let mut group = Group::with_title(level.primary_title(change.message()).id(change.kind.name()));
    if let (Some(side), Some(label)) = (new, &labels.new) {
        group = with_places(group, [(AnnotationKind::Primary, label)], side.sources);
    }
    if let (Some(side), Some(label)) = (old, &labels.old) {
        group = with_places(group, [(AnnotationKind::Context, label)], side.sources);
    }
    group = group.element(Level::NOTE.with_name("contract").message(first_verdict(change)));
    let second = if reaches || change.verdict == Verdict::Source {
        format!("{}: {}", change.verdict.name(), change.verdict.meaning())
    } else {
        format!("{}: {}", Verdict::Nothing.name(), Verdict::Nothing.meaning())
    };
    group = group.element(Level::NOTE.with_name("verdict").message(second));
    if let Some(notice) = &change.security {
        group = group.element(
            Level::WARNING
                .with_name("security notice")
                .message(notice.as_str()),
        );
    }
    let notes = change.notes.iter();
    notes.fold(group, |group, note| {
        group.element(Level::NOTE.message(note.as_str()))
    })
}

/// Which contract ids change.
fn first_verdict(change: &Change) -> String {
    let names = || {
        let names: Vec<String> = change.services.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    match (change.identity, change.services.as_slice()) {
        (true, _) if change.kind == Kind::ServiceRemoved => format!("{} has none any more", names()),
        (true, []) => "no service reaches it, so no contract id changes".to_owned(),
        (true, [_]) => format!("the id of {} changes", names()),
        (true, _) => format!("the ids of {} change", names()),
        (false, _) => "no contract id changes".to_owned(),
    }
}

/// The ids, old and new, in full: they are what a refused call names.
fn contracts(out: &mut String, report: &Report) {
    for service in report.services.iter().filter(|service| service.differs()) {
        let ServiceDrift { name, old, new } = service;
        let _ = writeln!(out, "contract of `{name}`");
        let _ = writeln!(out, "  was {}", old.as_deref().unwrap_or("none"));
        let _ = writeln!(out, "  is  {}", new.as_deref().unwrap_or("gone"));
    }
    let differ = report.services.iter().filter(|service| service.differs()).count();
    let all = report
        .services
        .iter()
        .filter(|service| service.old.is_some())
        .count();
    let count = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let _ = match (report.changes.len(), differ) {
        (0, _) => writeln!(out, "nothing differs"),
        (changes, 0) => writeln!(out, "{}; no contract id differs", count(changes, "change")),
        (changes, _) => writeln!(
            out,
            "{}; {differ} of {} differ{}",
            count(changes, "change"),
            count(all, "contract id"),
            if differ == 1 { "s" } else { "" }
        ),
    };
}

#[derive(Serialize)]
struct ChangeLine<'a> {
    change: &'static str,
    message: String,
    element: String,
    old: Option<&'a str>,
    new: Option<&'a str>,
    #[serde(flatten)]
    place: Option<PlaceLine<'a>>,
    before: Option<PlaceLine<'a>>,
    contract_id_changes: bool,
    services: &'a [String],
    verdict: &'static str,
    security: Option<&'a str>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct PlaceLine<'a> {
    file: &'a str,
    path: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct ContractLine<'a> {
    service: &'a str,
    old_contract_id: Option<&'a str>,
    new_contract_id: Option<&'a str>,
    differs: bool,
}

/// The report for programs: one object a line, the changes and then the services.
pub fn json(report: &Report, old: Option<Side<'_>>, new: Option<Side<'_>>) -> String {
    let mut out = String::new();
    let mut add = |line: Result<String, serde_json::Error>| {
        out.push_str(&line.unwrap_or_default());
        out.push('\n');
    };
    for change in &report.changes {
        let here = new.and_then(|side| Some(place_line(side.sources, side.place(change, None)?.0)));
        let before = old.and_then(|side| {
            let span = places::find(side.schema, change, old_name(change))?;
            Some(place_line(side.sources, span))
        });
        add(serde_json::to_string(&ChangeLine {
            change: change.kind.name(),
            message: change.message(),
            element: change.element.path(),
            old: change.old.as_deref(),
            new: change.new.as_deref(),
            place: here,
            before,
            contract_id_changes: change.identity && !change.services.is_empty(),
            services: &change.services,
            verdict: change.verdict.name(),
            security: change.security.as_deref(),
            notes: &change.notes,
        }));
    }
    for service in &report.services {
        add(serde_json::to_string(&ContractLine {
            service: &service.name,
            old_contract_id: service.old.as_deref(),
            new_contract_id: service.new.as_deref(),
            differs: service.differs(),
        }));
    }
    out
}

fn place_line(sources: &SourceMap, span: Span) -> PlaceLine<'_> {
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start);
    PlaceLine {
        file: &file.name,
        path: &file.path,
        line,
        column,
    }
}
