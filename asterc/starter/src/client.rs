//! The client: one call.

use crate::hello::{HelloClient, HelloRequest};
use aster_runtime::{Client, Node};

/// Calls the server at `ticket`, and prints its answer.
pub async fn call(ticket: &str, name: &str) -> anyhow::Result<()> {
    let node = Node::dev().spawn().await?;
    let client = Client::connect(&node, ticket).await?;
    // Fails, with the ids of both sides, when the server was built from another contract.
    let hello = HelloClient::new(&client)?;
    let reply = hello.greet(HelloRequest::new(name)).await?;
    println!("{}", reply.text);
    node.close().await;
    Ok(())
}
