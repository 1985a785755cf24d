//! Profiles, root keys, identities, credentials and revocations, in a home of their own.

use super::{Ran, aster};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self {
            folder: TempDir::new().expect("a folder"),
        };
        fs::write(home.path("passphrase"), "correct horse\n").expect("a file");
        home
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path(".aster/config.toml")
    }

    async fn aster(&self, arguments: &[&str]) -> Ran {
        self.aster_with(arguments, "").await
    }

    async fn aster_with(&self, arguments: &[&str], stdin: &str) -> Ran {
        aster(self.folder.path(), arguments, stdin).await
    }

    /// What the command prints, which succeeds.
    async fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.aster(arguments).await;
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.stdout
    }

    /// What it says, which fails with that status.
    async fn fails(&self, status: i32, arguments: &[&str]) -> String {
        let ran = self.aster(arguments).await;
        assert_eq!(ran.code, Some(status), "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        ran.stderr
    }

    /// A profile with a root key in a file under a passphrase.
    pub(crate) async fn with_root() -> (Self, String) {
        let home = Self::new();
        home.ok(&["profile", "create", "home"]).await;
        // in the clear: opening one that is not takes a second each time
        let root = home
            .ok(&["keygen", "root", "--key-file", "root.key", "--insecure-plain"])
            .await;
        (home, root.trim_end().to_owned())
    }

    async fn enroll(&self, arguments: &[&str]) -> Ran {
        self.aster(&[&["enroll", "node"], arguments, &KEY[..]].concat())
            .await
    }
}

/// Where the root key is in these tests.
pub(crate) const KEY: [&str; 2] = ["--key-file", "root.key"];
const SEALED: [&str; 4] = ["--key-file", "root.key", "--passphrase-file", "passphrase"];

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[tokio::test]
async fn profiles_are_kept_with_their_comments() {
    let home = Home::new();
    assert!(
        home.fails(4, &["profile", "show"])
            .await
            .contains("aster profile create")
    );
    home.ok(&["profile", "create", "home", "--note", "the machines at home"])
        .await;
    assert_eq!((mode(&home.config()), mode(&home.path(".aster"))), (0o600, 0o700));
    let text = fs::read_to_string(home.config()).expect("a file");
    fs::write(home.config(), format!("# my meshes\n{text}# the end\n")).expect("a file");
    home.ok(&["profile", "create", "work"]).await;
    assert_eq!(
        home.ok(&["profile", "list"]).await,
        "* home                 no root key yet\n  work                 no root key yet\n"
    );
    home.ok(&["profile", "use", "work"]).await;
    assert!(home.ok(&["profile", "show"]).await.starts_with("work, active\n"));
    let text = fs::read_to_string(home.config()).expect("a file");
    assert!(
        text.starts_with("# my meshes\n") && text.contains("# the end\n"),
        "{text}"
    );
    assert!(text.contains("note = \"the machines at home\""), "{text}");
    // the destructive one asks, and there is nobody to answer
    assert!(
        home.fails(2, &["profile", "delete", "work"])
            .await
            .contains("--yes")
    );
    home.ok(&["profile", "delete", "work", "--yes"]).await;
    assert_eq!(
        home.ok(&["profile", "list"]).await,
        "  home                 no root key yet\n"
    );
    let json = home.ok(&["profile", "show", "home", "--json"]).await;
    assert!(
        json.contains(r#""name":"home""#) && json.contains(r#""root_pubkey":null"#),
        "{json}"
    );
    for (arguments, said) in [
        (&["profile", "create", "home"][..], "already"),
        (&["profile", "use", "wrok"], "there are `home`"),
    ] {
        assert!(home.fails(4, arguments).await.contains(said), "{arguments:?}");
    }
    assert!(
        home.fails(2, &["profile", "create", "../evil"])
            .await
            .contains("no name of a profile")
    );
}

#[tokio::test]
async fn a_damaged_configuration_is_named_and_never_overwritten() {
    let home = Home::new();
    home.ok(&["profile", "create", "home"]).await;
    let good = fs::read_to_string(home.config()).expect("a file");
    for (text, said) in [
        (format!("{good}[profiles.work\n"), ":5: this is not TOML"),
        (
            format!("{good}[profiles.work]\nroot_pubkey = \"12\"\n"),
            "64 lower-case hexadecimal digits",
        ),
        (
            format!("{good}[profiles.work]\nroot_key = \"12\"\n"),
            "`root_key` is not known",
        ),
        (format!("colour = 1\n{good}"), "`colour` is not known"),
        (
            good.replace("\"home\"", "\"away\""),
            "`away`, which is no profile",
        ),
    ] {
        fs::write(home.config(), &text).expect("a file");
        for arguments in [
            &["profile", "list"][..],
            &["profile", "create", "more"],
            &["keygen", "root"],
        ] {
            let told = home.fails(4, arguments).await;
            assert!(told.contains(said) && told.contains("config.toml"), "{told}");
        }
        assert_eq!(fs::read_to_string(home.config()).expect("a file"), text);
    }
    fs::write(home.config(), &good).expect("a file");
    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o644)).expect("everybody's");
    assert!(home.fails(4, &["profile", "list"]).await.contains("chmod 600"));
}

