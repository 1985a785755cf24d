//! The `aster` binary as a shell sees it, at real servers on loopback.

mod calls;
mod described;
#[cfg(target_os = "linux")]
mod keyring;
mod looks;
mod operator;
mod threats;
#[cfg(unix)]
mod waiting;
mod walk;

use aster_examples::agents::Agents;
use aster_examples::control::{ControlServer, ShellServer};
use aster_examples::shell::Place;
use aster_runtime::{Node, Server, ServerBuilder};
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::task::JoinHandle;

/// A fleet in this process, and an empty folder in which the command runs.
struct Fleet {
    node: Node,
    serving: JoinHandle<()>,
    ticket: String,
    folder: TempDir,
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

impl Fleet {
    async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(build: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let node = Node::dev().spawn().await.expect("a node");
        let server = Server::builder(&node)
            .add(ControlServer::new(Agents::default()))
            .add(ShellServer::per_session(|_| Place::default()));
        let server = build(server).build().expect("a server");
        let serving = tokio::spawn(async move { server.serve().await.expect("nobody else serves") });
        Self {
            ticket: node.address().to_string(),
            node,
            serving,
            folder: TempDir::new().expect("a folder"),
        }
    }

    /// Runs `aster`; the first argument is the command, the ticket comes behind it.
    async fn aster(&self, command: &str, arguments: &[&str]) -> Ran {
        let all: Vec<_> = [command, &self.ticket]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        aster(self.folder.path(), &all, "").await
    }

    async fn aster_with(&self, command: &str, arguments: &[&str], stdin: &str) -> Ran {
        let all: Vec<_> = [command, &self.ticket]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        aster(self.folder.path(), &all, stdin).await
    }

    async fn close(self) {
        self.node.close().await;
        self.serving.await.expect("it ends");
    }
}

/// `aster` in a folder that is its home, too; no keyring is there, whoever runs this.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aster"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder)
        .env_remove("ASTER_HOME")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .kill_on_drop(true);
    command
}

/// Runs `aster` in a folder.
async fn aster(folder: &Path, arguments: &[&str], stdin: &str) -> Ran {
    run(command(folder, arguments), stdin).await
}

async fn run(mut command: Command, stdin: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let mut input = child.stdin.take().expect("it is piped");
    // a command that reads nothing closes it
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
