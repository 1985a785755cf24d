//! The server: what `Hello` does.

use crate::hello::{Hello, HelloReply, HelloRequest, HelloServer};
use aster_runtime::{Context, Node, Server, Status};

struct Greeter;

impl Hello for Greeter {
    async fn greet(&self, request: HelloRequest, _context: &Context) -> Result<HelloReply, Status> {
        if request.name.is_empty() {
            return Err(Status::invalid_argument("`name` is empty"));
        }
        Ok(HelloReply {
            text: format!("Hello, {}!", request.name),
        })
    }
}

/// A server on a node of its own, which this machine alone can reach: `Node::dev().lan()` opens it to the local network.
pub async fn start() -> anyhow::Result<Server> {
    let node = Node::dev().spawn().await?;
    let server = Server::builder(&node)
        .add(HelloServer::new(Greeter))
        .build()?;
    Ok(server)
}
