use super::{ConfigError, FILE, NodeConfig, Origin};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const ROOT: &str = "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737";

fn folder(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(FILE), text).unwrap();
    folder
}

fn read(folder: &Path, variables: &[(&str, &str)]) -> Result<NodeConfig, ConfigError> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    NodeConfig::of(folder, variables.iter().map(owned))
}

/// Key, value and origin of what is not a default.
fn said(config: &NodeConfig) -> Vec<(&'static str, String, String)> {
    let set = config
        .settings()
        .iter()
        .filter(|setting| setting.origin != Origin::Default);
    set.map(|setting| (setting.key, setting.value.clone(), setting.origin.to_string()))
        .collect()
}

#[test]
fn without_anything_all_are_defaults() {
    let empty = TempDir::new().unwrap();
    let config = read(empty.path(), &[("PATH", "/bin"), ("ASTER_HOME", "/x")]).unwrap();
    assert!(said(&config).is_empty());
    assert_eq!(config.settings().len(), 9);
    assert!(config.builder().unwrap().id().is_none());
}

#[test]
fn the_environment_is_over_the_file_and_that_over_the_defaults() {
    let folder = folder(&format!(
        "# a node\nroot_pubkey = \"{ROOT}\"\nlan = true\nrelay = [\"https://a.example\", \"https://b.example\"]\nbind = \"127.0.0.1:1\"\n"
    ));
    let config = read(
        folder.path(),
        &[("ASTER_BIND", "127.0.0.1:2"), ("ASTER_COMPRESSION", "false")],
    )
    .unwrap();
    let file = |line: usize| format!("{}:{line}", folder.path().join(FILE).display());
    let expected = [
        ("root_pubkey", ROOT.to_owned(), file(2)),
        ("bind", "127.0.0.1:2".to_owned(), "ASTER_BIND".to_owned()),
        ("lan", "true".to_owned(), file(3)),
        ("relay", "https://a.example,https://b.example".to_owned(), file(4)),
        ("compression", "false".to_owned(), "ASTER_COMPRESSION".to_owned()),
    ];
    assert_eq!(said(&config), expected);
    let options = config.options().unwrap();
    assert_eq!(options.bind, Some("127.0.0.1:2".parse().unwrap()));
    assert!(options.lan && !options.compression && options.root.is_some());
}

#[test]
fn paths_of_a_file_are_those_of_its_folder() {
    let folder = folder("revocations = \"revoked\"\nfolder = \"/data\"\n");
    let options = read(folder.path(), &[]).unwrap().options().unwrap();
    assert_eq!(options.revocations, Some(folder.path().join("revoked")));
    assert_eq!(options.folder, Some("/data".into()));
    let options = read(folder.path(), &[("ASTER_FOLDER", "here")])
        .unwrap()
        .options()
        .unwrap();
    assert_eq!(options.folder, Some("here".into()));
}

#[test]
fn the_identity_of_the_folder_is_taken_where_it_is() {
    let folder = folder("");
    fs::write(folder.path().join(".aster-identity"), "damaged").unwrap();
    let config = read(folder.path(), &[]).unwrap();
    let error = config.builder().unwrap_err();
    assert!(matches!(error, ConfigError::Identity(_)), "{error}");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, message) in [
        (
            "lan = true\nrelays = \"n0\"\n",
            ":2: `relays` is not known: did you mean `relay`?",
        ),
        (
            "colour = \"red\"\n",
            ":1: `colour` is not known: there are `identity`, `root_pubkey`",
        ),
        (
            "lan = \"maybe\"\n",
            ":1: `lan` is `maybe`, it has to be `true` or `false`",
        ),
        ("lan = 1\n", ":1: `lan` is of another type"),
        (
            "\n\nbind = \"here\"\n",
            ":3: `bind` is `here`, it has to be an address with its port",
        ),
        ("root_pubkey = \"12\"\n", ":1: `root_pubkey` is `12`"),
        ("relay = \"tor\"\n", ":1: `relay` is `tor`"),
        ("relay = [1]\n", ":1: `relay` is ``"),
        (
            "lookup = \"dht\"\n",
            ":1: `lookup` is `dht`, it has to be `none` or `n0`",
        ),
        ("lan = true\nlan\n", ":2: this is not TOML"),
    ] {
        let folder = folder(text);
        let error = read(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
        assert!(error.contains(FILE), "{error}");
    }
    let empty = TempDir::new().unwrap();
    for (variable, message) in [
        (
            ("ASTER_RELAYS", "n0"),
            "`ASTER_RELAYS` is not known: did you mean `ASTER_RELAY`?",
        ),
        (
            ("ASTER_lan", "true"),
            "`ASTER_lan` is not known: did you mean `ASTER_LAN`?",
        ),
        (("ASTER_LAN", "1"), "ASTER_LAN: `lan` is `1`"),
    ] {
        let error = read(empty.path(), &[variable]).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
