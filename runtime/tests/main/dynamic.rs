//! Services without generated code, at servers that do not describe what they list.
//!
//! What an honest server's methods answer is tested where there are some: `examples/tests/programs/dynamic.rs`.

use crate::support::{PROBE, Pair, Place, ProbeServer};
use aster_contract::described::{DescribedError, MAX_BYTES};
use aster_contract::encode::Encode as _;
use aster_contract::model::{
    Container, ContractId, FieldDef, MethodDef, Pattern, Scope, SerializationMode, ServiceContract, TypeDef,
    TypeDefKind, TypeHash, TypeKind,
};
use aster_runtime::codec::table::TableError;
use aster_runtime::codegen::v1::{Definitions, Mode, ServiceInfo};
use aster_runtime::{Client, Code, Node, ServiceError, Status};
use std::sync::Arc;

/// A service and what its server says of it. It says it for as long as the process lives.
struct Told {
    name: &'static str,
    version: i32,
    id: ContractId,
    contract: Vec<u8>,
    types: Vec<Vec<u8>>,
    nested: Vec<Vec<u8>>,
}

fn leak<T: ?Sized>(value: Box<T>) -> &'static T {
    Box::leak(value)
}

impl Told {
    fn of(contract: &ServiceContract, types: &[TypeDef], nested: &[FieldDef]) -> Self {
        let contract = contract.encode();
        Self {
            name: "p.S",
            version: 1,
            id: ContractId::of(&contract),
            contract,
            types: types.iter().map(aster_contract::encode::Encode::encode).collect(),
            nested: nested
                .iter()
                .map(aster_contract::encode::Encode::encode)
                .collect(),
        }
    }

    /// A service whose one method takes and returns the first of these types.
    fn with(types: &[TypeDef], nested: &[FieldDef]) -> Self {
        Self::of(&contract(types[0].hash()), types, nested)
    }

    fn honest() -> Self {
        Self::with(&[message(vec![text("value")])], &[])
    }

    fn info(self) -> &'static ServiceInfo {
        let records = |records: Vec<Vec<u8>>| {
            let records: Vec<&'static [u8]> = records.into_iter().map(|bytes| leak(bytes.into())).collect();
            leak(records.into_boxed_slice())
        };
        leak(Box::new(ServiceInfo {
            name: self.name,
            version: self.version,
            contract_id: self.id,
            scope: Scope::Shared,
            modes: &[Mode::Xlang],
            requires: None,
            methods: PROBE.methods,
            definitions: leak(Box::new(Definitions {
                contract: leak(self.contract.into()),
                types: records(self.types),
                nested: records(self.nested),
            })),
        }))
    }
}

fn contract(of: TypeHash) -> ServiceContract {
    ServiceContract {
        name: "S".into(),
        version: 1,
        methods: vec![MethodDef {
            name: "m".into(),
            pattern: Pattern::Unary,
            request_type: of,
            response_type: of,
            idempotent: false,
            default_timeout: 0.0,
            requires: None,
        }],
        serialization_modes: vec![SerializationMode::Xlang],
        scope: Scope::Shared,
        requires: None,
        producer_language: None,
    }
}

fn message(fields: Vec<FieldDef>) -> TypeDef {
    TypeDef {
        kind: TypeDefKind::Message,
        package: "p".into(),
        name: "M".into(),
        fields,
        enum_values: Vec::new(),
        union_variants: Vec::new(),
    }
}

fn text(name: &str) -> FieldDef {
    FieldDef {
        id: 1,
        name: name.into(),
        type_primitive: "string".into(),
        ..FieldDef::default()
    }
}

/// A field that holds a list of what `nested` is.
fn list_of(name: &str, nested: TypeHash) -> FieldDef {
    FieldDef {
        id: i32::from(!name.is_empty()),
        name: name.into(),
        type_kind: TypeKind::Nested,
        type_ref: Some(nested),
        container: Container::List,
        ..FieldDef::default()
    }
}

fn hash(def: &FieldDef) -> TypeHash {
    TypeHash::of(&def.encode())
}

/// A server of these services, and what a client makes of the first.
async fn ask(told: Vec<Told>) -> (Pair, Result<(), ServiceError>) {
    let name = told[0].name;
    let pair = Pair::building(node().await, node().await, |builder| {
        told.into_iter().fold(builder, |builder, told| {
            builder.add(ProbeServer {
                info: told.info(),
                seen: Arc::default(),
            })
        })
    })
    .await;
    let asked = pair.client.service(name).await.map(|_| ());
    (pair, asked)
}

async fn node() -> Node {
    Node::dev().spawn().await.unwrap()
}

