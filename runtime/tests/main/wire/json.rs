//! Mode 3: payloads, headers and trailers in JSON, by hand at our server. Source: codec, "JSON (mode 3 and tools)", and wire
//! protocol, "StreamHeader, ResponseHeader, RpcStatus".

mod bounds;
mod desk;
mod headers;
mod page;
mod payloads;
mod requests;
/// What `asterc` makes of `shop.aster`.
#[expect(
    dead_code,
    unreachable_pub,
    reason = "a crate would have it for others, and its lints are its own"
)]
#[rustfmt::skip]
mod shop;
mod trailers;

use super::{Answer, Wire};
use crate::garbage::framed;
use crate::support::Pair;
use aster_runtime::{DevRoles, Limits, Node, ServerBuilder};
use desk::{At, Keeper};
use iroh::endpoint::Connection;
use shop::{CartServer, DeskServer, OrdersServer};

const CONTRACT_VIOLATION: u64 = 101;
const RESOURCE_EXHAUSTED: u64 = 8;

const ORDER: &str = r#"{"id":"9007199254740993","state":"OPEN","placed":"2024-02-29T12:00:00.5Z","lines":[{"sku":"A-1",
    "quantity":2,"price":"12.50"},{"sku":"B","quantity":-1,"price":"1E1"}],"payment":{"prepaid":"1250"},
    "labels":{"gift":"yes"},"weight":0.75}"#;
const LINES: [&str; 2] = [
    r#"{"price":"12.50","quantity":2,"sku":"A-1"}"#,
    r#"{"price":"1E1","quantity":-1,"sku":"B"}"#,
];

/// Services that take JSON beside the probe, which does not, and a connection to speak by hand.
struct Shop {
    pair: Pair,
    connection: Connection,
}

impl Shop {
    async fn new() -> Self {
        Self::with(|_| (), |builder| builder).await
    }

    async fn with(
        limits: impl FnOnce(&mut Limits),
        build: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let mut changed = Limits::default();
        limits(&mut changed);
        let roles = DevRoles::Only(vec!["admin".into()]);
        let server_node = Node::dev()
            .limits(changed)
            .dev_roles(roles)
            .spawn()
            .await
            .unwrap();
        let client_node = Node::dev().spawn().await.unwrap();
        let pair = Pair::building(server_node, client_node, |builder| {
            build(
                builder
                    .add(OrdersServer::new(Keeper))
                    .add(DeskServer::new(Keeper))
                    .add(CartServer::per_session(|_| At::default())),
            )
        })
        .await;
        let connection = pair.raw().await;
        Self { pair, connection }
    }

    /// A call of the desk whose header and requests are in JSON.
    async fn desk(&self, method: &str, requests: &[&str]) -> Answer {
        self.ask(&desk(method, ""), requests).await
    }

    /// A call with this header.
    async fn ask(&self, header: &str, requests: &[&str]) -> Answer {
        let mut bytes = head(header);
        for request in requests {
            bytes.extend(framed(0, request.as_bytes()));
        }
        self.bytes(&bytes).await
    }

    /// A call of these bytes.
    async fn bytes(&self, bytes: &[u8]) -> Answer {
        let mut wire = Wire::call(&self.connection, bytes).await;
        wire.finish();
        let answer = wire.answer().await;
        assert!(answer.in_json, "{}", answer.trailer.message);
        answer
    }

    fn protocol_errors(&self) -> u64 {
        self.pair.server_node.stats().protocol_errors
    }

    async fn close(self) {
        // whatever was sent, others are served
        self.pair.probe.echo("x").await.unwrap();
        self.pair.close().await;
    }
}

/// A header of the desk, with more members that begin with a comma.
fn desk(method: &str, more: &str) -> String {
    format!(r#"{{"service":"shop.Desk","method":"{method}"{more}}}"#)
}

fn head(header: &str) -> Vec<u8> {
    framed(0x04, header.as_bytes())
}

/// The messages as text.
fn texts(answer: &Answer) -> Vec<&str> {
    let texts = answer.messages.iter();
    texts.map(|text| std::str::from_utf8(text).unwrap()).collect()
}
