//! Root keys in a real keyring: gnome-keyring, on a bus of its own, in a home of its own.
//!
//! It needs `dbus-daemon`, `dbus-send`, `gnome-keyring-daemon` and `secret-tool`. Without them it fails, unless [`WITHOUT`] is set.

use super::operator::mode;
use super::{Ran, command, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

/// Whoever sets this leaves these tests out, and says so.
const WITHOUT: &str = "ASTER_WITHOUT_KEYRING";
const PROGRAMS: [&str; 4] = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"];
/// A hang guard.
const LONG: Duration = Duration::from_secs(60);
const OTHER: &str = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";

/// Nothing is started by this bus, and nothing that the desktop offers is seen.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=FOLDER</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// Whether the programs are there; otherwise somebody has said that they need not be.
fn programs_are_there() -> bool {
    if std::env::var_os(WITHOUT).is_some() {
        return false;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing: Vec<_> = PROGRAMS
        .into_iter()
        .filter(|program| !std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
        .collect();
    assert!(
        missing.is_empty(),
        "there is no {}: install dbus, gnome-keyring and libsecret-tools (`apt-get install --no-install-recommends dbus \
         gnome-keyring libsecret-tools`), or set {WITHOUT}=1 to leave the tests with a keyring out",
        missing.join(", no ")
    );
    true
}

/// Somebody at a desktop: a home, and a bus.
struct Desktop {
    home: TempDir,
    address: String,
    bus: Child,
    keyring: Option<Child>,
}

impl Desktop {
    async fn new() -> Self {
        let home = TempDir::new().expect("a folder");
        let (address, bus) = bus(home.path()).await;
        Self {
            home,
            address,
            bus,
            keyring: None,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn here(&self, command: &mut Command) {
        command
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path())
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env_remove("XDG_DATA_HOME")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .kill_on_drop(true);
    }

    /// Starts the keyring. With the password of the one who logs in it is open, without it is locked.
    async fn log_in(&mut self, password: Option<&str>) {
        let mut daemon = Command::new("gnome-keyring-daemon");
        daemon.args(["--foreground", "--components=secrets"]);
        if password.is_some() {
            daemon.arg("--unlock");
        }
        self.here(&mut daemon);
        let mut daemon = daemon.stdin(Stdio::piped()).spawn().expect("it is there");
        let mut input = daemon.stdin.take().expect("it is piped");
        input
            .write_all(password.unwrap_or_default().as_bytes())
            .await
            .expect("it reads");
        drop(input);
        self.keyring = Some(daemon);
        // the bus tells nobody but those who ask
        let asking = async { while !self.is_served().await {} };
        tokio::time::timeout(LONG, asking).await.expect("it starts");
    }

    async fn log_out(&mut self) {
        if let Some(mut daemon) = self.keyring.take() {
            daemon.kill().await.expect("it ends");
        }
        let asking = async { while self.is_served().await {} };
        tokio::time::timeout(LONG, asking).await.expect("it is gone");
    }

    async fn is_served(&self) -> bool {
        let mut asking = Command::new("dbus-send");
        asking.args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets",
        ]);
        self.here(&mut asking);
        let ran = run(asking, "").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.stdout.contains("boolean true")
    }

    async fn aster(&self, arguments: &[&str]) -> Ran {
        let mut aster = command(self.home.path(), arguments);
        self.here(&mut aster);
        run(aster, "").await
    }

    async fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.aster(arguments).await;
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.stdout
    }

    /// What it says, which fails.
    async fn fails(&self, arguments: &[&str]) -> String {
        let ran = self.aster(arguments).await;
        assert_eq!((ran.code, &*ran.stdout), (Some(4), ""), "{arguments:?}: {ran:?}");
        ran.stderr
    }

    /// What the keyring has for a profile, as another program sees it.
    async fn secret(&self, profile: &str) -> Option<String> {
        let mut lookup = Command::new("secret-tool");
        let user = format!("root_privkey:{profile}");
        lookup.args(["lookup", "service", "aster", "username", &user]);
        self.here(&mut lookup);
        let ran = run(lookup, "").await;
        assert_eq!(ran.stderr, "");
        (ran.code == Some(0)).then_some(ran.stdout)
    }

    /// Every file of the home, that of the keyring too, with its content.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(self.home.path(), &mut found);
        found
    }
}