#[tokio::test]
async fn a_root_key_is_made_once_and_never_in_the_open() {
    let home = Home::new();
    home.ok(&["profile", "create", "home"]).await;
    // no keyring runs here: it says so, and what to do
    let told = home.fails(4, &["keygen", "root"]).await;
    assert!(told.contains("keyring") && told.contains("--key-file"), "{told}");
    let told = home.fails(2, &["keygen", "root", "--key-file", "root.key"]).await;
    assert!(told.contains("--passphrase-file"), "{told}");
    assert!(!home.path("root.key").exists());
    let root = home.ok(&[&["keygen", "root"], &SEALED[..]].concat()).await;
    assert_eq!(root.trim_end().len(), 64);
    assert!(home.ok(&["profile", "show"]).await.contains(root.trim_end()));
    let sealed = fs::read_to_string(home.path("root.key")).expect("a file");
    assert!(
        sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"),
        "{sealed}"
    );
    assert_eq!(mode(&home.path("root.key")), 0o600);
    // a second one would be another mesh
    assert!(
        home.fails(4, &[&["keygen", "root"], &SEALED[..]].concat())
            .await
            .contains("already")
    );
    home.ok(&["profile", "create", "other"]).await;
    let again = [&["keygen", "root", "--profile", "other"], &SEALED[..]].concat();
    assert!(home.fails(4, &again).await.contains("not overwritten"));
    assert_eq!(fs::read_to_string(home.path("root.key")).expect("a file"), sealed);
    // the passphrase opens it, another one does not
    let other = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    let enroll = [
        "--role",
        "consumer",
        "--name",
        "n",
        "--endpoint-id",
        other,
        "--profile",
        "home",
    ];
    let sealed_by = ["--passphrase-file", "passphrase"];
    assert_eq!(
        home.enroll(&[&enroll[..], &sealed_by].concat()).await.code,
        Some(0)
    );
    fs::write(home.path("passphrase"), "battery staple\n").expect("a file");
    let ran = home.enroll(&[&enroll[..], &sealed_by].concat()).await;
    assert_eq!((ran.code, &*ran.stdout), (Some(4), ""), "{ran:?}");
    assert!(ran.stderr.contains("passphrase"), "{ran:?}");
    // plain only for who says so by name
    let plain = [
        "keygen",
        "root",
        "--profile",
        "other",
        "--key-file",
        "plain.key",
        "--insecure-plain",
    ];
    home.ok(&plain).await;
    let text = fs::read_to_string(home.path("plain.key")).expect("a file");
    assert!(
        text.starts_with("aster-root-key-1 ") && mode(&home.path("plain.key")) == 0o600,
        "{text}"
    );
}

#[tokio::test]
async fn each_guess_at_a_passphrase_costs_its_rounds() {
    let home = Home::new();
    home.ok(&["profile", "create", "home"]).await;
    home.ok(&[&["keygen", "root"], &SEALED[..]].concat()).await;
    let sealed = fs::read_to_string(home.path("root.key")).expect("a file");
    let body: String = sealed.lines().filter(|line| !line.starts_with("-----")).collect();
    let bytes = data_encoding::BASE64.decode(body.as_bytes()).expect("base64");
    let header = String::from_utf8_lossy(&bytes);
    let mut lines = header.lines();
    assert_eq!(lines.next(), Some("age-encryption.org/v1"));
    // age's scrypt, whose blocks have 1 KiB: 2 to the power of 18 of them
    let line: Vec<_> = lines.next().expect("a recipient").split(' ').collect();
    assert!(
        line[..2] == ["->", "scrypt"] && line.last() == Some(&"18"),
        "{line:?}"
    );
}

