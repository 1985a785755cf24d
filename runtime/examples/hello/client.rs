//! The client half: dials the server, checks the contract, calls.

use aster_examples::{altered, hello};
use aster_runtime::{Client, Node};
use std::time::{Duration, Instant};

const CALLS: usize = 50;

/// Calls the server at `ticket`, with the schema it was built from or an altered one.
pub(crate) async fn call(ticket: &str, altered: bool) -> anyhow::Result<()> {
    let node = Node::dev().spawn().await?;
    let called = if altered {
        with_altered_schema(&node, ticket).await
    } else {
        with_schema(&node, ticket).await
    };
    node.close().await;
    called
}

async fn with_schema(node: &Node, ticket: &str) -> anyhow::Result<()> {
    let client = Client::connect(node, ticket).await?;
    let hello = hello::HelloClient::new(&client)?;
    println!("contract    {}", hello::HelloClient::CONTRACT_ID);

    let reply = hello
        .greet(hello::HelloRequest::new("Ada"))
        .deadline(Duration::from_secs(2))
        .await?;
    println!("reply       {} ({})", reply.text, reply.at);
    let reply = hello
        .greet(hello::HelloRequest {
            name: "Ada".into(),
            mood: hello::Mood::Curt,
        })
        .await?;
    println!("reply       {} ({})", reply.text, reply.at);

    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let started = Instant::now();
        hello.greet(hello::HelloRequest::new("Ada")).await?;
        times.push(started.elapsed());
    }
    times.sort();
    println!("round trip  {:?} (median of {CALLS} calls)", times[CALLS / 2]);
    Ok(())
}

async fn with_altered_schema(node: &Node, ticket: &str) -> anyhow::Result<()> {
    let client = Client::connect(node, ticket).await?;
    println!("contract    {}", altered::HelloClient::CONTRACT_ID);
    let hello = altered::HelloClient::new(&client)?;
    let reply = hello.greet(altered::HelloRequest::new("Ada")).await?;
    println!("reply       {}", reply.text);
    Ok(())
}
