//! `aster config`: what a node that is started here would be told besides its program.

use crate::failure::Failure;
use crate::output::Output;
use aster_runtime::config::NodeConfig;
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show every option of a node, from the environment, `aster.toml` of this folder, and the defaults
    Show {
        /// Say also where each comes from
        #[arg(long)]
        origin: bool,
    },
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Command::Show { origin } = &arguments.command;
    let config = NodeConfig::load(".").map_err(|error| Failure::Local(error.to_string()))?;
    config.settings().iter().try_for_each(|setting| {
        let (key, value, from) = (setting.key, &setting.value, setting.origin.to_string());
        if output.json {
            let mut line = json!({ "key": key, "value": value });
            if *origin {
                line["origin"] = from.into();
            }
            return output.line(&line.to_string());
        }
        let value = if value.is_empty() { "-" } else { value };
        match origin {
            true => output.line(&format!("{key:12} {value:24} {from}")),
            false => output.line(&format!("{key:12} {value}")),
        }
    })
}
