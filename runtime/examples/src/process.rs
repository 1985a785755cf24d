//! The server half of an example, in a process of its own.

use anyhow::{Context as _, bail};
use aster_runtime::{Node, Server};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// Prints the node's ticket, and serves until standard input ends.
///
/// # Errors
/// Standard input cannot be read, or something else serves the node.
pub async fn serve(node: &Node, server: &Server) -> anyhow::Result<()> {
    #[expect(clippy::print_stdout, reason = "how the other process hears of it")]
    {
        println!("{}", node.address());
    }
    let mut rest = Vec::new();
    let mut stdin = tokio::io::stdin();
    tokio::select! {
        served = server.serve() => served?,
        ended = stdin.read_to_end(&mut rest) => { ended.context("standard input")?; }
    }
    node.close().await;
    Ok(())
}

/// A server in a process of its own, which ends when this one does.
pub struct Process {
    child: Child,
    ticket: String,
}

impl Process {
    /// Starts this program with the argument `serve`, and waits for its ticket.
    ///
    /// # Errors
    /// It cannot be started, or ends before it prints a ticket.
    pub async fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("the server's output is not piped")?;
        let mut ticket = String::new();
        BufReader::new(stdout).read_line(&mut ticket).await?;
        if ticket.is_empty() {
            bail!("it ended before it printed its ticket");
        }
        Ok(Self {
            child,
            ticket: ticket.trim_end().to_owned(),
        })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// The address to dial.
    pub fn ticket(&self) -> &str {
        &self.ticket
    }

    /// Closes the process's standard input and waits until it has closed its node.
    ///
    /// # Errors
    /// It fails.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await?;
        if !status.success() {
            bail!("the server process failed ({status})");
        }
        Ok(())
    }
}
