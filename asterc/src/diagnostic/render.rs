//! Prints diagnostics for people, with the source lines they are about.

use super::{Diagnostic, Label, Level};
use crate::source::{FileId, SourceFile, SourceMap};
use annotate_snippets::{AnnotationKind, Group, Level as Severity, Origin, Renderer, Snippet};

/// Places of one file that are further apart than this are shown as two snippets.
const FAR: usize = 32 * 1024;
/// A line longer than this is not shown.
const LONG_LINE: usize = 8 * 1024;

/// The diagnostics as text, in their order, each followed by an empty line. ANSI colours when `color`.
pub fn human(diagnostics: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&[group(diagnostic, sources)]));
        out.push_str("\n\n");
    }
    out
}

/// One line that counts errors and warnings, or `None` when there are none.
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let count = |level| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.level == level)
            .count()
    };
    let say = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    match (
        say(count(Level::Error), "error"),
        say(count(Level::Warning), "warning"),
    ) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one),
        (Some(errors), Some(warnings)) => Some(format!("{errors}, {warnings}")),
    }
}

/// The command that tells more about the errors, those of the first three codes; `None` without an error.
pub fn pointer(diagnostics: &[Diagnostic]) -> Option<String> {
    const SHOWN: usize = 3;
    let mut codes: Vec<&str> = Vec::new();
    for diagnostic in diagnostics {
        let code = diagnostic.code.as_str();
        if diagnostic.level == Level::Error && !codes.contains(&code) {
            codes.push(code);
            if codes.len() == SHOWN {
                break;
            }
        }
    }
    (!codes.is_empty()).then(|| format!("for more on an error, run: asterc explain {}", codes.join(" ")))
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let severity = match diagnostic.level {
        Level::Error => Severity::ERROR,
        Level::Warning => Severity::WARNING,
    };
    let title = severity
        .primary_title(&diagnostic.message)
        .id(diagnostic.code.as_str());
    let group = Group::with_title(title);
    let labels = diagnostic
        .labels
        .iter()
        .map(|label| (AnnotationKind::Context, label));
    let labels = std::iter::once((AnnotationKind::Primary, &diagnostic.primary)).chain(labels);
    let group = with_places(group, labels, sources);
    diagnostic
        .help
        .iter()
        .fold(group, |group, help| group.element(Severity::HELP.message(help)))
}

pub(crate) type Placed<'a> = (AnnotationKind, &'a Label);

/// The group with the source lines that the labels are about, the file of the first label first.
pub(crate) fn with_places<'a>(
    mut group: Group<'a>,
    labels: impl IntoIterator<Item = Placed<'a>>,
    sources: &'a SourceMap,
) -> Group<'a> {
    for (file, labels) in by_file(labels) {
        let source = sources.file(file);
        for cluster in clusters(labels) {
            match window(source, &cluster) {
                Some((first_line, start, end)) => {
                    let snippet = Snippet::source(&source.text[start..end])
                        .line_start(first_line + 1)
                        .path(&*source.path)
                        .annotations(cluster.iter().map(|&(kind, label)| {
                            let at = |offset: u32| (offset as usize).saturating_sub(start).min(end - start);
                            let annotation = kind.span(at(label.span.start)..at(label.span.end));
                            annotation.label((!label.text.is_empty()).then_some(label.text.as_str()))
                        }));
                    group = group.element(snippet);
                }
                None => {
                    for (_, label) in cluster {
                        let (line, column) = source.line_column(label.span.start);
                        group = group.element(Origin::path(&*source.path).line(line).char_column(column));
                    }
                }
            }
        }
    }
    group
}

/// The labels by file, in the order in which files come up.
fn by_file<'a>(placed: impl IntoIterator<Item = Placed<'a>>) -> Vec<(FileId, Vec<Placed<'a>>)> {
    let mut files: Vec<(FileId, Vec<Placed<'a>>)> = Vec::new();
    for placed in placed {
        match files.iter_mut().find(|(file, _)| *file == placed.1.span.file) {
            Some((_, labels)) => labels.push(placed),
            None => files.push((placed.1.span.file, vec![placed])),
        }
    }
    files
}

/// Labels that one snippet can show, the cluster of the first label first.
fn clusters(labels: Vec<Placed<'_>>) -> Vec<Vec<Placed<'_>>> {
    let mut clusters: Vec<Vec<Placed<'_>>> = Vec::new();
    for placed in labels {
        let near = |other: &Placed<'_>| other.1.span.start.abs_diff(placed.1.span.start) as usize <= FAR;
        match clusters
            .iter_mut()
            .find(|cluster| cluster.first().is_some_and(near))
        {
            Some(cluster) => cluster.push(placed),
            None => clusters.push(vec![placed]),
        }
    }
    clusters
}

/// First line (from 0) and byte range of the lines that hold the cluster; `None` when one is too long to show.
fn window(source: &SourceFile, cluster: &[Placed<'_>]) -> Option<(usize, usize, usize)> {
    let starts = source.line_starts();
    let first = cluster
        .iter()
        .map(|(_, label)| source.line_of(label.span.start))
        .min()?;
    let last = cluster
        .iter()
        .map(|(_, label)| source.line_of(label.span.end.max(label.span.start)))
        .max()?;
    let end_of = |line: usize| {
        starts
            .get(line + 1)
            .map_or(source.text.len(), |&next| next as usize)
    };
    let long = |line: usize| end_of(line) - starts[line] as usize > LONG_LINE;
    if cluster
        .iter()
        .any(|(_, label)| long(source.line_of(label.span.start)))
    {
        return None;
    }
    Some((first, starts[first] as usize, end_of(last)))
}
