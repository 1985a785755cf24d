//! What `asterc` and its peers cost on the same model: processes, measured one by one.

mod cases;
pub mod generated;
mod measure;
mod phases;

pub use cases::{Case, Tools, Workplace};
pub use measure::{Cost, MEASURE, measure_one};

use std::fmt::Write;

/// The table for people: CPU seconds and, in brackets, peak memory.
pub fn table(rows: &[(Case, Vec<Cost>)], tools: &Tools, rounds: usize) -> String {
    let peers: Vec<&str> = tools.peers();
    let mut out = format!("| CPU s (peak MB), median of {rounds} interleaved rounds | asterc |");
    for peer in &peers {
        let _ = write!(out, " {peer} |");
    }
    out.push_str(" asterc to protoc |\n|---|---:|");
    out.push_str(&"---:|".repeat(peers.len() + 1));
    out.push('\n');
    for (case, costs) in rows {
        let Some((ours, others)) = costs.split_first() else {
            continue;
        };
        let _ = write!(out, "| {} | {} |", case.name, shown(ours));
        let mut protoc = None;
        for peer in &peers {
            let found = case.peers().zip(others).find(|(name, _)| name == peer);
            if *peer == "protoc" {
                protoc = found.map(|(_, cost)| cost.seconds);
            }
            let _ = write!(out, " {} |", found.map_or(String::new(), |(_, cost)| shown(cost)));
        }
        let ratio = protoc.map_or(String::new(), |protoc| format!("{:.2}", ours.seconds / protoc));
        let _ = writeln!(out, " {ratio} |");
    }
    out
}

fn shown(cost: &Cost) -> String {
    if cost.megabytes > 0.0 {
        format!("{:.3} ({:.0})", cost.seconds, cost.megabytes)
    } else {
        format!("{:.3}", cost.seconds)
    }
}
