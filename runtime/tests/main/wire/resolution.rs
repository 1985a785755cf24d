//! From a header to a method, or to the status that says why there is none. Source: wire protocol, "StreamHeader,
//! ResponseHeader, RpcStatus".

use super::frames::ask;
use super::{Answer, OK, Wire};
use crate::garbage::{framed, head, header, message};
use crate::support::{CHANGED, OTHER, PROBE, Pair, ProbeClient, ProbeServer, text};
use aster_runtime::codegen::v1;
use aster_runtime::header::StreamHeader;
use aster_runtime::{Node, NodeBuilder};
use iroh::endpoint::Connection;
use std::sync::Arc;

const NOT_FOUND: u64 = 5;
const FAILED_PRECONDITION: u64 = 9;
const UNIMPLEMENTED: u64 = 12;

/// The simple name of [`PROBE`] in another package.
static NAMESAKE: v1::ServiceInfo = v1::ServiceInfo {
    name: "other.Probe",
    contract_id: v1::ContractId([30; 32]),
    ..PROBE_VALUE
};
const PROBE_VALUE: v1::ServiceInfo = v1::ServiceInfo {
    name: "",
    version: 1,
    contract_id: v1::ContractId([0; 32]),
    scope: v1::Scope::Shared,
    modes: &[v1::Mode::Xlang],
    definitions: &v1::Definitions::NONE,
    requires: None,
    methods: &[v1::MethodInfo {
        name: "echo",
        pattern: v1::Pattern::Unary,
        idempotent: false,
        timeout: None,
        requires: None,
    }],
};

fn dev() -> NodeBuilder {
    Node::dev()
}

/// A server of the probe and of these services.
async fn serve(more: &[&'static v1::ServiceInfo]) -> Pair {
    let (server, client) = (dev().spawn().await.unwrap(), dev().spawn().await.unwrap());
    Pair::building(server, client, |builder| {
        more.iter().fold(builder, |builder, info| {
            builder.add(ProbeServer {
                info,
                seen: Arc::default(),
            })
        })
    })
    .await
}

/// Sends only a header, and hears the refusal: the request is stopped with code 0, and nothing of it is counted.
async fn refused(connection: &Connection, header: &[u8]) -> Answer {
    let mut wire = Wire::call(connection, header).await;
    let answer = wire.answer().await;
    assert_eq!(answer.flags, [2], "only a trailer");
    assert_eq!(wire.stopped().await, Some(0), "{}", answer.trailer.message);
    answer
}

#[tokio::test]
async fn each_unknown_thing_has_a_status_of_its_own() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let unknown = v1::ContractId([99; 32]);
    let cases = [
        (
            "service",
            NOT_FOUND,
            "`probe.None` is not served",
            StreamHeader {
                service: "probe.None".into(),
                ..header("echo")
            },
        ),
        (
            "simple name",
            NOT_FOUND,
            "`Probe` is not served",
            StreamHeader {
                service: "Probe".into(),
                ..header("echo")
            },
        ),
        (
            "service and contract",
            NOT_FOUND,
            "not served",
            StreamHeader {
                service: "".into(),
                contract_id: Some(unknown),
                ..header("echo")
            },
        ),
        (
            "contract",
            FAILED_PRECONDITION,
            "under contract",
            StreamHeader {
                contract_id: Some(unknown),
                ..header("echo")
            },
        ),
        (
            "version",
            FAILED_PRECONDITION,
            "in version 1",
            StreamHeader {
                version: 2,
                ..header("echo")
            },
        ),
        (
            "no version",
            FAILED_PRECONDITION,
            "in version 1",
            StreamHeader {
                version: 0,
                ..header("echo")
            },
        ),
        ("method", UNIMPLEMENTED, "no method `none`", header("none")),
        ("no method", UNIMPLEMENTED, "no method", header("")),
        (
            "mode 1",
            UNIMPLEMENTED,
            "mode 1",
            StreamHeader {
                mode: 1,
                ..header("echo")
            },
        ),
        (
            "mode 3",
            UNIMPLEMENTED,
            "mode 3",
            StreamHeader {
                mode: 3,
                ..header("echo")
            },
        ),
        (
            "session",
            FAILED_PRECONDITION,
            "no sessions",
            StreamHeader {
                session: 1,
                ..header("echo")
            },
        ),
    ];
    for (what, code, says, header) in cases {
        let trailer = refused(&connection, &head(&header)).await.trailer;
        assert_eq!(trailer.code, code, "{what}: {}", trailer.message);
        assert!(trailer.message.contains(says), "{what}: {}", trailer.message);
        match what {
            "contract" => {
                assert_eq!(trailer.detail("served"), ["07".repeat(32)]);
                assert_eq!(trailer.detail("requested"), [unknown.to_string()]);
            }
            "version" => {
                assert_eq!(trailer.detail("served_version"), ["1"]);
                assert_eq!(trailer.detail("requested_version"), ["2"]);
            }
            "no version" => assert_eq!(trailer.detail("requested_version"), ["0"]),
            _ => assert_eq!(trailer.details, []),
        }
        assert_eq!(
            pair.probe.echo(what).await.unwrap(),
            text(what),
            "others are served"
        );
    }
    assert_eq!(pair.server_node.stats().protocol_errors, 0);
    pair.close().await;
}

