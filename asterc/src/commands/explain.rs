//! `asterc explain`: prints pages on diagnostics, rules and verdicts.

use super::{Common, Failure, Format, print, tell};
use asterc::explain::{self, Page};
use clap::Args;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Explain {
    /// Codes of diagnostics, rules or verdicts [default: a list of all]
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
}

pub(crate) fn run(arguments: &Explain, common: &Common) -> Result<ExitCode, Failure> {
    let codes = &arguments.codes;
    let mut pages: Vec<Page> = Vec::with_capacity(codes.len());
    for code in codes {
        match explain::page(code) {
            Some(page) => pages.push(page),
            None => return Err(Failure::Usage(unknown(code))),
        }
    }
    match common.format {
        Format::Json => {
            if codes.is_empty() {
                pages = explain::groups()
                    .into_iter()
                    .flat_map(|group| group.pages)
                    .collect();
            }
            print(&pages.iter().map(explain::json).collect::<String>())?;
        }
        Format::Human if codes.is_empty() => {
            print(&explain::list())?;
            if !common.quiet {
                tell("`asterc explain CODE` prints the page of one of them\n")?;
            }
        }
        Format::Human => {
            let texts: Vec<&str> = pages.iter().map(|page| page.text).collect();
            print(&texts.join("\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(code: &str) -> String {
    let what_to_do = match explain::similar(code).as_slice() {
        [] => "run `asterc explain` for a list".to_owned(),
        [one] => format!("did you mean `{one}`?"),
        [most @ .., last] => format!("did you mean `{}` or `{last}`?", most.join("`, `")),
    };
    format!("there is no page on `{code}`: {what_to_do}")
}
