//! `asterc init` and `asterc completion`.

use crate::{asterc, folder};
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn everything_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_below(&path));
        }
        found.push(path.display().to_string());
    }
    found.sort();
    found
}

#[test]
fn init_writes_a_project_called_as_its_folder() {
    let folder = folder(&[]);
    let path = folder.path();
    let (status, out, err) = asterc(path, &["init", "deep/hello-world", "--checkout", ROOT]);
    assert_eq!((status, out.as_str()), (0, ""), "{err}");
    assert!(
        err.starts_with("wrote 8 files to deep/hello-world; ")
            && err.ends_with(":\n  cd deep/hello-world\n  cargo run\n"),
        "{err}"
    );
    let read = |file: &str| fs::read_to_string(path.join("deep/hello-world").join(file)).unwrap();
    assert!(read("Cargo.toml").contains("name = \"hello-world\"\n"));
    assert!(read("src/main.rs").contains("hello_world::client::call("));
    // the same again, in a folder that is there and has other things in it
    fs::create_dir(path.join("other")).unwrap();
    fs::write(path.join("other/notes.txt"), "mine").unwrap();
    let again = asterc(
        &path.join("other"),
        &["init", "-q", "--name", "hello-world", "--checkout", ROOT],
    );
    assert_eq!(again, (0, String::new(), String::new()));
    let inside = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let folder = path.join(folder);
        let files = everything_below(&folder)
            .into_iter()
            .filter(|file| Path::new(file).is_file());
        let below = |file: &str| {
            Path::new(file)
                .strip_prefix(&folder)
                .unwrap()
                .display()
                .to_string()
        };
        files
            .map(|file| (below(&file), fs::read(&file).unwrap()))
            .collect()
    };
    let mut expected = inside("deep/hello-world");
    expected.push(("notes.txt".to_owned(), b"mine".to_vec()));
    expected.sort();
    assert_eq!(inside("other"), expected);
}

#[test]
fn init_in_a_checkout_s_target_folder_takes_the_crates_of_the_checkout() {
    let folder = folder(&[]);
    let (status, _, err) = asterc(folder.path(), &["init", "hello"]);
    assert_eq!(status, 0, "{err}");
    let manifest = fs::read_to_string(folder.path().join("hello/Cargo.toml")).unwrap();
    let table: toml::Table = toml::from_str(&manifest).unwrap();
    let runtime = table["dependencies"]["aster-runtime"].clone();
    let program = Path::new(env!("CARGO_BIN_EXE_asterc")).canonicalize().unwrap();
    let is_checkout = |folder: &&Path| folder.join("runtime/Cargo.toml").is_file();
    // a target folder may be in this checkout, in another, or in none
    match program.ancestors().find(is_checkout) {
        Some(root) => {
            let path = root.join("runtime").display().to_string();
            assert_eq!(runtime["path"].as_str(), Some(path.as_str()));
        }
        None => assert_eq!(runtime.as_str(), Some(env!("CARGO_PKG_VERSION"))),
    }
}

#[test]
fn init_overwrites_nothing_and_leaves_nothing_half_written() {
    let folder = folder(&[
        ("one/src/main.rs", "mine"),
        ("two/Cargo.toml", "mine"),
        ("two/.gitignore", "mine"),
        ("file", "mine"),
        ("blocked/src", "a file where a folder has to be"),
    ]);
    let before = everything_below(folder.path());
    for (name, words) in [
        ("one", "`one/src/main.rs` is there already"),
        ("two", "`two/Cargo.toml` and `two/.gitignore` are there already"),
        ("file", "cannot be written"),
        ("blocked", "`blocked/src/client.rs` cannot be written"),
    ] {
        let (status, out, err) = asterc(folder.path(), &["init", name, "--checkout", ROOT]);
        assert_eq!((status, out.as_str(), err.lines().count()), (4, "", 1), "{err}");
        assert!(err.starts_with("error: ") && err.contains(words), "{err}");
        assert_eq!(everything_below(folder.path()), before);
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("one/src/main.rs")).unwrap(),
        "mine"
    );
}

#[test]
fn init_refuses_names_that_cargo_would_refuse() {
    let folder = folder(&[]);
    for (arguments, words) in [
        (
            &["init", "2fast"][..],
            "`2fast`: it does not begin with a letter; choose another folder",
        ),
        (&["init", "a/fn"], "keyword of Rust"),
        (&["init", "ok", "--name", "a b"], "choose another name"),
        (&["init", "/"], "say `--name NAME`"),
    ] {
        let (status, out, err) = asterc(folder.path(), arguments);
        assert_eq!((status, out.as_str(), err.lines().count()), (2, "", 1), "{err}");
        assert!(err.starts_with("error: ") && err.contains(words), "{err}");
    }
    let (status, _, err) = asterc(folder.path(), &["init", "ok", "--checkout", "."]);
    assert!(status == 4 && err.contains("check `--checkout`"), "{err}");
    assert_eq!(everything_below(folder.path()), Vec::<String>::new());
}

#[test]
fn completion_has_every_command_for_every_shell() {
    let folder = folder(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (status, out, err) = asterc(folder.path(), &["completion", shell]);
        assert_eq!((status, err.as_str()), (0, ""), "{shell}");
        for word in ["build", "explain", "init", "completion", "verify", "lock-file"] {
            assert!(out.contains(word), "{shell}: {word}");
        }
    }
    let (status, out, err) = asterc(folder.path(), &["completion", "sh"]);
    assert!(
        status == 2 && out.is_empty() && err.contains("possible values: bash"),
        "{err}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_commands_and_options() {
    let folder = folder(&[]);
    let (_, script, _) = asterc(folder.path(), &["completion", "bash"]);
    let complete = |words: &str| {
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _asterc asterc \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\necho \"${{COMPREPLY[@]}}\"\n"
        );
        let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("asterc di"), "diff\n");
    assert_eq!(complete("asterc build --ver"), "--verify --verbose\n");
    assert_eq!(complete("asterc check --format j"), "json\n");
}
