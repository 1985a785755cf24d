//! The server half: an implementation of `Hello`, and the process that serves it.

use aster_examples::hello::{Hello, HelloReply, HelloRequest, HelloServer, Mood};
use aster_examples::process;
use aster_runtime::{Context, Node, Server, Status};
use jiff::Timestamp;

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
    process::serve(&node, &server).await
}
