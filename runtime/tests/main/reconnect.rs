//! Connections that are lost, and made again by the next call.

use crate::support::{CHANGED, OTHER, PROBE, Place, ProbeClient, text};
use aster_runtime::codegen::v1;
use aster_runtime::{Client, Code, Limits, Node};
use futures_util::future::join_all;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

fn probe(client: &Client) -> ProbeClient {
    ProbeClient(v1::Stub::new(client, &PROBE).unwrap())
}

#[tokio::test]
async fn the_next_call_after_a_restart_succeeds() {
    let place = Place::new();
    let mut run = place.start(&PROBE).await;
    let node = Node::dev().spawn().await.unwrap();
    let client = Client::connect(&node, place.address()).await.unwrap();
    let probe = probe(&client);
    for round in 0..3 {
        let call = tokio::spawn(probe.unary(2, "").into_future());
        run.seen.begun(1).await;
        run.stop().await;
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::UNAVAILABLE);
        run = place.start(&PROBE).await;
        assert_eq!(probe.echo("again").await.unwrap(), text("again"), "{round}");
    }
    // the server comes back while the call already waits for it
    run.stop().await;
    let call = tokio::spawn(probe.echo("patient").into_future());
    tokio::task::yield_now().await;
    let run = place.start(&PROBE).await;
    assert_eq!(call.await.unwrap().unwrap(), text("patient"));
    node.close().await;
    run.stop().await;
}

/// The address of the server, for the process that is one.
const PROCESS: &str = "ASTER_TEST_SERVER";

/// A server with a process of its own, which says on its output how far it is.
#[expect(clippy::print_stdout, reason = "how a process tells its parent")]
async fn serve_in_this_process(address: &str) {
    let run = Place::at(address.parse().unwrap()).start(&PROBE).await;
    println!("\nserving");
    run.seen.begun(1).await;
    println!("\nbegun");
    std::future::pending::<()>().await;
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    async fn start(address: SocketAddr) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "reconnect::the_next_call_after_a_crash_succeeds",
                "--nocapture",
            ])
            .env(PROCESS, address.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Self { child, lines };
        process.says("serving").await;
        process
    }

    async fn says(&mut self, what: &str) {
        while self.lines.next_line().await.unwrap().expect("the process ends") != what {}
    }
}

#[tokio::test]
async fn the_next_call_after_a_crash_succeeds() {
    // the test starts itself again as the server
    if let Ok(address) = std::env::var(PROCESS) {
        return serve_in_this_process(&address).await;
    }
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let mut process = Process::start(address).await;
    let mut limits = Limits::default();
    limits.silence = Duration::from_millis(200);
    let node = Node::dev().limits(limits).spawn().await.unwrap();
    let client = Client::connect(&node, Place::at(address).address())
        .await
        .unwrap();
    let probe = probe(&client);
    let call = tokio::spawn(probe.unary(2, "").into_future());
    process.says("begun").await;
    // nobody tells the client: it hears nothing any more
    process.child.kill().await.unwrap();
    let _process = Process::start(address).await;
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    assert!(status.message().contains("no sign of life"), "{status}");
    assert_eq!(probe.echo("again").await.unwrap(), text("again"));
    node.close().await;
}

#[tokio::test]
async fn a_stub_is_checked_against_what_the_new_server_lists() {
    let place = Place::new();
    let run = place.start(&PROBE).await;
    let node = Node::dev().spawn().await.unwrap();
    let client = Client::connect(&node, place.address()).await.unwrap();
    let probe = probe(&client);
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    run.stop().await;

    let run = place.start(&CHANGED).await;
    for _ in 0..2 {
        let status = probe.echo("x").await.unwrap_err();
        assert_eq!(status.code(), Code::FAILED_PRECONDITION, "{status}");
        let message = status.message();
        assert!(
            message.contains(&"07".repeat(32)) && message.contains(&"08".repeat(32)),
            "{message}"
        );
        assert_eq!(status.detail("served"), Some("08".repeat(32).as_bytes()));
    }
    assert_eq!(client.services()[1].contract_id, "08".repeat(32));
    let changed = ProbeClient(v1::Stub::new(&client, &CHANGED).unwrap());
    assert_eq!(changed.echo("x").await.unwrap(), text("x"));
    run.stop().await;

    let run = place.start(&OTHER).await;
    let status = probe.echo("x").await.unwrap_err();
    assert_eq!(status.code(), Code::NOT_FOUND, "{status}");
    assert!(status.message().contains("it serves `probe.Other`"), "{status}");
    run.stop().await;

    let run = place.start(&PROBE).await;
    assert_eq!(probe.echo("back").await.unwrap(), text("back"));
    node.close().await;
    run.stop().await;
}

#[tokio::test]
async fn many_callers_make_one_connect() {
    let place = Place::new();
    let run = place.start(&PROBE).await;
    let node = Node::dev().spawn().await.unwrap();
    let client = Client::connect(&node, place.address()).await.unwrap();
    let probe = probe(&client);
    run.stop().await;

    let run = place.start(&PROBE).await;
    let calls = (0..50).map(|number| {
        let probe = probe.clone();
        tokio::spawn(async move { probe.echo(&number.to_string()).await })
    });
    for (number, result) in join_all(calls).await.into_iter().enumerate() {
        assert_eq!(result.unwrap().unwrap(), text(number.to_string()));
    }
    assert_eq!(
        run.connections.load(Ordering::SeqCst),
        2,
        "one for the admission, one for the calls"
    );
    node.close().await;
    run.stop().await;
}

#[tokio::test]
async fn a_server_that_stays_away_costs_the_deadline_or_the_connect_time() {
    let place = Place::new();
    let run = place.start(&PROBE).await;
    let node = Node::dev().spawn().await.unwrap();
    let client = Client::builder(&node)
        .connect_time(Duration::from_secs(2))
        .connect(place.address())
        .await
        .unwrap();
    let probe = probe(&client);
    run.stop().await;

    let begin = std::time::Instant::now();
    let status = probe
        .echo("")
        .deadline(Duration::from_millis(100))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::DEADLINE_EXCEEDED, "{status}");
    let calls = (0..10).map(|_| probe.echo("").into_future());
    for result in join_all(calls).await {
        let status = result.unwrap_err();
        assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
        assert!(status.message().ends_with("the request was not sent"), "{status}");
    }
    // one attempt for all of them, begun by the first
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    node.close().await;
}

#[tokio::test]
async fn a_closed_client_ends_calls_of_every_age() {
    let place = Place::new();
    let run = place.start(&PROBE).await;
    let node = Node::dev().spawn().await.unwrap();
    let client = Client::connect(&node, place.address()).await.unwrap();
    let running = tokio::spawn(probe(&client).unary(2, "").into_future());
    run.seen.begun(1).await;
    let later = probe(&client);
    client.close();
    for status in [
        running.await.unwrap().unwrap_err(),
        later.echo("").await.unwrap_err(),
    ] {
        assert_eq!(
            (status.code(), status.message()),
            (Code::CANCELLED, "the client is closed")
        );
    }

    // also while a connect is under way
    let client = Client::connect(&node, place.address()).await.unwrap();
    let probe = probe(&client);
    run.stop().await;
    let mut waiting = probe.echo("").into_future();
    let pending = futures_util::poll!(&mut waiting);
    assert!(pending.is_pending());
    client.close();
    let status = waiting.await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::CANCELLED, "the client is closed")
    );
    node.close().await;
}