/// A bus that ends with the test.
async fn bus(folder: &Path) -> (String, Child) {
    let configuration = folder.join("bus.conf");
    fs::write(
        &configuration,
        BUS.replace("FOLDER", &folder.display().to_string()),
    )
    .expect("a file");
    let mut bus = Command::new("dbus-daemon")
        .arg(format!("--config-file={}", configuration.display()))
        .args(["--nofork", "--nopidfile", "--print-address=1"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it is there");
    let output = BufReader::new(bus.stdout.take().expect("it is piped"));
    let address = output.lines().next_line().await.expect("it is read");
    (address.expect("it says where it listens"), bus)
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let kind = fs::symlink_metadata(&path).expect("it is there").file_type();
        if kind.is_dir() {
            collect(&path, found);
        } else if kind.is_file() {
            let bytes = fs::read(&path).expect("a file");
            found.push((path, bytes));
        }
    }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

const ENROLL: [&str; 8] = [
    "enroll",
    "node",
    "--role",
    "consumer",
    "--name",
    "anna",
    "--endpoint-id",
    OTHER,
];

#[tokio::test]
async fn a_root_key_in_the_keyring_is_in_no_file_and_signs_until_it_is_deleted() {
    if !programs_are_there() {
        return;
    }
    let mut desktop = Desktop::new().await;
    desktop.log_in(Some("hunter2")).await;
    desktop.ok(&["profile", "create", "home"]).await;
    let ran = desktop.aster(&["keygen", "root"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let root = ran.stdout.trim_end().to_owned();
    assert!(
        ran.stderr.contains("service `aster`, user `root_privkey:home`"),
        "{ran:?}"
    );

    // it is where the book says, and nowhere else
    let secret = desktop.secret("home").await.expect("the keyring has it");
    let digits = secret
        .strip_prefix("aster-root-key-1 ")
        .expect("a root key")
        .trim_end();
    let bytes = data_encoding::HEXLOWER.decode(digits.as_bytes()).expect("digits");
    assert_eq!(bytes.len(), 32);
    assert!(!format!("{ran:?}").contains(digits));
    let files = desktop.files();
    let stored = desktop.path(".local/share/keyrings");
    assert!(
        files.iter().any(|(path, _)| path.starts_with(&stored)),
        "it is kept"
    );
    for (path, content) in &files {
        assert!(
            !has(content, digits.as_bytes()) && !has(content, &bytes) && !has(content, b"aster-root-key-1"),
            "{}",
            path.display()
        );
    }
    assert!(has(
        &fs::read(desktop.path(".aster/config.toml")).expect("a file"),
        root.as_bytes()
    ));

    // other processes find it, and what it signs is of that mesh
    let credential = desktop.ok(&ENROLL).await;
    fs::write(desktop.path("anna.json"), &credential).expect("a file");
    let verify = ["trust", "verify", "anna.json", "--root-pubkey", &root];
    assert!(desktop.ok(&verify).await.contains("it counts"));
    let revoke = ["revoke", "--endpoint-id", OTHER, "--file", "revoked", "--yes"];
    desktop.ok(&revoke).await;
    let ran = desktop
        .aster(&[&verify[..], &["--revocations", "revoked"]].concat())
        .await;
    assert!(
        ran.code == Some(1) && ran.stdout.contains("revoked at"),
        "{ran:?}"
    );

    // also after the next login; a second key takes no first one's place
    desktop.log_out().await;
    desktop.log_in(Some("hunter2")).await;
    desktop.ok(&ENROLL).await;
    assert_eq!(desktop.secret("home").await.as_deref(), Some(&*secret));
    assert!(
        desktop
            .ok(&["profile", "delete", "home", "--yes"])
            .await
            .contains("stays where it is")
    );
    desktop.ok(&["profile", "create", "home"]).await;
    assert!(
        desktop
            .fails(&["keygen", "root"])
            .await
            .contains("not overwritten")
    );
    assert_eq!(desktop.secret("home").await.as_deref(), Some(&*secret));

    // the profile names the key again, and then both go
    desktop.ok(&["profile", "delete", "home", "--yes"]).await;
    desktop
        .ok(&["profile", "create", "home", "--root-pubkey", &root])
        .await;
    desktop.ok(&ENROLL).await;
    let deleted = desktop
        .ok(&["profile", "delete", "home", "--root-key", "--yes", "--json"])
        .await;
    assert_eq!(deleted, "{\"deleted\":\"home\",\"root_key_deleted\":true}\n");
    assert_eq!(desktop.secret("home").await, None);
    desktop
        .ok(&["profile", "create", "home", "--root-pubkey", &root])
        .await;
    let told = desktop.fails(&ENROLL).await;
    assert!(
        told.contains("no root key for `home`") && told.contains("--key-file"),
        "{told}"
    );
    let deleted = desktop
        .ok(&["profile", "delete", "home", "--root-key", "--yes"])
        .await;
    assert!(deleted.contains("the keyring had no root key of it"), "{deleted}");
    desktop.ok(&["profile", "create", "home"]).await;
    assert_ne!(desktop.ok(&["keygen", "root"]).await.trim_end(), root);
    desktop.bus.kill().await.expect("it ends");
}

#[tokio::test]
async fn a_keyring_that_is_locked_or_gone_says_so_and_a_file_takes_its_place() {
    if !programs_are_there() {
        return;
    }
    let mut desktop = Desktop::new().await;
    fs::write(desktop.path("passphrase"), "correct horse\n").expect("a file");
    desktop.log_in(Some("hunter2")).await;
    desktop.ok(&["profile", "create", "home"]).await;
    let root = desktop.ok(&["keygen", "root"]).await;
    desktop.ok(&["profile", "create", "more"]).await;
    let secret = desktop.secret("home").await;
    desktop.log_out().await;

    let more = ["keygen", "root", "--profile", "more"];
    let forget = ["profile", "delete", "home", "--root-key", "--yes"];
    let revoke = ["revoke", "--endpoint-id", OTHER, "--file", "revoked", "--yes"];
    // nobody is there to type the password; or another one is typed; or no keyring runs
    for (login, said) in [
        (Some(None), "is locked"),
        (Some(Some("hunter3")), "is locked"),
        (None, "cannot be used"),
    ] {
        if let Some(password) = login {
            desktop.log_in(password).await;
        }
        for (arguments, remedy) in [
            (&ENROLL[..], "`--key-file PATH`"),
            (&revoke, "`--key-file PATH`"),
            (&more, "`--key-file PATH`"),
            (&forget, "leave `--root-key` out"),
        ] {
            let told = desktop.fails(arguments).await;
            assert!(told.contains(said) && told.contains(remedy), "{login:?}: {told}");
        }
        assert!(!desktop.path("revoked").exists());
        assert!(
            desktop
                .ok(&["profile", "show", "home"])
                .await
                .contains(root.trim_end())
        );
        assert!(
            desktop
                .ok(&["profile", "show", "more"])
                .await
                .contains("no root key yet")
        );
        desktop.log_out().await;
    }

    // the way out that was named
    let sealed = ["--key-file", "more.key", "--passphrase-file", "passphrase"];
    let other = desktop.ok(&[&more[..], &sealed].concat()).await;
    assert_eq!(mode(&desktop.path("more.key")), 0o600);
    let enroll = [&ENROLL[..], &["--profile", "more"], &sealed].concat();
    assert!(desktop.ok(&enroll).await.contains(other.trim_end()));

    // nothing was lost
    desktop.log_in(Some("hunter2")).await;
    assert_eq!(desktop.secret("home").await, secret);
    assert!(desktop.ok(&ENROLL).await.contains(root.trim_end()));
    desktop.bus.kill().await.expect("it ends");
}
