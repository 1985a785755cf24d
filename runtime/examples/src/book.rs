//! The Rust of the book: its blocks are documentation tests, and this is what they share.
//!
//! What a page does not show is in hidden lines, which begin with `# `.
#![cfg_attr(
    doctest,
    expect(
        rustdoc::invalid_codeblock_attributes,
        reason = "blocks of schemas say `file=`"
    )
)]

use crate::agents::Agents;
use crate::control::{ControlServer, ShellServer};
use crate::shell::Place;
use aster_runtime::{Client, Node, Server, Ticket};

/// `docs/language/guide.md`: the first schema of the page.
pub mod shop {
    include!(concat!(env!("OUT_DIR"), "/book/shop.rs"));
}

/// `docs/guide/sessions.md`: the schema of the page.
pub mod tools {
    include!(concat!(env!("OUT_DIR"), "/book/tools.rs"));
}

/// A client of another node, at a server that serves from now on.
///
/// # Errors
/// A node cannot be opened, or the server refuses it.
pub async fn client_of(server: &Server) -> anyhow::Result<Client> {
    let address = server.node().address();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve().await });
    let node = Node::dev().spawn().await?;
    Ok(Client::connect(&node, address).await?)
}

/// The address of a fleet that serves from now on: that of `cargo run --example fleet`, in this process.
///
/// # Errors
/// The node cannot be opened.
pub async fn fleet_address() -> anyhow::Result<Ticket> {
    let server = fleet_server().await?;
    let address = server.node().address();
    tokio::spawn(async move { server.serve().await });
    Ok(address)
}

/// A client of such a fleet.
///
/// # Errors
/// A node cannot be opened.
pub async fn fleet() -> anyhow::Result<Client> {
    client_of(&fleet_server().await?).await
}

/// The server of such a fleet, which does not serve yet.
///
/// # Errors
/// The node cannot be opened.
pub async fn fleet_server() -> anyhow::Result<Server> {
    let node = Node::dev().spawn().await?;
    let server = Server::builder(&node)
        .add(ControlServer::new(Agents::default()))
        .add(ShellServer::per_session(|_| Place::default()));
    Ok(server.build()?)
}

/// Every page with Rust on it: `cargo xtask docs` looks for them here.
macro_rules! pages {
    ($($name:ident $path:literal)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../../", $path))]
            mod $name {}
        )*
    };
}

pages! {
    readme "README.md"
    admission "docs/guide/admission.md"
    build_scripts "docs/guide/build-scripts.md"
    calls "docs/guide/calls.md"
    dynamic "docs/guide/dynamic.md"
    health "docs/guide/health.md"
    mesh "docs/guide/mesh.md"
    node "docs/guide/node.md"
    sessions "docs/guide/sessions.md"
    tour "docs/language/guide.md"
    trust "docs/trust.md"
}
