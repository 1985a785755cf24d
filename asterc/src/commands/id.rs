//! `asterc id`: prints contract ids and type hashes.

use super::{Common, Failure, Format, WRONG, complain, identity, print, read};
use asterc::driver::listing;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Id {
    /// Schemas, or folders of schemas; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print also the canonical bytes
    #[arg(long)]
    bytes: bool,
    /// Print also what each hash is made of
    #[arg(long)]
    tree: bool,
}

pub(crate) fn run(arguments: &Id, common: &Common) -> Result<ExitCode, Failure> {
    let files = &arguments.files;
    let detail = listing::Detail {
        bytes: arguments.bytes,
        tree: arguments.tree,
    };
    let compiled = read(files, common)?;
    complain(&compiled, common)?;
    let (Some(schema), Some(contracts)) = (&compiled.schema, identity(&compiled, files)?) else {
        return Ok(ExitCode::from(WRONG));
    };
    let text = match common.format {
        Format::Json => listing::json(schema, &contracts, detail),
        Format::Human => listing::human(schema, &contracts, detail),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
