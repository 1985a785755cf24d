//! What a server tells of its contracts, and what `asterc id --bytes` prints of the schema: the same bytes.

use aster_runtime::aster_node::{Description, NODE_CONTRACT_ID, NodeClient};
use aster_runtime::codegen::v1::{Context, Status};
use aster_runtime::contract::decode::Decode as _;
use aster_runtime::contract::encode::Encode as _;
use aster_runtime::contract::model::{ContractId, ServiceContract, TypeDef, TypeHash};
use aster_runtime::{Client, Node, Server};
use aster_tests::golden::fleet_tree::fleet::control::{
    CdRequest, Listing, LsRequest, SHELL_CONTRACT_ID, Shell, ShellServer,
};
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile, listing};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

struct Nowhere;

impl Shell for Nowhere {
    async fn cd(&self, _: CdRequest, _: &Context) -> Result<(), Status> {
        Ok(())
    }

    async fn ls(&self, _: LsRequest, _: &Context) -> Result<Listing, Status> {
        Ok(Listing::new("/", Vec::new()))
    }
}

/// Canonical bytes by their hash, as `asterc id --bytes --format json` prints them: contracts, and types.
fn printed(schema: &str) -> [BTreeMap<String, Vec<u8>>; 2] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let options = Options {
        import_roots: vec![root.join("idl-examples")],
    };
    let compiled = compile(&[Input::Path(root.join(schema))], &options, &Disk).unwrap();
    let contracts = compiled.contracts().unwrap().unwrap();
    let detail = listing::Detail {
        bytes: true,
        tree: false,
    };
    let text = listing::json(compiled.schema.as_ref().unwrap(), &contracts, detail);
    let text: Value = serde_json::from_str(&text).unwrap();
    [("services", "contract_id"), ("types", "hash")].map(|(list, hash)| {
        let entries = text[list].as_array().unwrap().iter();
        let entries = entries.map(|entry| {
            let bytes = entry["canonical_hex"].as_str().unwrap().as_bytes();
            let bytes = data_encoding::HEXLOWER.decode(bytes).unwrap();
            (entry[hash].as_str().unwrap().to_owned(), bytes)
        });
        entries.collect()
    })
}

/// The model of what was told is the model of what is printed, and hashes to the same.
fn agree(told: &Description, id: ContractId, [contracts, types]: &[BTreeMap<String, Vec<u8>>; 2]) {
    assert_eq!(contracts[&id.to_string()], told.contract);
    let contract = ServiceContract::decode(&told.contract).unwrap();
    assert_eq!(contract.encode(), told.contract);
    for bytes in &told.types {
        let ty = TypeDef::decode(bytes).unwrap();
        assert_eq!(types[&ty.hash().to_string()], *bytes);
        assert_eq!(ty.hash(), TypeHash::of(bytes));
    }
    for method in &contract.methods {
        assert!(
            types.contains_key(&method.request_type.to_string()),
            "{}",
            method.name
        );
    }
}

#[tokio::test]
async fn a_server_tells_what_the_compiler_prints() {
    let (server_node, client_node) = (
        Node::dev().spawn().await.unwrap(),
        Node::dev().spawn().await.unwrap(),
    );
    let shell = ShellServer::per_session(|_| Nowhere);
    let server = Server::builder(&server_node).add(shell).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });
    let client = Client::connect(&client_node, server_node.address())
        .await
        .unwrap();
    let node = NodeClient::new(&client).unwrap();
    for (id, schema) in [
        (NODE_CONTRACT_ID, "runtime/schema/node.aster"),
        (SHELL_CONTRACT_ID, "idl-examples/fleet/control.aster"),
    ] {
        let told = node.describe(id.0.to_vec()).await.unwrap();
        agree(&told, id, &printed(schema));
    }
    let service = client.session().service("Shell").await.unwrap();
    let told = node.describe(SHELL_CONTRACT_ID.0.to_vec()).await.unwrap();
    assert_eq!(
        service.contract(),
        &ServiceContract::decode(&told.contract).unwrap()
    );
    client_node.close().await;
    server_node.close().await;
    serving.await.unwrap();
}
