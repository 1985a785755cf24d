//! The walk through a mesh in the book: each command of the page, on machines that are folders, between real processes.
//!
//! A word that ends in `…` stands for one that begins otherwise each time: it is bound where it is printed first, and means the
//! same from there on. A line `…` stands for any lines.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../../docs/guide/mesh.md");
/// How often a command is run again that waits for a node to see a change.
const TRIES: usize = 200;

struct Step {
    machine: String,
    command: String,
    expected: Vec<String>,
}

/// The commands of the page in their order, with what they print.
fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in PAGE.lines() {
        match (line, line.split_once("$ ")) {
            ("```text", _) => inside = true,
            ("```", _) => inside = false,
            (_, Some((machine, command))) if inside && machine.chars().all(char::is_alphabetic) => {
                let (machine, command) = (machine.to_owned(), command.to_owned());
                steps.push(Step {
                    machine,
                    command,
                    expected: Vec::new(),
                });
            }
            (line, _) if inside => steps
                .last_mut()
                .expect("a command first")
                .expected
                .push(line.to_owned()),
            _ => {}
        }
    }
    steps
}

struct World {
    folder: TempDir,
    programs: PathBuf,
    words: BTreeMap<String, String>,
    running: Vec<Child>,
}

impl Drop for World {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let programs = folder.path().join("programs");
        fs::create_dir_all(folder.path().join("post")).expect("a folder");
        fs::create_dir(&programs).expect("a folder");
        let target = std::env::current_exe().expect("this test");
        let target = target.ancestors().nth(2).expect("target/debug/deps/…");
        let fleet = target.join("examples/fleet");
        assert!(
            fleet.exists(),
            "build it first: cargo build -p aster-examples --example fleet"
        );
        for (name, path) in [
            ("aster", Path::new(env!("CARGO_BIN_EXE_aster"))),
            ("fleet", &fleet),
        ] {
            std::os::unix::fs::symlink(path, programs.join(name)).expect("a link");
        }
        Self {
            folder,
            programs,
            words: BTreeMap::new(),
            running: Vec::new(),
        }
    }

    fn machine(&self, name: &str) -> PathBuf {
        let home = self.folder.path().join(name);
        if !home.exists() {
            fs::create_dir(&home).expect("a folder");
            std::os::unix::fs::symlink("../post", home.join("post")).expect("a link");
            if name == "operator" {
                fs::write(home.join("passphrase"), "correct horse\n").expect("a file");
            }
        }
        home
    }

    fn shell(&self, step: &Step, command: &str) -> Command {
        let home = self.machine(&step.machine);
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .current_dir(&home)
            .env("HOME", &home)
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .env_remove("ASTER_HOME")
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        shell
    }

    /// The text with what its words mean.
    fn meant(&self, text: &str) -> String {
        let mut meant = text.to_owned();
        for (word, value) in &self.words {
            meant = meant.replace(word.as_str(), value);
        }
        meant
    }

    fn run(&mut self, step: &Step) {
        let command = self.meant(&step.command);
        if let Some(command) = command.strip_suffix(" &") {
            let mut child = self
                .shell(step, &format!("exec {command}"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a shell");
            let mut line = String::new();
            let output = child.stdout.take().expect("it is piped");
            self.running.push(child);
            BufReader::new(output).read_line(&mut line).expect("a line");
            return self
                .compare(step, &line)
                .unwrap_or_else(|error| panic!("{error}"));
        }
        // a node looks for what was revoked from time to time
        let tries = if step
            .expected
            .iter()
            .any(|line| line.starts_with("error: the server"))
        {
            TRIES
        } else {
            1
        };
        let mut outcome = Ok(());
        for _ in 0..tries {
            let output = self
                .shell(step, &format!("{command} 2>&1"))
                .output()
                .expect("a shell");
            let text = String::from_utf8(output.stdout).expect("text");
            let fails = step.expected.iter().any(|line| line.starts_with("error: "));
            outcome = match output.status.success() != fails {
                true => self.compare(step, &text),
                false => Err(format!("{}: status {}\n{text}", step.command, output.status)),
            };
            if outcome.is_ok() {
                return;
            }
        }
        outcome.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Binds the words that are new, and holds the rest against what they mean.
    fn compare(&mut self, step: &Step, text: &str) -> Result<(), String> {
        let mismatch = || {
            format!(
                "{}$ {}\n{text}\nis not\n{}",
                step.machine,
                step.command,
                step.expected.join("\n")
            )
        };
        let mut lines = text.lines();
        let mut any = false;
        for expected in &step.expected {
            if expected == "…" {
                any = true;
                continue;
            }
            let mut found = lines.next().ok_or_else(mismatch)?;
            while !self.fits(expected, found) {
                if !any {
                    return Err(mismatch());
                }
                found = lines.next().ok_or_else(mismatch)?;
            }
            any = false;
        }
        match any || lines.next().is_none() {
            true => Ok(()),
            false => Err(mismatch()),
        }
    }

    fn fits(&mut self, expected: &str, found: &str) -> bool {
        let (mut expected, mut found) = (expected, found);
        let mut bound = Vec::new();
        while let Some((before, after)) = expected.split_once('…') {
            let start = before.rfind([' ', '`']).map_or(0, |at| at + 1);
            let Some(rest) = found.strip_prefix(&before[..start]) else {
                return false;
            };
            // up to the text that comes next, or to the end
            let next = match after.split_once('…') {
                Some((text, _)) => &text[..text.rfind([' ', '`']).map_or(0, |at| at + 1)],
                None => after,
            };
            let end = match next.is_empty() {
                true => rest.len(),
                false => match rest.find(next) {
                    Some(end) => end,
                    None => return false,
                },
            };
            let word = format!("{}…", &before[start..]);
            let value = &rest[..end];
            match self.words.get(&word) {
                Some(known) if known != value => return false,
                None if word != "…" => bound.push((word, value.to_owned())),
                _ => {}
            }
            (expected, found) = (after, &rest[end..]);
        }
        if expected != found {
            return false;
        }
        self.words.extend(bound);
        true
    }
}

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let steps = steps();
    assert!(steps.len() >= 15, "{} commands", steps.len());
    let mut world = World::new();
    for step in &steps {
        world.run(step);
    }
    // what was printed anywhere, or went over the post, is no secret
    let secret = fs::read_to_string(world.machine("laptop").join(".aster-identity")).expect("a file");
    let secret = secret.split('"').nth(1).expect("a key").to_owned();
    assert_eq!(secret.len(), 64);
    for entry in fs::read_dir(world.folder.path().join("post")).expect("a folder") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("text");
        assert!(!text.contains(&secret));
    }
    assert!(!world.words.values().any(|word| word.contains(&secret)));
}
