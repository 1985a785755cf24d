//! The console: what an operator does with a fleet.

use anyhow::{Context as _, ensure};
use aster_examples::control::fleet::common::{Level, Page};
use aster_examples::control::{Command, ControlClient, LogEntry, Outcome, ShellClient, TailRequest};
use aster_runtime::{Client, Node};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// Works with the fleet at `ticket`.
pub(crate) async fn work(ticket: &str) -> anyhow::Result<()> {
    let node = Node::dev().spawn().await?;
    let done = with(&node, ticket).await;
    node.close().await;
    done
}

async fn with(node: &Node, ticket: &str) -> anyhow::Result<()> {
    let client = Client::connect(node, ticket).await?;
    let control = ControlClient::new(&client)?;
    status(&control).await?;
    ingest(&control).await?;
    tail(&control).await?;
    exec(&control).await?;
    shell(&client).await
}

/// One request, one reply.
async fn status(control: &ControlClient) -> anyhow::Result<()> {
    let status = control
        .status("anna", true)
        .deadline(Duration::from_secs(2))
        .await?;
    let outcome = match status.outcome {
        None => "has run nothing".to_owned(),
        Some(Outcome::Done(report)) => format!("{} steps in {:?}", report.steps, report.took),
        Some(Outcome::Failed(why)) => format!("failed: {why}"),
        Some(Outcome::Steps(step)) => format!("is at `{}`", step.name),
    };
    println!("status   {} load {:?}, {outcome}", status.agent, status.load);
    match control.status("carl", false).await {
        Ok(_) => anyhow::bail!("there is no such agent"),
        Err(error) => println!("status   {error}"),
    }
    Ok(())
}

/// Many requests, one reply.
async fn ingest(control: &ControlClient) -> anyhow::Result<()> {
    let lines = (0..1000).map(|number| LogEntry {
        level: if number % 100 == 99 {
            Level::Error
        } else {
            Level::Info
        },
        ..LogEntry::new("bert", Timestamp::now(), format!("line {number}"))
    });
    let reply = control.ingest(stream::iter(lines)).await?;
    println!("ingest   {} lines", reply.lines);
    Ok(())
}

/// One request, many replies: some that are there, and one that comes while it waits.
async fn tail(control: &ControlClient) -> anyhow::Result<()> {
    let request = TailRequest {
        level: Level::Error,
        page: Some(Page { first: 8, count: 3 }),
        ..TailRequest::new(BTreeSet::from(["bert".to_owned()]))
    };
    let mut lines = control.tail(request).await?;
    for _ in 0..2 {
        let line = lines.message().await?.context("a line that is there")?;
        println!("tail     {} {}", line.agent, line.text);
    }
    let late = LogEntry {
        level: Level::Error,
        ..LogEntry::new("bert", Timestamp::now(), "on fire")
    };
    control.submit(late).await?;
    let line = lines.message().await?.context("the line that came late")?;
    println!("tail     {} {}", line.agent, line.text);
    ensure!(lines.message().await?.is_none(), "three were asked for");
    Ok(())
}

/// Many requests, many replies, each beside the other.
async fn exec(control: &ControlClient) -> anyhow::Result<()> {
    let (mut commands, mut output) = control.exec().await?;
    for arguments in [&["echo", "hello", "fleet"][..], &["reboot"]] {
        let (name, arguments) = arguments.split_first().context("a command has a name")?;
        let command = Command {
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            ..Command::new(*name)
        };
        commands.send(command).await?;
        let line = output.next().await.context("the output of a command")??;
        println!("exec     {} ({})", line.line, line.code.unwrap_or_default());
    }
    commands.finish();
    ensure!(output.next().await.is_none(), "every command was answered");
    Ok(())
}

/// Two sessions, each with a shell of its own.
async fn shell(client: &Client) -> anyhow::Result<()> {
    let (first, second) = (client.session(), client.session());
    let (here, there) = (ShellClient::new(&first)?, ShellClient::new(&second)?);
    here.cd("/etc").await?;
    for shell in [&here, &there] {
        let listing = shell.ls().await?;
        println!("shell    {}: {}", listing.path, listing.names.join(" "));
    }
    first.close().await?;
    second.close().await?;
    Ok(())
}