/// The description is refused, and the client goes on.
async fn refused(told: Told) -> DescribedError {
    let (pair, asked) = ask(vec![told]).await;
    let error = asked.unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.starts_with("the server's description of `p.S` is refused: "),
        "{shown}"
    );
    assert!(shown.len() < 400, "{shown}");
    assert_eq!(Status::from(error.clone()).code(), Code::CONTRACT_VIOLATION);
    pair.probe.echo("all the same").await.unwrap();
    pair.close().await;
    match error {
        ServiceError::Description {
            error: TableError::Described(error),
            ..
        } => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_honest_description_is_taken() {
    let (pair, asked) = ask(vec![Told::honest()]).await;
    asked.unwrap();
    let service = pair.client.service("S").await.unwrap();
    assert_eq!(service.name(), "p.S");
    let method = service.method("m").unwrap();
    assert_eq!((method.request(), method.response()), ("p.M", "p.M"));
    assert_eq!((method.is_idempotent(), method.timeout()), (false, None));
    // the contract has a method that the server does not
    let status = method.unary(r#"{"value":"x"}"#).await.unwrap_err();
    assert_eq!(status.code(), Code::UNIMPLEMENTED);
    pair.close().await;
}

#[tokio::test]
async fn bytes_that_are_not_the_contracts_are_refused() {
    let mut other = Told::honest();
    other.contract = ServiceContract {
        version: 2,
        ..contract(message(vec![text("value")]).hash())
    }
    .encode();
    let id = other.id;
    assert_eq!(refused(other).await, DescribedError::OtherContract { id });
    let mut no_contract = Told::honest();
    no_contract.contract = b"no contract".to_vec();
    no_contract.id = ContractId::of(&no_contract.contract);
    let error = refused(no_contract).await;
    assert!(matches!(error, DescribedError::Contract { .. }), "{error}");
}

#[tokio::test]
async fn types_that_are_missing_altered_or_foreign_are_refused() {
    let honest = message(vec![text("value")]);
    let missing = |error: &DescribedError| matches!(error, DescribedError::Missing { .. });
    let mut none = Told::honest();
    none.types.clear();
    let error = refused(none).await;
    assert!(missing(&error), "{error}");
    let altered = Told::of(&contract(honest.hash()), &[message(vec![text("other")])], &[]);
    let error = refused(altered).await;
    assert!(missing(&error), "{error}");
    let mut cut = Told::honest();
    cut.types[0].pop();
    let error = refused(cut).await;
    assert!(matches!(error, DescribedError::Record { .. }), "{error}");
    let mut unknown_kind = Told::honest();
    unknown_kind.types[0][0] = 7;
    let error = refused(unknown_kind).await;
    assert!(matches!(error, DescribedError::Record { .. }), "{error}");
    let any = FieldDef {
        type_kind: TypeKind::Any,
        type_primitive: String::new(),
        ..text("value")
    };
    let error = refused(Told::with(&[message(vec![any])], &[])).await;
    assert!(matches!(error, DescribedError::Foreign { .. }), "{error}");
    let unknown_scalar = FieldDef {
        type_primitive: "int128".into(),
        ..text("value")
    };
    let error = refused(Told::with(&[message(vec![unknown_scalar])], &[])).await;
    assert!(matches!(error, DescribedError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn nests_without_a_bottom_are_refused() {
    // a ring of nested definitions: one of its hashes is always another
    let ground = hash(&text(""));
    let first = list_of("", ground);
    let second = list_of("", hash(&first));
    let ring = list_of("", hash(&second));
    let error = refused(Told::with(
        &[message(vec![list_of("value", hash(&second))])],
        &[second, ring],
    ))
    .await;
    assert!(matches!(error, DescribedError::Missing { .. }), "{error}");
    // a type that claims to be in a cycle with itself and is reached by its hash alone
    let alone = FieldDef {
        type_kind: TypeKind::SelfRef,
        type_primitive: String::new(),
        self_ref_name: "p.Other".into(),
        ..text("value")
    };
    let error = refused(Told::with(&[message(vec![alone])], &[])).await;
    assert!(matches!(error, DescribedError::MissingName { .. }), "{error}");
    // lists in lists, deeper than any stack
    let mut nested = vec![FieldDef { id: 0, ..text("") }];
    for _ in 0..20_000 {
        let inner = hash(nested.last().unwrap());
        nested.push(list_of("", inner));
    }
    let outer = list_of("value", hash(nested.last().unwrap()));
    let error = refused(Told::with(&[message(vec![outer])], &nested)).await;
    assert!(matches!(error, DescribedError::TooDeep { .. }), "{error}");
}

#[tokio::test]
async fn more_than_is_accepted_is_not_read() {
    let honest = message(vec![text("value")]);
    // many records of nothing, one of everything, and an answer that no frame takes
    let many = vec![Vec::new(); MAX_BYTES / 32];
    let large = vec![vec![7; MAX_BYTES]];
    for (types, nested, code) in [
        (many.clone(), Vec::new(), Code::CONTRACT_VIOLATION),
        (Vec::new(), many, Code::CONTRACT_VIOLATION),
        (large, Vec::new(), Code::CONTRACT_VIOLATION),
        (vec![vec![7; 17 << 20]], Vec::new(), Code::RESOURCE_EXHAUSTED),
    ] {
        let mut told = Told::of(&contract(honest.hash()), &[], &[]);
        (told.types, told.nested) = (types, nested);
        let (pair, asked) = ask(vec![told]).await;
        let Err(ServiceError::Call { status, .. }) = asked else {
            panic!("{asked:?}");
        };
        assert_eq!(status.code(), code, "{status}");
        pair.close().await;
    }
}

#[tokio::test]
async fn a_contract_of_another_service_is_refused() {
    for (name, version) in [("p.T", 1), ("p.S", 2)] {
        let told = Told {
            name,
            version,
            ..Told::honest()
        };
        let (pair, asked) = ask(vec![told]).await;
        let found = "`S`, version 1".to_owned();
        let service = name.to_owned();
        assert_eq!(asked, Err(ServiceError::OtherService { service, found }));
        pair.close().await;
    }
    let of = message(vec![text("value")]);
    let json = ServiceContract {
        serialization_modes: vec![SerializationMode::Json],
        ..contract(of.hash())
    };
    let (pair, asked) = ask(vec![Told::of(&json, &[of], &[])]).await;
    let (service, modes) = ("p.S".to_owned(), vec!["json".to_owned()]);
    assert_eq!(asked, Err(ServiceError::NoXlang { service, modes }));
    pair.close().await;
}

#[tokio::test]
async fn one_of_several_contracts_is_chosen() {
    let second = Told::with(&[message(vec![text("other")])], &[]);
    let (first, second_id) = (Told::honest(), second.id);
    let mut contracts = vec![first.id, second.id];
    contracts.sort();
    let (pair, asked) = ask(vec![first, second]).await;
    let Err(ServiceError::AmbiguousContract {
        contracts: mut named, ..
    }) = asked
    else {
        panic!("{asked:?}");
    };
    named.sort();
    assert_eq!(named, contracts);
    let service = pair.client.service_under("S", second_id).await.unwrap();
    assert_eq!(service.contract_id(), second_id);
    let of = service.table().type_named("p.M").unwrap();
    let fields = service.table().message(of).unwrap().fields();
    assert_eq!(fields[0].name(), "other");
    pair.close().await;
}

#[tokio::test]
async fn what_is_not_there_or_not_told_says_so() {
    let pair = Pair::new().await;
    let error = pair.client.service("p.S").await.map(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server does not have the service `p.S`; it serves `probe.Probe`"
    );
    assert_eq!(Status::from(error).code(), Code::NOT_FOUND);
    let error = pair.client.service("Probe").await.map(|_| ()).unwrap_err();
    let service = "probe.Probe".to_owned();
    assert_eq!(error, ServiceError::NotDescribed { service });
    assert_eq!(Status::from(error).code(), Code::UNIMPLEMENTED);
    pair.close().await;
    let off = Pair::building(node().await, node().await, |builder| builder.describe(false)).await;
    let error = off.client.service("aster.Node").await.map(|_| ()).unwrap_err();
    let service = "aster.Node".to_owned();
    assert_eq!(error, ServiceError::NotDescribed { service });
    off.close().await;
}

#[tokio::test]
async fn a_contract_that_changes_with_the_server_is_noticed() {
    let place = Place::new();
    let run = place.start(Told::honest().info()).await;
    let client_node = node().await;
    let client = Client::connect(&client_node, place.address()).await.unwrap();
    let method = client.service("S").await.unwrap().method("m").unwrap();
    run.stop().await;
    let changed = Told::with(&[message(vec![text("other")])], &[]).info();
    let run = place.start(changed).await;
    let status = method.unary(r#"{"value":"x"}"#).await.unwrap_err();
    assert_eq!(status.code(), Code::FAILED_PRECONDITION, "{status}");
    assert!(
        status.message().contains("ask the client for the service again"),
        "{status}"
    );
    let again = client.service("S").await.unwrap();
    assert_eq!(again.contract_id(), changed.contract_id);
    client_node.close().await;
    run.stop().await;
}
