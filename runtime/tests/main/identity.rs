//! Identity files: what they hold, and how they are damaged.

pub(crate) mod peers;

use aster_runtime::Node;
use aster_runtime::node::IdentityError;
use iroh::SecretKey;
use std::io::ErrorKind;
use std::path::PathBuf;
use tempfile::TempDir;

const SECRET: &str = "6b1f0a3d5c7e9821436587a9cbed0f21e3d5c7b9ab8d6f4012345678deadbe0f";

fn key() -> SecretKey {
    let bytes = data_encoding::HEXLOWER.decode(SECRET.as_bytes()).unwrap();
    SecretKey::from_bytes(&bytes.try_into().unwrap())
}

/// The file that `aster` would write for [`key`].
fn good() -> String {
    format!(
        "# this node\n[node]\nsecret_key = \"{SECRET}\"\nendpoint_id = \"{}\"\n",
        key().public()
    )
}

/// An identity file in a folder of its own, which only its owner may read.
pub(crate) struct Written {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

pub(crate) fn written(text: impl AsRef<[u8]>) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".aster-identity");
    std::fs::write(&path, text).unwrap();
    mode(&path, 0o600);
    Written {
        _folder: folder,
        path,
    }
}

#[cfg(unix)]
fn mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn mode(_: &std::path::Path, _: u32) {}

/// The error of a file with this text, which keeps the secret to itself.
fn error(text: impl AsRef<[u8]>) -> IdentityError {
    let file = written(text);
    let error = Node::from_identity(&file.path).unwrap_err();
    assert_discreet(&error);
    assert!(error.to_string().contains(&file.path.display().to_string()));
    error
}

/// No eight digits of the secret that follow each other are in what is said of the error.
fn assert_discreet(error: &IdentityError) {
    let all = format!("{error} {error:?} {error:#?}").to_lowercase();
    for at in 0..=SECRET.len() - 8 {
        assert!(!all.contains(&SECRET[at..at + 8]), "{all}");
    }
}

#[tokio::test]
async fn a_node_has_the_key_of_its_file_and_closed_gates() {
    for text in [
        good(),
        good()
            .to_uppercase()
            .replace("[NODE]", "[node]")
            .replace("SECRET_KEY", "secret_key")
            .replace("ENDPOINT_ID", "endpoint_id"),
        good().replace('\n', "\r\n"),
        format!(
            "node = {{ secret_key = '{SECRET}', endpoint_id = '{}' }}",
            key().public()
        ),
    ] {
        let file = written(text);
        let node = Node::from_identity(&file.path).unwrap().spawn().await.unwrap();
        assert_eq!(node.id(), key().public());
        let stranger = Node::dev().spawn().await.unwrap();
        let address = node.address().endpoint_addr().clone();
        let connection = stranger.endpoint().connect(address, b"aster/1").await.unwrap();
        assert!(connection.closed().await.to_string().contains("not admitted"));
        stranger.close().await;
        node.close().await;
    }
}

#[test]
fn a_builder_keeps_its_key_to_itself() {
    let file = written(good());
    let builder = Node::from_identity(&file.path).unwrap();
    let all = format!("{builder:?} {builder:#?}");
    let bytes = key().to_bytes();
    for hidden in [
        SECRET,
        &format!("{:?}", &bytes[..4]),
        &format!("{}, {}", bytes[0], bytes[1]),
    ] {
        assert!(!all.contains(hidden.trim_matches(['[', ']'])), "{all}");
    }
    assert!(all.contains("secret_key"), "{all}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (path, expected) in [
        (folder.path().join("none"), ErrorKind::NotFound),
        (folder.path().join("none/below"), ErrorKind::NotFound),
    ] {
        match Node::from_identity(&path).unwrap_err() {
            IdentityError::Read { error, .. } => assert_eq!(error.kind(), expected),
            other => panic!("{other}"),
        }
        let text = Node::from_identity(&path).unwrap_err().to_string();
        assert!(text.contains("name the file"), "{text}");
    }
    mode(folder.path(), 0o700);
    let error = Node::from_identity(folder.path()).unwrap_err();
    assert!(matches!(error, IdentityError::Read { .. }), "{error}");
    let large = error_of_size(1024 * 1024);
    assert!(matches!(large, IdentityError::Read { .. }), "{large}");
}

fn error_of_size(size: usize) -> IdentityError {
    error(format!("{}#{}", good(), " ".repeat(size)))
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_touch_is_refused_with_the_remedy() {
    let file = written(good());
    for bits in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777] {
        mode(&file.path, bits);
        let error = Node::from_identity(&file.path).unwrap_err();
        assert_discreet(&error);
        let text = error.to_string();
        assert!(
            text.contains(&format!("chmod 600 {}", file.path.display())),
            "{text}"
        );
        assert!(text.contains(&format!("{bits:04o}")), "{text}");
        assert!(matches!(error, IdentityError::Permissions { mode, .. } if mode == bits));
    }
    for bits in [0o600, 0o400, 0o700] {
        mode(&file.path, bits);
        assert!(Node::from_identity(&file.path).is_ok(), "{bits:o}");
    }
    // a link is as open as what it leads to
    let link = file.path.with_file_name("link");
    std::os::unix::fs::symlink(&file.path, &link).unwrap();
    assert!(Node::from_identity(&link).is_ok());
    mode(&file.path, 0o644);
    assert!(Node::from_identity(&link).is_err());
}

