//! `cargo xtask bench codec [--json]`: the static codec beside the Fory derive and prost, and the table codec beside it.
#![expect(clippy::print_stdout, reason = "the result is what it prints")]

use anyhow::bail;
use aster_benches::codec::cases::{self, CONTENDERS};
use aster_benches::codec::fory::fory;
use aster_benches::codec::table::table;
use aster_benches::measure::{CountingAllocator, Effort, compare};
use aster_runtime::codec::table::Table;
use serde_json::json;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> anyhow::Result<()> {
    let (mut as_json, mut rounds, mut only, mut profile) = (false, 301, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => as_json = true,
            "--rounds" => rounds = arguments.next().unwrap_or_default().parse()?,
            "--only" => only = arguments.next(),
            "--profile" => profile = arguments.next(),
            other => bail!(
                "unknown argument `{other}`; there are --json, --rounds N, --only TEXT and --profile CONTENDER"
            ),
        }
    }
    if rounds < 7 {
        bail!("a median needs at least 7 rounds");
    }
    let effort = Effort {
        rounds,
        sample: Duration::from_millis(1),
    };
    let (fory, table) = (fory(), table());
    if let Some(contender) = profile {
        return run_for_a_profiler(
            &fory,
            &table,
            &contender,
            only.as_deref().unwrap_or_default(),
            rounds * 1_000,
        );
    }
    let mut rows = Vec::new();
    if !as_json {
        let [ours, prost, fory, table] = CONTENDERS;
        println!(
            "| ns, median of {rounds} interleaved rounds | {ours} | {prost} | {fory} | {ours} to the faster | {table} | {table} to {ours} | allocations |"
        );
        println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    }
    for mut case in cases::all(&fory, &table) {
        if only.as_ref().is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        let costs = compare(&mut case.contenders, effort);
        let [ours, prost, fory, table] = costs.as_slice() else {
            bail!("four contenders have four costs")
        };
        let faster = prost.time.min(fory.time);
        if as_json {
            rows.push(json!({
                "name": case.name,
                "ours": ours.time,
                "table": table.time,
                "peers": { CONTENDERS[1]: prost.time, CONTENDERS[2]: fory.time },
            }));
        } else {
            println!(
                "| {} | {:.1} | {:.1} | {:.1} | {:.2} | {:.1} | {:.2} | {}, {}, {}, {} |",
                case.name,
                ours.time,
                prost.time,
                fory.time,
                ours.time / faster,
                table.time,
                table.time / ours.time,
                ours.allocations,
                prost.allocations,
                fory.allocations,
                table.allocations,
            );
        }
    }
    if as_json {
        println!("{}", json!({ "bench": "codec", "unit": "ns", "rows": rows }));
    }
    Ok(())
}

/// Does the work of one contender 1,000 times for each round, and nothing else worth a sample.
fn run_for_a_profiler(
    fory: &fory::Fory,
    table: &Table,
    contender: &str,
    only: &str,
    times: usize,
) -> anyhow::Result<()> {
    let Some(index) = CONTENDERS.iter().position(|name| *name == contender) else {
        bail!("no contender `{contender}`; there are {}", CONTENDERS.join(", "));
    };
    for mut case in cases::all(fory, table)
        .into_iter()
        .filter(|case| case.name.contains(only))
    {
        for _ in 0..times {
            (case.contenders[index])();
        }
    }
    Ok(())
}
