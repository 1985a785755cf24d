//! A client that never saw a schema, at a server in another process: it lists, describes, and calls every method.

use super::path;
use aster_runtime::{Client, Code, DynamicService, Node, ServiceError, Status};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

struct Fleet {
    process: Child,
    node: Node,
    client: Client,
}

impl Fleet {
    async fn start() -> Self {
        let mut process = Command::new(path("fleet"))
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the example is built");
        let mut ticket = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut ticket)
            .await
            .expect("a line");
        let node = Node::dev().spawn().await.expect("a node");
        let client = Client::connect(&node, ticket.trim_end()).await.expect("a client");
        Self {
            process,
            node,
            client,
        }
    }

    async fn control(&self) -> DynamicService {
        self.client
            .service("fleet.control.Control")
            .await
            .expect("a description")
    }

    async fn stop(mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().await.expect("it ends");
        assert!(status.success(), "{status}");
        self.node.close().await;
    }
}

#[tokio::test]
async fn it_learns_what_there_is() {
    let fleet = Fleet::start().await;
    let names: Vec<_> = fleet
        .client
        .services()
        .iter()
        .map(|entry| entry.name.clone())
        .collect();
    assert_eq!(
        names,
        ["aster.Node", "fleet.control.Control", "fleet.control.Shell"]
    );
    let control = fleet.control().await;
    assert_eq!(
        (control.name(), control.contract().version),
        ("fleet.control.Control", 2)
    );
    let methods: Vec<_> = control
        .methods()
        .map(|method| {
            let (request, response) = (method.request().to_owned(), method.response().to_owned());
            (
                method.name().to_owned(),
                method.pattern().name(),
                request,
                response,
            )
        })
        .collect();
    let expected = [
        ("exec", "bidi_stream", "Command", "CommandOutput"),
        ("ingest", "client_stream", "LogEntry", "IngestReply"),
        ("status", "unary", "StatusRequest", "StatusReply"),
        ("submit", "unary", "LogEntry", "SubmitResponse"),
        ("tail", "server_stream", "TailRequest", "LogEntry"),
    ]
    .map(|(name, pattern, request, response)| {
        let full = |name| format!("fleet.control.{name}");
        (name.to_owned(), pattern, full(request), full(response))
    });
    assert_eq!(methods, expected);
    let status = control.method("status").expect("it is listed");
    assert!(status.is_idempotent());
    assert_eq!(status.timeout(), Some(Duration::from_secs(5)));
    // the last part of a name is enough, and every node describes itself
    assert_eq!(
        fleet.client.service("Control").await.expect("one").name(),
        control.name()
    );
    let node = fleet.client.service("aster.Node").await.expect("itself");
    let health = node
        .method("health")
        .expect("a method")
        .unary("{\"service\":\"\"}")
        .await;
    assert_eq!(health.as_deref(), Ok(r#"{"value":"SERVING"}"#));
    fleet.stop().await;
}

#[tokio::test]
async fn it_calls_every_method() {
    let fleet = Fleet::start().await;
    let control = fleet.control().await;
    let method = |name: &str| control.method(name).expect("it is listed");
    let reply = method("status")
        .unary(r#"{"verbose": true, "agent": "anna"}"#)
        .await;
    assert_eq!(
        reply.as_deref(),
        Ok(r#"{"agent":"anna","load":[0.25,0.5],"outcome":{"done":{"steps":3,"took":"1.5s"}}}"#)
    );
    let line = |number: u32| {
        format!(
            r#"{{"agent":"bert","at":"2026-11-27T00:00:00Z","labels":{{"a":["b"]}},"level":"ERROR","text":"line {number}"}}"#
        )
    };
    assert_eq!(method("submit").unary(line(0)).await.as_deref(), Ok("{}"));
    let lines = stream::iter((1..1000).map(line));
    let ingested = method("ingest").client_stream(lines).await;
    assert_eq!(ingested.as_deref(), Ok(r#"{"lines":"999"}"#));
    let request = r#"{"agents":["bert"],"level":"ERROR","page":{"first":998,"count":2}}"#;
    let tail = method("tail")
        .server_stream(request)
        .deadline(Duration::from_secs(60))
        .await;
    let tail: Vec<_> = tail.expect("it begins").try_collect().await.expect("two lines");
    assert_eq!(tail, [line(998), line(999)]);
    let (mut send, mut receive) = method("exec").bidi_stream().await.expect("it begins");
    for word in ["one", "two"] {
        let command = format!(r#"{{"name":"echo","arguments":["{word}"],"within":"30s"}}"#);
        send.send(command).await.expect("the server reads");
        let line = receive.message().await;
        assert_eq!(line, Ok(Some(format!(r#"{{"code":0,"line":"{word}"}}"#))));
    }
    send.finish();
    assert_eq!(receive.message().await, Ok(None));
    fleet.stop().await;
}

#[tokio::test]
async fn it_calls_in_a_session() {
    let fleet = Fleet::start().await;
    let refused = fleet.client.service("Shell").await.map(|_| ());
    assert!(matches!(refused, Err(ServiceError::Scope { .. })), "{refused:?}");
    let session = fleet.client.session();
    let shell = session.service("Shell").await.expect("a description");
    let refused = session.service("Control").await.map(|_| ());
    assert!(matches!(refused, Err(ServiceError::Scope { .. })), "{refused:?}");
    let method = |name: &str| shell.method(name).expect("it is listed");
    assert_eq!(
        method("cd").unary(r#"{"path":"/etc"}"#).await.as_deref(),
        Ok("{}")
    );
    let listing = method("ls").unary("{}").await;
    assert_eq!(
        listing.as_deref(),
        Ok(r#"{"names":["fleet.toml"],"path":"/etc"}"#)
    );
    session.close().await.expect("the server lets go of it");
    fleet.stop().await;
}

#[tokio::test]
async fn what_does_not_fit_is_told_before_it_is_sent() {
    let fleet = Fleet::start().await;
    let control = fleet.control().await;
    let unknown = control
        .method("stauts")
        .map(|_| ())
        .expect_err("it has no such method");
    assert_eq!(unknown.code(), Code::UNIMPLEMENTED);
    assert!(
        unknown.message().contains("it has `exec`, `ingest`, `status`"),
        "{unknown}"
    );
    let status = control.method("status").expect("it is listed");
    for (request, said) in [
        ("{", "end"),
        (r#"{"agnet":"anna","verbose":false}"#, "agnet"),
        (r#"{"verbose":false}"#, "agent"),
        (r#"{"agent":"anna","verbose":0}"#, "verbose"),
    ] {
        let refused = status.unary(request).await.expect_err("it does not fit");
        assert_eq!(refused.code(), Code::CONTRACT_VIOLATION, "{request}: {refused}");
        assert!(refused.message().contains(said), "{request}: {refused}");
    }
    // the server's own statuses come as they are
    let refused: Status = status
        .unary(r#"{"agent":"carl","verbose":false}"#)
        .await
        .expect_err("there is no carl");
    assert_eq!(refused.code(), Code::NOT_FOUND);
    // each other pattern
    let request = r#"{"agent":"anna","verbose":false}"#;
    let refused = [
        status.server_stream(request).await.map(|_| ()),
        status.client_stream(stream::iter([request])).await.map(|_| ()),
        status.bidi_stream().await.map(|_| ()),
        control
            .method("exec")
            .expect("it is listed")
            .unary("{}")
            .await
            .map(|_| ()),
    ];
    for refused in refused {
        let refused = refused.expect_err("it has another pattern");
        assert_eq!(refused.code(), Code::INVALID_ARGUMENT, "{refused}");
    }
    // a request that does not fit ends the call, and the caller hears why
    let ingest = control.method("ingest").expect("it is listed");
    let requests = stream::iter(["{}"]).chain(stream::pending());
    let refused = ingest.client_stream(requests).await.expect_err("it does not fit");
    assert_eq!(refused.code(), Code::CONTRACT_VIOLATION, "{refused}");
    fleet.stop().await;
}
