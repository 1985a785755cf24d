//! `cargo xtask bench calls [--json] [-- --only NAME]`: calls of every pattern beside bare iroh.
//!
//! Rounds are interleaved, so that what else the machine does falls on both contenders.
#![expect(clippy::print_stdout, reason = "the result is what it prints")]

use anyhow::bail;
use aster_benches::calls::case::{CHOICES, Place, Section, sections};
use aster_benches::calls::contender::{Contender, Ends};
use aster_benches::calls::report::{self, Row};
use aster_benches::calls::server;
use std::time::Duration;
use tokio::runtime::Handle;

fn main() -> anyhow::Result<()> {
    let (mut as_json, mut rounds, mut millis) = (false, 15usize, 200);
    let (mut profile, mut only) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--json" => as_json = true,
            "--rounds" => rounds = value().parse()?,
            "--millis" => millis = value().parse()?,
            "--only" => only = Some(value()),
            "--profile" => profile = Some(value()),
            "--serve" => return server::serve(&value(), &value()),
            other => bail!(
                "unknown argument `{other}`; there are --json, --rounds N, --millis N, --only NAME and --profile CONTENDER"
            ),
        }
    }
    if rounds < 7 {
        bail!("a median needs at least 7 rounds");
    }
    let sections = sections(only.as_deref());
    if sections.is_empty() {
        bail!("there is no section of that name; there are {CHOICES}");
    }
    let time = Duration::from_millis(millis);
    // the inline side runs here; it goes on answering while the other one works
    let workers = Place::Separate.runtime()?;
    let separate = workers.handle().clone();
    Place::Inline.runtime()?.block_on(async {
        match profile {
            Some(name) => run_for_a_profiler(&name, &sections, &separate, time * rounds as u32).await,
            None => compare(&sections, &separate, rounds, time, as_json).await,
        }
    })
}

/// The client's ends at those places that the sections have.
async fn ends(sections: &[Section], separate: &Handle) -> anyhow::Result<Vec<Ends>> {
    let mut ends = Vec::new();
    for (place, handle) in [
        (Place::Inline, Handle::current()),
        (Place::Separate, separate.clone()),
    ] {
        if sections.iter().any(|section| section.place == place) {
            ends.push(Ends::new(place, handle).await?);
        }
    }
    Ok(ends)
}

/// One contender alone, with the last row of each section.
async fn run_for_a_profiler(
    name: &str,
    sections: &[Section],
    separate: &Handle,
    time: Duration,
) -> anyhow::Result<()> {
    let name = if name == "iroh" { "iroh" } else { "aster" };
    let ends = ends(sections, separate).await?;
    for section in sections {
        for ends in ends.iter().filter(|ends| ends.place == section.place) {
            let mut contender = ends.contender(name).await?;
            for case in section.cases() {
                let sample = contender.round(case, time).await?;
                println!(
                    "{name}, {}, {}: {:.0}/s, CPU client {:.2} server {:.2} us",
                    section.title,
                    case.name(),
                    sample.rate,
                    sample.client,
                    sample.server
                );
            }
            contender.stop()?;
        }
    }
    for ends in ends {
        ends.close().await;
    }
    Ok(())
}

async fn compare(
    sections: &[Section],
    separate: &Handle,
    rounds: usize,
    time: Duration,
    as_json: bool,
) -> anyhow::Result<()> {
    let ends = ends(sections, separate).await?;
    let mut pairs = Vec::new();
    for ends in &ends {
        pairs.push([ends.contender("aster").await?, ends.contender("iroh").await?]);
    }
    let mut rows = Vec::new();
    for section in sections {
        rows.extend(section.cases().into_iter().map(|case| Row {
            section: *section,
            case,
            ours: Vec::new(),
            bare: Vec::new(),
        }));
    }
    for round in 0..=rounds {
        for row in &mut rows {
            let Some([ours, bare]) = pairs.iter().find(|[ours, _]| ours.place == row.section.place) else {
                bail!("every place has its contenders");
            };
            // nobody is always first
            let samples = if round % 2 == 0 {
                let first = ours.round(row.case, time).await?;
                (first, bare.round(row.case, time).await?)
            } else {
                let first = bare.round(row.case, time).await?;
                (ours.round(row.case, time).await?, first)
            };
            // the first round warms up
            if round > 0 {
                row.ours.push(samples.0);
                row.bare.push(samples.1);
            }
        }
    }
    if as_json {
        println!("{}", report::json(&rows));
    } else {
        print!("{}", report::tables(&rows, rounds));
    }
    pairs.iter_mut().flatten().try_for_each(Contender::stop)?;
    for ends in ends {
        ends.close().await;
    }
    Ok(())
}