#[tokio::test]
async fn contracts_of_one_name_are_served_side_by_side() {
    let pair = serve(&[&CHANGED, &OTHER]).await;
    for info in [&PROBE, &CHANGED, &OTHER] {
        let probe = ProbeClient(v1::Stub::new(&pair.client, info).unwrap());
        assert_eq!(probe.echo(info.name).await.unwrap(), text(info.name));
    }
    let connection = pair.raw().await;
    let unknown = StreamHeader {
        contract_id: Some(v1::ContractId([99; 32])),
        ..header("echo")
    };
    let trailer = refused(&connection, &head(&unknown)).await.trailer;
    assert_eq!(trailer.code, FAILED_PRECONDITION);
    assert_eq!(trailer.detail("served"), ["07".repeat(32), "08".repeat(32)]);
    let stray = StreamHeader {
        contract_id: Some(OTHER.contract_id),
        ..header("echo")
    };
    let trailer = refused(&connection, &head(&stray)).await.trailer;
    assert_eq!(trailer.code, FAILED_PRECONDITION, "a contract of another service");
    pair.close().await;
}

/// A call whose header is in JSON, with a request in XLANG unless the header says otherwise.
async fn json(connection: &Connection, header: &str) -> Answer {
    let request = [framed(0x04, header.as_bytes()), framed(0x40, &message("x"))].concat();
    let answer = ask(connection, &request).await;
    assert!(answer.in_json, "{header}");
    answer
}

#[tokio::test]
async fn a_json_caller_may_leave_out_what_is_plain() {
    let pair = serve(&[&OTHER]).await;
    let connection = pair.raw().await;
    let id = "07".repeat(32);
    for header in [
        r#"{"service":"probe.Probe","method":"echo","mode":0}"#.to_owned(),
        r#"{"service":"Probe","method":"echo","mode":0}"#.to_owned(),
        format!(r#"{{"service":"Probe","method":"echo","mode":0,"contractId":"{id}"}}"#),
        format!(
            r#"{{"service":"probe.Probe","version":1,"method":"echo","contractId":"{id}","callId":7,"deadlineMs":9000,
            "mode":0,"sessionId":0,"metadata":[["k","v"]]}}"#
        ),
    ] {
        let answer = json(&connection, &header).await;
        assert_eq!(answer.trailer.code, OK, "{header}: {}", answer.trailer.message);
        assert_eq!(answer.messages, [message("x")]);
    }
    for (header, code) in [
        (r#"{"service":"probe.Probe","method":"echo"}"#, UNIMPLEMENTED),
        (r#"{"service":"None","method":"echo","mode":0}"#, NOT_FOUND),
        (r#"{"service":"robe","method":"echo","mode":0}"#, NOT_FOUND),
        (r#"{"service":"Probe","method":"none","mode":0}"#, UNIMPLEMENTED),
        (
            r#"{"service":"Probe","version":2,"method":"echo","mode":0}"#,
            FAILED_PRECONDITION,
        ),
        (
            r#"{"service":"Probe","sessionId":3,"method":"echo","mode":0}"#,
            FAILED_PRECONDITION,
        ),
    ] {
        let answer = json(&connection, header).await;
        assert_eq!(answer.trailer.code, code, "{header}: {}", answer.trailer.message);
    }
    assert_eq!(pair.server_node.stats().protocol_errors, 0);
    pair.close().await;
}

#[tokio::test]
async fn a_json_caller_is_told_what_it_must_say() {
    let pair = serve(&[&CHANGED]).await;
    let connection = pair.raw().await;
    let trailer = json(&connection, r#"{"service":"Probe","method":"echo","mode":0}"#)
        .await
        .trailer;
    assert_eq!(
        trailer.code, FAILED_PRECONDITION,
        "two contracts: {}",
        trailer.message
    );
    assert_eq!(trailer.detail("served"), ["07".repeat(32), "08".repeat(32)]);
    let id = "08".repeat(32);
    let named = format!(r#"{{"service":"Probe","method":"echo","mode":0,"contractId":"{id}"}}"#);
    assert_eq!(json(&connection, &named).await.trailer.code, OK);
    pair.close().await;

    let pair = serve(&[&NAMESAKE]).await;
    let connection = pair.raw().await;
    let trailer = json(&connection, r#"{"service":"Probe","method":"echo","mode":0}"#)
        .await
        .trailer;
    assert_eq!(
        trailer.code, FAILED_PRECONDITION,
        "two services: {}",
        trailer.message
    );
    assert_eq!(trailer.detail("service"), ["other.Probe", "probe.Probe"]);
    for service in ["other.Probe", "probe.Probe"] {
        let full = format!(r#"{{"service":"{service}","method":"echo","mode":0}}"#);
        assert_eq!(json(&connection, &full).await.trailer.code, OK, "{service}");
    }
    pair.close().await;
}
