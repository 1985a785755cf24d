//! From a schema to a call.
//!
//! - `cargo run` starts a server and a client, and the client calls the server.
//! - `cargo run -- serve` starts the server alone, and prints its ticket.
//! - `cargo run -- call TICKET [NAME]` calls it from another terminal.

use std::env;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => both().await,
        ["serve"] => serve().await,
        ["call", ticket] => starter::client::call(ticket, "Ada").await,
        ["call", ticket, name] => starter::client::call(ticket, name).await,
        _ => anyhow::bail!("the arguments are `serve`, `call TICKET [NAME]`, or none"),
    }
}

/// A server and a client, each with a node of its own.
async fn both() -> anyhow::Result<()> {
    let server = starter::server::start().await?;
    let serving = tokio::spawn({
        let server = server.clone();
        async move { server.serve().await }
    });
    let ticket = server.node().address().to_string();
    starter::client::call(&ticket, "Ada").await?;
    server.node().close().await;
    serving.await??;
    Ok(())
}

/// The server, until Ctrl-C.
async fn serve() -> anyhow::Result<()> {
    let server = starter::server::start().await?;
    println!("{}", server.node().address());
    tokio::select! {
        served = server.serve() => served?,
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    server.node().close().await;
    Ok(())
}