#[tokio::test]
async fn who_has_the_configuration_alone_signs_nothing() {
    let (home, root) = Home::with_root().await;
    let thief = Home::new();
    fs::create_dir(thief.path(".aster")).expect("a folder");
    // with its permissions
    fs::copy(home.config(), thief.config()).expect("a file");
    assert!(thief.ok(&["profile", "show"]).await.contains(&root));
    let other = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    let enroll = [
        "enroll",
        "node",
        "--role",
        "producer",
        "--name",
        "n",
        "--endpoint-id",
        other,
    ];
    let revoke = ["revoke", "--endpoint-id", other, "--file", "revoked", "--yes"];
    for arguments in [&enroll[..], &revoke] {
        assert!(thief.fails(4, arguments).await.contains("keyring"));
    }
    assert!(!thief.path("revoked").exists());
    // another key in its place is not the mesh's
    fs::write(
        thief.path("root.key"),
        format!("aster-root-key-1 {}\n", "07".repeat(32)),
    )
    .expect("a file");
    fs::set_permissions(thief.path("root.key"), fs::Permissions::from_mode(0o600)).expect("its owner's");
    let told = thief.fails(4, &[&enroll[..], &KEY].concat()).await;
    assert!(told.contains(&root), "{told}");
    let secret = fs::read_to_string(home.path("root.key")).expect("a file");
    let digits = secret.trim_start_matches("aster-root-key-1 ").trim_end();
    assert!(
        !fs::read_to_string(home.config())
            .expect("a file")
            .contains(digits)
    );
}

