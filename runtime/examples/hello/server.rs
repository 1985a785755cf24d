//! The server half: an implementation of `Hello`, and the process that serves it.

use anyhow::{Context as _, bail};
use aster_examples::hello::{Hello, HelloReply, HelloRequest, HelloServer, Mood};
use aster_runtime::{Context, Node, Server, Status};
use jiff::Timestamp;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

struct Greeter;

impl Hello for Greeter {
    async fn greet(&self, request: HelloRequest, _context: &Context) -> Result<HelloReply, Status> {
        if request.name.is_empty() {
            return Err(Status::invalid_argument(
                "`name` is empty: say who is to be greeted",
            ));
        }
        let text = match request.mood {
            Mood::Friendly => format!("Hello, {}! Good to see you.", request.name),
            Mood::Curt => format!("{}.", request.name),
        };
        Ok(HelloReply {
            text,
            at: Timestamp::now(),
        })
    }
}

/// Serves until standard input ends.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let node = Node::dev().spawn().await?;
    let server = Server::builder(&node).add(HelloServer::new(Greeter)).build()?;
    println!("{}", node.address());

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
pub(crate) struct Process {
    child: Child,
    ticket: String,
}

impl Process {
    /// Starts the process and waits for its ticket.
    pub(crate) async fn start() -> anyhow::Result<Self> {
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
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// The address to dial.
    pub(crate) fn ticket(&self) -> &str {
        &self.ticket
    }

    /// Closes the process's standard input and waits until it has closed its node.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await?;
        if !status.success() {
            bail!("the server process failed ({status})");
        }
        Ok(())
    }
}
