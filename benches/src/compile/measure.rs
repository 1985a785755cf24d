//! One process and what it used.

use anyhow::{Context, bail};
use nix::sys::resource::{UsageWho, getrusage};
use std::process::{Command, ExitCode, Stdio};

/// The argument by which this program measures a command instead of comparing several.
pub const MEASURE: &str = "--measure";

/// What a process used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// User and system time of all its threads.
    pub seconds: f64,
    /// The most memory it had; 0 where it was not a process of its own.
    pub megabytes: f64,
}

/// Runs a command to its end and prints what it used. This process has had no other child.
///
/// # Errors
/// The command cannot be started.
pub fn measure_one(command: &[String]) -> anyhow::Result<ExitCode> {
    let (program, arguments) = command.split_first().context("a command is missing")?;
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let total = seconds(usage.user_time()) + seconds(usage.system_time());
    // Linux counts in KiB
    let megabytes = usage.max_rss() as f64 * 1024.0 / 1e6;
    #[expect(clippy::print_stdout, reason = "this is how it answers")]
    {
        println!("{} {total} {megabytes}", status.code().unwrap_or(-1));
    }
    Ok(ExitCode::SUCCESS)
}

/// Has a command measured, which must end with one of these statuses.
pub(super) fn run(command: &Command, statuses: &[i32]) -> anyhow::Result<Cost> {
    let mut measured = Command::new(std::env::current_exe()?);
    measured
        .arg(MEASURE)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        measured.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        measured.current_dir(folder);
    }
    let output = measured.output().context("cannot measure")?;
    let text = String::from_utf8(output.stdout)?;
    let mut words = text.split_whitespace();
    let mut number = || words.next().and_then(|word| word.parse::<f64>().ok());
    let (Some(status), Some(seconds), Some(megabytes)) = (number(), number(), number()) else {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    if !statuses.iter().any(|wanted| f64::from(*wanted) == status) {
        bail!("{command:?} ended with status {status}");
    }
    Ok(Cost { seconds, megabytes })
}

/// The median of each contender over `rounds`; in each round every contender runs once, none always first.
pub(super) fn compare(commands: &[(Command, Vec<i32>)], rounds: usize) -> anyhow::Result<Vec<Cost>> {
    let mut costs = vec![Vec::with_capacity(rounds); commands.len()];
    for round in 0..rounds {
        for turn in 0..commands.len() {
            let at = (round + turn) % commands.len();
            let (command, statuses) = &commands[at];
            costs[at].push(run(command, statuses)?);
        }
    }
    let median = |costs: &Vec<Cost>, of: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Ok(costs
        .iter()
        .map(|costs| Cost {
            seconds: median(costs, |cost| cost.seconds),
            megabytes: median(costs, |cost| cost.megabytes),
        })
        .collect())
}
