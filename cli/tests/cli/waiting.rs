//! What is said while something takes long: at a terminal, to people, and gone when it is over.

use super::operator::{Home, KEY};
use super::{Fleet, command, run};
use aster_runtime::Node;
use nix::pty::{OpenptyResult, openpty};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// A hang guard.
const LONG: Duration = Duration::from_secs(120);

/// A command whose standard error is a terminal, and perhaps its standard input.
struct AtTerminal {
    child: Child,
    chunks: mpsc::UnboundedReceiver<Vec<u8>>,
    written: Vec<u8>,
}

struct Shown {
    code: Option<i32>,
    stdout: String,
    /// All that came to the terminal, in its order.
    written: String,
    /// What stands there in the end.
    screen: String,
}

impl AtTerminal {
    fn new(mut command: Command, typed: bool) -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).expect("a terminal");
        let stdin = match typed {
            true => slave.try_clone().expect("a terminal").into(),
            false => Stdio::null(),
        };
        let child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(slave)
            .spawn()
            .expect("the binary is built");
        // who still had the other end would wait for it
        drop(command);
        let (chunk, chunks) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut terminal = File::from(master);
            let mut bytes = [0; 1024];
            // it ends with an error, or with nothing: systems differ
            while let Ok(length @ 1..) = terminal.read(&mut bytes) {
                if chunk.send(bytes[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            chunks,
            written: Vec::new(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    /// Comes back when that stands at the terminal.
    async fn says(&mut self, part: &str) {
        let reading = async {
            while !self.text().contains(part) {
                match self.chunks.recv().await {
                    Some(chunk) => self.written.extend(chunk),
                    None => panic!("it has said only {:?}", self.text()),
                }
            }
        };
        tokio::time::timeout(LONG, reading).await.expect("it says it");
    }

    async fn end(mut self) -> Shown {
        let reading = async {
            while let Some(chunk) = self.chunks.recv().await {
                self.written.extend(chunk);
            }
        };
        tokio::time::timeout(LONG, reading).await.expect("it ends");
        let written = self.text();
        let output = self.child.wait_with_output().await.expect("it ends");
        Shown {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            screen: screen(&written),
            written,
        }
    }
}

async fn at_terminal(folder: &Path, arguments: &[&str]) -> Shown {
    AtTerminal::new(command(folder, arguments), false).end().await
}

/// What a terminal shows that got these characters.
fn screen(written: &str) -> String {
    let mut lines = vec![Vec::new()];
    let mut column = 0;
    for character in written.replace("\r\n", "\n").chars() {
        assert!(character != '\u{1b}', "{written:?}");
        let line = lines.last_mut().expect("one is there");
        match character {
            '\r' => {
                assert!(line.len() < 80, "it has wrapped: {written:?}");
                column = 0;
            }
            '\n' => {
                lines.push(Vec::new());
                column = 0;
            }
            character => {
                line.resize(line.len().max(column + 1), ' ');
                line[column] = character;
                column += 1;
            }
        }
    }
    let lines = lines
        .into_iter()
        .map(|line| line.into_iter().collect::<String>().trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// The address of a node that is gone: nobody answers there.
async fn nobody() -> String {
    let node = Node::dev().spawn().await.expect("a node");
    let ticket = node.address().to_string();
    node.close().await;
    ticket
}

#[tokio::test]
async fn who_is_connected_to_is_said_at_a_terminal_and_wiped() {
    let home = Home::new();
    let ticket = nobody().await;
    let arguments = ["services", &ticket, "--connect-time", "2s"];
    let shown = at_terminal(home.folder(), &arguments).await;
    assert_eq!((shown.code, &*shown.stdout), (Some(4), ""));
    assert!(shown.written.starts_with("connecting to "), "{:?}", shown.written);
    assert!(shown.written.contains(" … 1 s"), "{:?}", shown.written);

    // what stays is what a pipe gets, and programs that read JSON
    let ran = run(command(home.folder(), &arguments), "").await;
    assert!(
        ran.stderr.starts_with("error: ") && ran.stderr.lines().count() == 1,
        "{ran:?}"
    );
    assert_eq!(shown.screen, ran.stderr);
    let ran = run(
        command(home.folder(), &[&arguments[..], &["--json"]].concat()),
        "",
    )
    .await;
    let shown = at_terminal(home.folder(), &[&arguments[..], &["--json"]].concat()).await;
    assert_eq!(shown.written, ran.stderr.replace('\n', "\r\n"));
    assert!(shown.written.starts_with("{\"error\":"), "{}", shown.written);
}

#[tokio::test]
async fn the_work_of_a_passphrase_is_said_at_a_terminal_and_wiped() {
    let (home, root) = Home::with_root().await;
    let text = std::fs::read(home.path("root.key")).expect("a file");
    // twice the rounds that `keygen` takes: it is longer than a moment on any machine
    let mut recipient = age::scrypt::Recipient::new("correct horse".to_owned().into());
    recipient.set_work_factor(19);
    let sealed = age::encrypt_and_armor(&recipient, &text).expect("it is encrypted");
    std::fs::write(home.path("root.key"), sealed).expect("a file");
    let id = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    let enroll = [
        "enroll",
        "node",
        "--role",
        "consumer",
        "--name",
        "a",
        "--endpoint-id",
        id,
    ];
    let arguments = [&enroll[..], &KEY, &["--passphrase-file", "passphrase"]].concat();
    let shown = at_terminal(home.folder(), &arguments).await;
    assert_eq!((shown.code, &*shown.screen), (Some(0), ""), "{:?}", shown.written);
    assert!(
        shown.written.starts_with("working on the passphrase …"),
        "{:?}",
        shown.written
    );
    assert!(
        shown.stdout.starts_with('{') && shown.stdout.contains(&root),
        "{}",
        shown.stdout
    );
    let ran = run(command(home.folder(), &arguments), "").await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_said_at_a_terminal_and_wiped() {
    let fleet = Fleet::new().await;
    let folder = fleet.folder.path();
    // there is nothing to tell of this one
    let request = r#"{"agents":["anna"],"level":"DEBUG"}"#;
    let pending = [
        "call",
        &fleet.ticket,
        "Control.tail",
        request,
        "--deadline",
        "1500ms",
    ];
    let shown = at_terminal(folder, &pending).await;
    assert_eq!((shown.code, &*shown.stdout), (Some(1), ""));
    assert!(
        shown.written.contains("waiting for an answer of `tail` …"),
        "{:?}",
        shown.written
    );
    assert!(
        shown.screen.starts_with("error: deadline exceeded: ") && shown.screen.lines().count() == 1,
        "{}",
        shown.screen
    );

    // messages are not disturbed
    let line = r#"{"agent":"bert","at":"2026-11-27T00:00:00Z","labels":{},"level":"ERROR","text":"line"}"#;
    let shown = at_terminal(folder, &["call", &fleet.ticket, "Control.ingest", line, line]).await;
    let ended = (shown.code, &*shown.stdout, &*shown.screen);
    assert_eq!(ended, (Some(0), "{\"lines\":\"2\"}\n", ""), "{:?}", shown.written);
    let request = r#"{"agents":["bert"],"level":"ERROR","page":{"first":0,"count":2}}"#;
    let shown = at_terminal(folder, &["call", &fleet.ticket, "Control.tail", request]).await;
    assert_eq!((shown.code, &*shown.screen), (Some(0), ""), "{:?}", shown.written);
    assert_eq!(shown.stdout, format!("{line}\n{line}\n"));

    // nor is somebody who types the requests
    let typing = ["call", &fleet.ticket, "Control.exec", "-", "--deadline", "1500ms"];
    let shown = AtTerminal::new(command(folder, &typing), true).end().await;
    assert_eq!((shown.code, &*shown.stdout), (Some(1), ""));
    assert!(!shown.written.contains("waiting"), "{:?}", shown.written);
    fleet.close().await;
}

#[tokio::test]
async fn who_interrupts_finds_the_line_empty() {
    let home = Home::new();
    let ticket = nobody().await;
    let waits = command(home.folder(), &["ping", &ticket, "--connect-time", "1h"]);
    let mut waits = AtTerminal::new(waits, false);
    waits.says("connecting to ").await;
    let id = waits.child.id().expect("it runs").to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().await;
    assert!(killed.expect("it is there").success());
    let shown = waits.end().await;
    assert_eq!((shown.code, &*shown.screen), (Some(130), "error: interrupted\n"));
}