#[test]
fn what_is_missing_is_named() {
    let (secret, id) = (
        format!("secret_key = \"{SECRET}\""),
        format!("endpoint_id = \"{}\"", key().public()),
    );
    for (text, expected) in [
        (String::new(), "`[node]`"),
        ("[[peers]]\nname = 'x'".into(), "`[node]`"),
        ("[[node]]".into(), "`[node]`"),
        ("node = 3".into(), "`[node]`"),
        (format!("[node]\n{id}"), "no `secret_key`"),
        (format!("[node]\n{secret}"), "no `endpoint_id`"),
        ("[node]".into(), "no `secret_key`"),
    ] {
        let error = error(text);
        assert!(matches!(error, IdentityError::Missing { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn an_unknown_key_is_told_with_the_one_that_was_meant() {
    for (text, line, said) in [
        (
            good().replace("secret_key", "secretkey"),
            3,
            "did you mean key `secret_key`",
        ),
        (
            good().replace("secret_key", "secret-key"),
            3,
            "did you mean key `secret_key`",
        ),
        (
            good().replace("endpoint_id", "endpoint"),
            4,
            "did you mean key `endpoint_id`",
        ),
        (
            format!("{}zeal = 1\nport = 2\n", good()),
            5,
            "unknown key `zeal` in `[node]`: remove it",
        ),
        (
            good().replace("[node]", "[nodes]"),
            2,
            "did you mean section `node`",
        ),
        (format!("{}[[peer]]\n", good()), 5, "did you mean section `peers`"),
        (format!("{}[profile]\n", good()), 5, "remove it"),
        // the secret on the wrong side
        (format!("[node]\n{SECRET} = 'secret_key'"), 2, "of 64 characters"),
        (format!("{SECRET} = 'secret_key'"), 1, "of 64 characters"),
    ] {
        let error = error(text);
        assert!(
            matches!(error, IdentityError::Unknown { line: at, .. } if at == line),
            "{error}"
        );
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn a_key_of_the_wrong_form_is_told_and_not_shown() {
    let id = key().public().to_string();
    for (wrong, right, line) in [
        (&SECRET[1..], SECRET, 3),
        (&format!("{SECRET}0"), SECRET, 3),
        (&format!("{SECRET}00"), SECRET, 3),
        (&format!("{}g", &SECRET[1..]), SECRET, 3),
        (&format!(" {}", &SECRET[1..]), SECRET, 3),
        ("", SECRET, 3),
        (&id[2..], &id, 4),
        ("é", &id, 4),
    ] {
        let error = error(good().replace(right, wrong));
        assert!(
            matches!(error, IdentityError::Value { line: at, .. } if at == line),
            "{error}"
        );
        assert!(error.to_string().contains("64 hexadecimal digits"), "{error}");
    }
    for other in ["1", "true", "[]", "{}", "1979-05-27"] {
        let error = error(good().replace(&format!("\"{SECRET}\""), other));
        assert!(matches!(error, IdentityError::Value { line: 3, .. }), "{error}");
    }
}

#[test]
fn a_secret_that_is_anothers_is_an_error() {
    let other = SecretKey::from_bytes(&[9; 32]).public().to_string();
    let error = error(good().replace(&key().public().to_string(), &other));
    assert!(
        matches!(error, IdentityError::Mismatch { line: 4, .. }),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains(&other) && text.contains(&key().public().to_string()),
        "{text}"
    );
}

#[test]
fn damage_is_told_with_its_line() {
    for (text, line) in [
        ("[node".to_owned(), 1),
        (good().replace('=', ":"), 3),
        (format!("[node]\nsecret_key = {SECRET}\n"), 2),
        (format!("[node]\n\nsecret_key = \"{SECRET}\n"), 3),
        (format!("{}secret_key = \"{SECRET}\"\n", good()), 5),
        (format!("{}{}", good(), good()), 6),
        (format!("{}<<<<<<< ours\n", good()), 5),
    ] {
        let error = error(text);
        assert!(
            matches!(error, IdentityError::Toml { line: at, .. } if at == line),
            "{error}"
        );
    }
    let latin = [good().as_bytes(), b"# \xe9"].concat();
    let error = error(latin);
    assert!(matches!(error, IdentityError::Toml { line: 5, .. }), "{error}");
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[test]
fn no_damage_brings_the_secret_out() {
    let text = good();
    let check = |damaged: &[u8]| {
        let file = written(damaged);
        if let Err(error) = Node::from_identity(&file.path) {
            assert_discreet(&error);
        }
    };
    for at in 0..text.len() {
        check(&text.as_bytes()[..at]);
        for other in [b"\"", b"=", b"\n", b"[", b"\\", b"\xff", b"0"] {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = other[0];
            check(&damaged);
            check(&[&text.as_bytes()[..at], other, &text.as_bytes()[at..]].concat());
        }
    }
}
