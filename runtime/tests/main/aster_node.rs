//! What every node says of itself.

use crate::support::{CHANGED, OTHER, PROBE, Pair, ProbeServer};
use aster_runtime::aster_node::{Health, NODE_CONTRACT_ID, NodeClient};
use aster_runtime::codegen::v1::{ContractId, ServiceInfo};
use aster_runtime::{BuildError, Client, Code, Node, Server};
use futures_util::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any test may take.
const NEVER: Duration = Duration::from_secs(600);

async fn pair(
    build: impl FnOnce(aster_runtime::ServerBuilder) -> aster_runtime::ServerBuilder,
) -> (Pair, NodeClient) {
    let (server, client) = (
        Node::dev().spawn().await.unwrap(),
        Node::dev().spawn().await.unwrap(),
    );
    let pair = Pair::building(server, client, build).await;
    let node = NodeClient::new(&pair.client).unwrap();
    (pair, node)
}

fn service(info: &'static ServiceInfo) -> ProbeServer {
    ProbeServer {
        info,
        seen: Arc::default(),
    }
}

#[tokio::test]
async fn a_peer_lists_everything_that_is_served() {
    let (pair, node) = pair(|builder| builder.add(service(&CHANGED)).add(service(&OTHER))).await;
    let listed = node.services().await.unwrap().services;
    let names: Vec<_> = listed.iter().map(|service| &*service.name).collect();
    assert_eq!(names, ["aster.Node", "probe.Other", "probe.Probe", "probe.Probe"]);
    assert_eq!(listed[0].contract_id, NODE_CONTRACT_ID.0);
    assert_eq!(listed[1].contract_id, OTHER.contract_id.0);
    assert_eq!((listed[1].version, listed[1].session), (1, false));
    assert_eq!(listed[1].modes, ["xlang"]);
    // the list of the admission is the same
    let admission: Vec<_> = pair
        .client
        .services()
        .iter()
        .map(|entry| entry.name.clone())
        .collect();
    assert_eq!(admission, names);
    pair.close().await;
}

#[tokio::test]
async fn a_definition_is_what_its_id_says() {
    let (pair, node) = pair(|builder| builder).await;
    let told = node.describe(NODE_CONTRACT_ID.0.to_vec()).await.unwrap();
    assert_eq!(ContractId::of(&told.contract), NODE_CONTRACT_ID);
    assert_eq!(told.types.len(), 10);
    let status = node.describe(PROBE.contract_id.0.to_vec()).await.unwrap_err();
    assert_eq!(status.code(), Code::UNIMPLEMENTED, "it has none: {status}");
    let status = node.describe(vec![9; 32]).await.unwrap_err();
    assert_eq!(status.code(), Code::NOT_FOUND);
    let status = node.describe(vec![9; 31]).await.unwrap_err();
    assert_eq!(status.code(), Code::INVALID_ARGUMENT);
    pair.close().await;
}

#[tokio::test]
async fn describing_can_be_switched_off() {
    let (pair, node) = pair(|builder| builder.describe(false)).await;
    let status = node.describe(NODE_CONTRACT_ID.0.to_vec()).await.unwrap_err();
    assert_eq!(status.code(), Code::UNIMPLEMENTED);
    node.services().await.unwrap();
    pair.probe.echo("generated").await.unwrap();
    pair.close().await;
}

#[tokio::test]
async fn the_program_says_how_its_services_do() {
    let (pair, node) = pair(|builder| builder).await;
    assert_eq!(node.health("probe.Probe").await.unwrap(), Health::Serving);
    assert_eq!(node.health("").await.unwrap(), Health::Serving);
    assert_eq!(node.health("probe.Other").await.unwrap(), Health::Unknown);
    let mut watch = node.watch("probe.Probe").await.unwrap();
    assert_eq!(watch.next().await, Some(Ok(Health::Serving)));
    pair.server.health().set_not_serving("probe.Probe").unwrap();
    assert_eq!(watch.next().await, Some(Ok(Health::NotServing)));
    assert_eq!(node.health("probe.Probe").await.unwrap(), Health::NotServing);
    pair.probe.echo("called all the same").await.unwrap();
    pair.server.health().set_serving("probe.Probe").unwrap();
    assert_eq!(watch.next().await, Some(Ok(Health::Serving)));
    // who watches does not hold up a drain
    let rest: Vec<_> = tokio::join!(pair.server.shutdown(NEVER), watch.collect()).1;
    assert_eq!(rest, [Ok(Health::NotServing)]);
    pair.close().await;
}

#[tokio::test]
async fn the_name_is_taken() {
    static TAKEN: ServiceInfo = ServiceInfo {
        name: "aster.Node",
        ..PROBE_COPY
    };
    const PROBE_COPY: ServiceInfo = ServiceInfo {
        name: "",
        version: 1,
        contract_id: ContractId([3; 32]),
        scope: aster_runtime::codegen::v1::Scope::Shared,
        modes: &[],
        requires: None,
        methods: &[],
        definitions: &aster_runtime::codegen::v1::Definitions::NONE,
    };
    let node = Node::dev().spawn().await.unwrap();
    let built = Server::builder(&node).add(service(&TAKEN)).build();
    assert_eq!(built.unwrap_err(), BuildError::Reserved("aster.Node"));
    // a server without services says so of itself
    let server = Server::builder(&node).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });
    let client_node = Node::dev().spawn().await.unwrap();
    let client = Client::connect(&client_node, node.address()).await.unwrap();
    let listed = NodeClient::new(&client).unwrap().services().await.unwrap();
    assert_eq!(listed.services.len(), 1);
    client_node.close().await;
    node.close().await;
    serving.await.unwrap();
}
