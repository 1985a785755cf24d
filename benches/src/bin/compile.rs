//! `cargo xtask bench compile [--json]`: `asterc` beside protoc, buf, capnp and flatc on the same model.
//!
//! Every contender is a process of its own, started by a process of its own that tells what it used: CPU seconds, user
//! and system, and peak memory. Peers that are not installed are left out, and that is said. With
//! `--generated` a last row is what rustc needs for the generated Rust, beside derives on the same structs.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the result is what it prints"
)]

use anyhow::{Context, bail};
use aster_benches::compile::{self, Case, Cost, Tools, Workplace};
use serde_json::json;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first == compile::MEASURE) {
        let command: Vec<String> = arguments.skip(1).collect();
        return compile::measure_one(&command);
    }
    let (mut as_json, mut rounds, mut sizes) = (false, 7_usize, vec![1_000, 10_000]);
    let mut generated = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--json" => as_json = true,
            "--rounds" => rounds = value().parse()?,
            "--types" => sizes = vec![value().parse()?],
            "--generated" => generated = true,
            "--only-generated" => {
                generated = true;
                sizes.clear();
            }
            other => bail!(
                "unknown argument `{other}`; there are --json, --rounds N, --types N, --generated and \
                 --only-generated"
            ),
        }
    }
    let tools = Tools::find()?;
    for missing in tools.missing() {
        eprintln!("{missing} is not installed: its column is empty");
    }
    let mut rows = Vec::new();
    for types in sizes {
        let workplace = Workplace::new(types, &tools).with_context(|| format!("{types} types"))?;
        for case in workplace.cases(&tools) {
            let costs = case.measure(rounds).with_context(|| case.name.clone())?;
            rows.push((case, costs));
        }
        rows.extend(workplace.phases(rounds));
    }
    let compiled = generated
        .then(|| compile::generated::generated(rounds))
        .transpose()?;
    if as_json {
        rows.extend(compiled);
        println!("{}", as_object(&rows));
        return Ok(ExitCode::SUCCESS);
    }
    if !rows.is_empty() {
        println!("{}", compile::table(&rows, &tools, rounds));
    }
    if let Some(compiled) = &compiled {
        print!("{}", compile::generated::table(compiled));
    }
    Ok(ExitCode::SUCCESS)
}

fn as_object(rows: &[(Case, Vec<Cost>)]) -> serde_json::Value {
    let row = |unit: fn(&Cost) -> f64| {
        let rows = rows.iter().filter_map(move |(case, costs)| {
            let (ours, others) = costs.split_first()?;
            let peers = case
                .peers()
                .zip(others)
                .map(|(name, cost)| (name.to_owned(), unit(cost).into()));
            let peers: serde_json::Map<String, serde_json::Value> = peers.collect();
            Some(json!({ "name": case.name, "ours": unit(ours), "peers": peers }))
        });
        rows.collect::<Vec<_>>()
    };
    json!({
        "bench": "compile",
        "unit": "CPU seconds",
        "rows": row(|cost| cost.seconds),
        "memory": { "unit": "MB", "rows": row(|cost| cost.megabytes) },
    })
}
