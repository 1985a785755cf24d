//! Medians of all rounds, as tables or as one object.

use crate::calls::case::{Case, LARGE, Section};
use crate::calls::contender::Sample;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What was measured of one row: a sample of each contender for each round.
#[derive(Debug)]
pub struct Row {
    pub section: Section,
    pub case: Case,
    pub ours: Vec<Sample>,
    pub bare: Vec<Sample>,
}

/// One figure of a sample.
type Figure = fn(&Sample) -> f64;

const RATE: Figure = |sample| sample.rate;

impl Row {
    /// The figures in microseconds.
    fn figures(&self) -> Vec<(&'static str, Figure)> {
        let time: (&str, Figure) = match self.case {
            Case::Unary { .. } => ("time per call", |sample| 1e6 / sample.rate),
            _ => ("time per message", |sample| 1e6 / sample.rate),
        };
        let mut figures: Vec<(&str, Figure)> = Vec::new();
        if matches!(self.case, Case::Unary { .. } | Case::Bidi { .. }) {
            figures.push(("p50", |sample| sample.p50));
            figures.push(("p99", |sample| sample.p99));
        }
        figures.push(time);
        figures.push(("client CPU", |sample| sample.client));
        figures.push(("server CPU", |sample| sample.server));
        figures
    }

    /// The figure that is not a time: its name and its unit in calls or messages in a second.
    fn rate(&self) -> (&'static str, f64) {
        match self.case {
            Case::Unary { .. } => ("calls/s", 1.0),
            Case::ServerStream { size: LARGE, .. } | Case::ClientStream { size: LARGE, .. } => {
                ("MB/s", LARGE as f64 / 1e6)
            }
            _ => ("messages/s", 1.0),
        }
    }

    fn medians(&self, figure: Figure) -> (f64, f64) {
        (median(&self.ours, figure), median(&self.bare, figure))
    }
}

fn median(samples: &[Sample], figure: Figure) -> f64 {
    let mut values: Vec<_> = samples.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One table for each section.
pub fn tables(rows: &[Row], rounds: usize) -> String {
    let mut out = String::new();
    let mut section = "";
    for row in rows {
        if section != row.section.name {
            if !section.is_empty() {
                out.push('\n');
            }
            section = row.section.name;
            let title = row.section.title;
            let _ = writeln!(
                out,
                "| {title}: µs, median of {rounds} interleaved rounds | aster | iroh | ratio |"
            );
            out.push_str("|---|---:|---:|---:|\n");
        }
        let case = row.case.name();
        for (name, figure) in row.figures() {
            let (ours, bare) = row.medians(figure);
            let digits = if bare < 10.0 { 2 } else { 1 };
            let _ = writeln!(
                out,
                "| {name}, {case} | {ours:.digits$} | {bare:.digits$} | {:.2} |",
                ours / bare
            );
        }
        let ((name, unit), (ours, bare)) = (row.rate(), row.medians(RATE));
        let (ours, bare) = (ours * unit, bare * unit);
        let _ = writeln!(
            out,
            "| {name}, {case} | {ours:.0} | {bare:.0} | {:.2} |",
            ours / bare
        );
    }
    out
}

/// The times of all rows.
pub fn json(rows: &[Row]) -> Value {
    let entries = rows.iter().flat_map(|row| {
        row.figures().into_iter().map(|(name, figure)| {
            let (ours, bare) = row.medians(figure);
            let name = format!("{}: {name}, {}", row.section.title, row.case.name());
            json!({ "name": name, "ours": ours, "peers": { "iroh": bare } })
        })
    });
    let entries: Vec<_> = entries.collect();
    json!({ "bench": "calls", "unit": "us", "rows": entries })
}
