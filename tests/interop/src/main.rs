//! A node in Rust that serves what the examples declare, and calls what its standard input says.
//!
//! It prints its address. Each line that comes in is a command, each has a line as its answer: `ok` and payloads in base64, or
//! `error` and a status. It ends when its input does.
#![expect(clippy::print_stdout, reason = "who started it reads what it prints")]
#![expect(uncommon_codepoints, confusable_idents, reason = "names of `forms.aster`")]

mod commands;
mod examples;
mod itself;
mod peer;
mod wire;

use aster_runtime::{Node, Server};
use std::io::Write as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// The generated code, and what of it only itself may name.
#[expect(
    unreachable_pub,
    dead_code,
    clippy::type_complexity,
    clippy::allow_attributes,
    reason = "a crate would have it for others, and its lints are its own"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/matrix.rs"));
    include!(concat!(env!("OUT_DIR"), "/cases.rs"));

    use crate::itself::{Again, again};

    /// The service `matrix.Echo`, for those who answer and call it with bytes of their own.
    pub(crate) fn echo() -> &'static v1::ServiceInfo {
        &ECHO_SERVICE
    }

    /// The service `matrix.Itself`, whose methods are those of `CASES`.
    pub(crate) fn itself() -> &'static v1::ServiceInfo {
        &ITSELF_SERVICE
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let node = Node::dev().spawn().await?;
    let server = if std::env::args().nth(1).as_deref() == Some("liar") {
        Server::builder(&node).add(peer::Liar).build()?
    } else {
        examples::add(peer::add(Server::builder(&node))).build()?
    };
    let serving = tokio::spawn(async move { server.serve().await });
    answer(&node.address().to_string())?;
    let mut commands = commands::Commands::new(&node);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        answer(&commands.run(&line).await?)?;
    }
    node.close().await;
    serving.await??;
    Ok(())
}

fn answer(line: &str) -> std::io::Result<()> {
    println!("{line}");
    std::io::stdout().flush()
}
