//! The server process of a contender.

use crate::calls::bare;
use crate::calls::case::Place;
use crate::calls::service::BenchServer;
use anyhow::{Context as _, bail};
use aster_runtime::{Node, Server, node::Placement};
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

/// Serves as one contender until the process is killed. It says first where it is.
///
/// # Errors
/// It cannot begin.
pub fn serve(contender: &str, place: &str) -> anyhow::Result<()> {
    let place = Place::named(place).context("a place")?;
    let contender = contender.to_owned();
    let runtime = place.runtime()?;
    // a task as any other: on a multi-thread runtime it belongs to the workers
    let serving = runtime.spawn(async move {
        match contender.as_str() {
            "aster" => {
                let node = node(place).await?;
                say(&node.address().to_string())?;
                Server::builder(&node).add(BenchServer).build()?.serve().await?;
            }
            "iroh" => {
                let endpoint = bare::endpoint(vec![bare::ECHO.to_vec(), bare::STREAMS.to_vec()]).await?;
                let port = endpoint.bound_sockets().first().context("a socket")?.port();
                say(&format!("{} {port}", endpoint.id()))?;
                bare::serve(endpoint).await?;
            }
            other => bail!("unknown contender `{other}`"),
        }
        Ok(())
    });
    runtime.block_on(serving)?
}

/// A node of that place.
///
/// # Errors
/// It cannot be started.
pub async fn node(place: Place) -> anyhow::Result<Node> {
    let placement = match place {
        Place::Inline => Placement::Inline,
        Place::Separate => Placement::Separate,
    };
    Ok(Node::dev().placement(placement).spawn().await?)
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// Starts a process that serves, and reads where it is.
///
/// # Errors
/// It does not start.
pub fn start(contender: &str, place: Place) -> anyhow::Result<(Child, String)> {
    let mut server = Command::new(std::env::current_exe()?)
        .args(["--serve", contender, place.name()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = server.stdout.take().context("the server's output")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok((server, line.trim().to_owned()))
}