#[tokio::test]
async fn a_node_is_enrolled_without_its_key_ever_leaving_it() {
    let (home, root) = Home::with_root().await;
    let id = home.ok(&["node", "init"]).await.trim_end().to_owned();
    assert_eq!(home.ok(&["id"]).await.trim_end(), id);
    assert_eq!(mode(&home.path(".aster-identity")), 0o600);
    assert!(home.fails(4, &["node", "init"]).await.contains("not overwritten"));
    let secret = fs::read_to_string(home.path(".aster-identity")).expect("a file");
    let secret = secret.split('"').nth(1).expect("a key").to_owned();

    let options = [
        "--role",
        "consumer",
        "--name",
        "anna",
        "--roles",
        "ops,audit",
        "--attr",
        "site=north",
    ];
    let ran = home
        .enroll(&[&["--endpoint-id", &id], &options[..]].concat())
        .await;
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    assert!(!ran.stdout.contains(&secret));
    let ran = home.aster_with(&["node", "add", "-"], &ran.stdout).await;
    assert_eq!(
        ran.stdout,
        format!("consumer `anna` of the mesh {root}\n"),
        "{ran:?}"
    );
    let shown = home.ok(&["trust", "show", ".aster-identity"]).await;
    for part in [
        "consumer-policy\n",
        &id,
        &root,
        "aster.role: ops,audit\n",
        "site: north\n",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(!shown.contains(&secret));
    let verified = home.ok(&["trust", "verify", ".aster-identity"]).await;
    assert!(verified.contains("it counts"), "{verified}");

    // one with the same name and role takes its place, another stands beside it
    for (name, role) in [("anna", "consumer"), ("anna", "producer")] {
        let ran = home
            .enroll(&[
                "--endpoint-id",
                &id,
                "--role",
                role,
                "--name",
                name,
                "--out",
                "new",
            ])
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(mode(&home.path("new")), 0o600);
        home.ok(&["node", "add", "new"]).await;
        fs::remove_file(home.path("new")).expect("a file");
    }
    let shown = home.ok(&["trust", "show", ".aster-identity", "--json"]).await;
    assert_eq!(shown.matches("credential_hash").count(), 2, "{shown}");
    let text = fs::read_to_string(home.path(".aster-identity")).expect("a file");
    assert!(
        text.starts_with("# The key of this node.") && text.contains(&secret),
        "{text}"
    );
}

#[tokio::test]
async fn what_no_node_would_take_is_not_signed_or_not_taken_in() {
    let (home, _) = Home::with_root().await;
    let id = home.ok(&["node", "init"]).await.trim_end().to_owned();
    let other = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    for (arguments, said) in [
        (
            &["--role", "producer", "--name", "n", "--bearer"][..],
            "a producer is one node",
        ),
        (&["--role", "consumer", "--name", "n"], "--out FILE"),
        (
            &[
                "--role",
                "consumer",
                "--name",
                "n",
                "--bearer",
                "--expires",
                "48h",
            ],
            "24",
        ),
        (&["--role", "consumer", "--name", "n", "--one-time"], "--audience"),
        (
            &["--role", "consumer", "--name", "n", "--endpoint-id", "12"],
            "64 hexadecimal digits",
        ),
        (
            &[
                "--role",
                "consumer",
                "--name",
                "n",
                "--endpoint-id",
                &id,
                "--roles",
                "a b",
            ],
            "role",
        ),
        (
            &[
                "--role",
                "consumer",
                "--name",
                "n",
                "--endpoint-id",
                &id,
                "--attr",
                "aster.role=all",
            ],
            "reserved",
        ),
        (
            &[
                "--role",
                "consumer",
                "--name",
                "n",
                "--endpoint-id",
                &id,
                "--expires",
                "soon",
            ],
            "30d",
        ),
    ] {
        let ran = home.enroll(arguments).await;
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{ran:?}");
    }
    let ran = home
        .enroll(&["--role", "consumer", "--name", "b", "--bearer"])
        .await;
    assert!(
        ran.code == Some(0) && ran.stderr.contains("whoever has this credential"),
        "{ran:?}"
    );
    let ran = home
        .enroll(&["--role", "consumer", "--name", "n", "--endpoint-id", other])
        .await;
    let foreign = ran.stdout;
    let before = fs::read(home.path(".aster-identity")).expect("a file");
    let altered = foreign
        .replace("\"aster.name\":\"n\"", "\"aster.name\":\"m\"")
        .replace(other, &id);
    for (text, said) in [
        (&*foreign, "this node is"),
        (&altered, "the signature"),
        ("{}", "no credential"),
        ("", "no credential"),
    ] {
        let ran = home.aster_with(&["node", "add", "-"], text).await;
        assert_eq!((ran.code, &*ran.stdout), (Some(4), ""), "{ran:?}");
        assert!(ran.stderr.contains(said), "{ran:?}");
        assert_eq!(fs::read(home.path(".aster-identity")).expect("a file"), before);
    }
}

#[tokio::test]
async fn a_whole_identity_goes_to_a_file_that_was_named() {
    let (home, root) = Home::with_root().await;
    let ran = home
        .enroll(&["--role", "producer", "--name", "db", "--out", "db-identity"])
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(mode(&home.path("db-identity")), 0o600);
    let text = fs::read_to_string(home.path("db-identity")).expect("a file");
    let secret = text.split('"').nth(1).expect("a key");
    assert!(
        !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
        "{ran:?}"
    );
    let shown = home.ok(&["trust", "show", "db-identity"]).await;
    assert!(
        shown.starts_with("producer\n") && shown.contains(&root),
        "{shown}"
    );
    let id = home.ok(&["id", "--identity", "db-identity"]).await;
    assert!(shown.contains(id.trim_end()), "{shown}");
}

#[tokio::test]
async fn revocations_are_appended_to_a_file_that_is_whole() {
    let (home, _) = Home::with_root().await;
    let id = home.ok(&["node", "init"]).await.trim_end().to_owned();
    let ran = home
        .enroll(&[
            "--endpoint-id",
            &id,
            "--role",
            "consumer",
            "--name",
            "a",
            "--out",
            "a.json",
        ])
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let revoke = |arguments: &[&'static str]| {
        let all = [&["revoke", "--file", "revoked"], arguments, &KEY[..]].concat();
        let home = &home;
        async move { home.aster(&all).await }
    };
    let ran = revoke(&["--credential", "a.json"]).await;
    assert!(ran.code == Some(2) && ran.stderr.contains("--yes"), "{ran:?}");
    assert!(!home.path("revoked").exists());
    let ran = revoke(&["--credential", "a.json", "--yes"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = ["trust", "verify", "a.json", "--revocations", "revoked"];
    let ran = home.aster(&told).await;
    assert!(
        ran.code == Some(1) && ran.stdout.contains("revoked at"),
        "{ran:?}"
    );
    assert_eq!(
        home.aster(&told[..3]).await.code,
        Some(0),
        "without the file it counts"
    );
    let all = [
        &["revoke", "--file", "revoked", "--yes", "--endpoint-id", &id],
        &KEY[..],
    ]
    .concat();
    home.ok(&all).await;
    let text = fs::read_to_string(home.path("revoked")).expect("a file");
    assert_eq!(text.lines().count(), 2, "{text}");
    // nobody would be admitted with a damaged one: it is not added to
    fs::write(home.path("revoked"), format!("{text}half a li")).expect("a file");
    let ran = home.aster(&all).await;
    assert!(ran.code == Some(4) && ran.stderr.contains("line 3"), "{ran:?}");
    assert_eq!(
        fs::read_to_string(home.path("revoked")).expect("a file"),
        format!("{text}half a li")
    );
}

#[tokio::test]
async fn git_passes_the_identity_by() {
    let home = Home::new();
    fs::create_dir(home.path(".git")).expect("a folder");
    fs::write(home.path(".gitignore"), "target").expect("a file");
    home.ok(&["node", "init"]).await;
    let text = fs::read_to_string(home.path(".gitignore")).expect("a file");
    assert_eq!(text, "target\n.aster-identity\n");
}
