//! `aster services`, `ping`, `id`, `completion`.

use super::{Fleet, aster};
use aster_examples::control::{ControlClient, ShellClient};
use aster_runtime::aster_node::NODE_CONTRACT_ID;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;

#[tokio::test]
async fn services_are_listed() {
    let fleet = Fleet::new().await;
    let ran = fleet.aster("services", &[]).await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    assert_eq!(
        ran.lines(),
        [
            format!("aster.Node             v1  shared   {NODE_CONTRACT_ID}"),
            format!(
                "fleet.control.Control  v2  shared   {}",
                ControlClient::CONTRACT_ID
            ),
            format!("fleet.control.Shell    v1  session  {}", ShellClient::CONTRACT_ID),
        ]
    );
    let ran = fleet.aster("services", &["--json"]).await;
    let peer = fleet.node.id().to_string();
    assert!(
        ran.stdout
            .starts_with(&format!(r#"{{"peer":"{peer}","services":[{{"#)),
        "{ran:?}"
    );
    fleet.close().await;
}

#[tokio::test]
async fn the_way_to_a_peer_is_measured() {
    let fleet = Fleet::new().await;
    let ran = fleet.aster("ping", &["-c", "2", "-i", "1ms"]).await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert!(
        lines[0].starts_with("1: call ") && lines[0].contains("direct to 127.0.0.1:"),
        "{ran:?}"
    );
    assert!(lines[2].starts_with("2 calls: shortest "), "{ran:?}");
    let ran = fleet.aster("ping", &["--json", "-c", "1"]).await;
    assert!(
        ran.stdout.contains(r#""path":"direct""#) && ran.lines().len() == 1,
        "{ran:?}"
    );
    fleet.close().await;
}

#[tokio::test]
async fn a_peer_that_reads_no_more_is_no_error() {
    let fleet = Fleet::new().await;
    // the pipe is closed before the first line comes
    let command = format!("{} services {} | true", env!("CARGO_BIN_EXE_aster"), fleet.ticket);
    let output = tokio::process::Command::new("sh")
        .args(["-c", &command])
        .output()
        .await
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    fleet.close().await;
}

#[tokio::test]
async fn the_id_of_this_node_is_in_its_identity_file() {
    let folder = TempDir::new().expect("a folder");
    let ran = aster(folder.path(), &["id"], "").await;
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains(".aster-identity"), "{ran:?}");
    let key = iroh_secret();
    let path = folder.path().join(".aster-identity");
    fs::write(&path, &key.0).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its owner's");
    let ran = aster(folder.path(), &["id"], "").await;
    assert_eq!((ran.code, ran.lines()), (Some(0), vec![&*key.1]), "{ran:?}");
    let ran = aster(folder.path(), &["id", "--json"], "").await;
    assert_eq!(ran.stdout, format!("{{\"endpoint_id\":\"{}\"}}\n", key.1));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("everybody's");
    let ran = aster(folder.path(), &["id"], "").await;
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("chmod 600"), "{ran:?}");
    assert!(!ran.stderr.contains("070707"), "no secret: {ran:?}");
}

/// An identity file, and the id that belongs to it: the key of 32 times 7.
fn iroh_secret() -> (String, String) {
    let secret = "07".repeat(32);
    let id = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c".to_owned();
    (
        format!("[node]\nsecret_key = \"{secret}\"\nendpoint_id = \"{id}\"\n"),
        id,
    )
}

#[tokio::test]
async fn shells_get_their_completions() {
    let folder = TempDir::new().expect("a folder");
    for shell in ["bash", "zsh", "fish"] {
        let ran = aster(folder.path(), &["completion", shell], "").await;
        assert_eq!(ran.code, Some(0));
        assert!(ran.stdout.contains("describe"), "{ran:?}");
    }
}

#[tokio::test]
async fn options_of_a_node_say_where_they_come_from() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("aster.toml"), "# here\nlan = true\n").expect("a file");
    let ran = aster(folder.path(), &["config", "show", "--origin"], "").await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines[0], "identity     -                        default");
    assert_eq!(lines[5], "lan          true                     ./aster.toml:2");
    let ran = aster(folder.path(), &["config", "show", "--json"], "").await;
    assert_eq!(ran.lines()[5], r#"{"key":"lan","value":"true"}"#);
    fs::write(folder.path().join("aster.toml"), "lans = true\n").expect("a file");
    let ran = aster(folder.path(), &["config", "show"], "").await;
    assert_eq!((ran.code, &*ran.stdout), (Some(4), ""), "{ran:?}");
    assert!(ran.stderr.contains("did you mean `lan`?"), "{ran:?}");
}
