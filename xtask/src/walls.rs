//! Who may know whom. The table below is the architecture page's, executable.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates that a package may depend on outside its tests; `None`: any but [`NOBODY_KNOWS`].
const DEPENDENCIES: &[(&str, Forbidden)] = &[
    ("asterc-templates", Forbidden::AllBut(&["askama"])),
    (
        "aster-contract",
        Forbidden::These(&["tokio", "iroh", "futures-util", "asterc", "aster-runtime"]),
    ),
    ("asterc", Forbidden::These(&["tokio", "iroh", "aster-runtime"])),
    (
        "aster-cli",
        Forbidden::These(&["iroh", "pest", "askama", "asterc-templates"]),
    ),
    (
        "aster-bindings",
        Forbidden::These(&["pyo3", "napi", "tokio", "iroh"]),
    ),
    (
        "aster-runtime",
        Forbidden::These(&["asterc", "asterc-build", "asterc-templates", "pest", "askama"]),
    ),
];

/// Crates that exist for the others' sake.
const NOBODY_KNOWS: &[&str] = &["aster-tests", "aster-benches", "aster-examples", "xtask"];

/// Crates that a package may not bring with it, over however many others.
const TREES: &[(&str, &[&str])] = &[("asterc-build", &["clap", "clap_complete", "git2", "mimalloc"])];

enum Forbidden {
    AllBut(&'static [&'static str]),
    These(&'static [&'static str]),
}

/// Words that the code of a room may not contain.
struct Wall {
    room: &'static str,
    /// Paths below the room where the words are at home: a module `x` is `x.rs` and `x/`.
    except: &'static [&'static str],
    words: &'static [&'static str],
}

const WALLS: &[Wall] = &[
    Wall {
        room: "contract/src",
        except: &[],
        words: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::time",
            "std::thread",
            "async fn",
            "tokio::",
        ],
    },
    Wall {
        room: "asterc/src",
        except: &["driver", "main", "commands"],
        words: &[
            "std::fs",
            "std::net",
            "std::env::",
            "fs::read",
            "File::open",
            "tempfile::",
        ],
    },
    Wall {
        room: "asterc/src",
        except: &["parse"],
        words: &["pest::", "pest_derive::"],
    },
    Wall {
        room: "runtime/src",
        except: &["node", "queue", "client", "server", "admission", "registry"],
        words: &["iroh::", "iroh_blobs::", "iroh_docs::", "iroh_gossip::"],
    },
    // credentials are dated by the wall clock, which jumps; everything else is timed by the monotonic one
    Wall {
        room: "runtime/src",
        except: &["trust", "admission", "registry"],
        words: &["SystemTime", "Timestamp::now", "Zoned::now"],
    },
    Wall {
        room: "runtime/src/trust",
        except: &[],
        words: &[
            "tokio::",
            "async fn",
            "std::fs",
            "std::net",
            "std::env",
            "fastrand::",
            "SystemTime::now",
            "Instant::now",
        ],
    },
    Wall {
        room: "runtime/src/frame",
        except: &[],
        words: &["iroh", "tokio::"],
    },
    Wall {
        room: "runtime/src/call",
        except: &[],
        words: &["iroh", "tokio::"],
    },
    Wall {
        room: "runtime/src/status",
        except: &[],
        words: &["iroh", "tokio::"],
    },
];

/// Fails with one line for each place where a wall is broken.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let mut breaches = dependencies(root)?;
    for (package, refused) in TREES {
        breaches.extend(tree(root, package, refused)?);
    }
    for wall in WALLS {
        breaches.extend(imports(root, wall)?);
    }
    breaches.extend(generated(root)?);
    if !breaches.is_empty() {
        bail!(
            "{} walls are broken:\n  {}",
            breaches.len(),
            breaches.join("\n  ")
        );
    }
    Ok(())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

fn dependencies(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .output()
        .context("cannot start cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;

    let mut breaches = Vec::new();
    for package in &metadata.packages {
        let rule = DEPENDENCIES
            .iter()
            .find(|(name, _)| *name == package.name)
            .map(|(_, rule)| rule);
        for dependency in &package.dependencies {
            if dependency.kind.as_deref() == Some("dev") {
                continue;
            }
            let name = dependency.name.as_str();
            let refused = NOBODY_KNOWS.contains(&name)
                || match rule {
                    Some(Forbidden::AllBut(allowed)) => !allowed.contains(&name),
                    Some(Forbidden::These(these)) => these.contains(&name),
                    None => false,
                };
            if refused {
                breaches.push(format!("{}: may not depend on {name}", package.name));
            }
        }
    }
    Ok(breaches)
}

fn tree(root: &Path, package: &str, refused: &[&str]) -> anyhow::Result<Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["tree", "--package", package, "--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{lib}", "--locked"])
        .output()
        .context("cannot start cargo tree")?;
    if !output.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let all = String::from_utf8_lossy(&output.stdout);
    let breach = |name: &&&str| all.lines().any(|line| line.trim() == **name);
    let breaches = refused.iter().filter(breach);
    Ok(breaches
        .map(|name| format!("{package}: may not bring {name} into a build script"))
        .collect())
}

fn imports(root: &Path, wall: &Wall) -> anyhow::Result<Vec<String>> {
    let room = root.join(wall.room);
    let mut files = Vec::new();
    if room.is_dir() {
        rust_below(&room, &mut files)?;
    }
    let module = room.with_extension("rs");
    if module.is_file() {
        files.push(module);
    }

    let mut breaches = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&room).unwrap_or(&file);
        let first = inside
            .components()
            .next()
            .map(|part| part.as_os_str().to_string_lossy().into_owned());
        let module = first.unwrap_or_default();
        if wall.except.contains(&module.trim_end_matches(".rs")) {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for (number, line) in production_lines(&text) {
            if let Some(word) = wall.words.iter().find(|word| mentions(line, word)) {
                let place = file.strip_prefix(root).unwrap_or(&file).display();
                breaches.push(format!("{place}:{number}: `{word}` is not for this room"));
            }
        }
    }
    Ok(breaches)
}

/// Generated code names `codegen::v1` of the runtime, and nothing else of it.
fn generated(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    rust_below(&root.join("golden"), &mut files)?;
    let mut breaches = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for (number, line) in text.lines().enumerate() {
            let strays = line
                .split("aster_runtime::")
                .skip(1)
                .any(|rest| !rest.starts_with("codegen::v1"));
            if strays && !line.trim_start().starts_with("//") {
                let place = file.strip_prefix(root).unwrap_or(&file).display();
                breaches.push(format!(
                    "{place}:{}: generated code may name only codegen::v1",
                    number + 1
                ));
            }
        }
    }
    Ok(breaches)
}

/// The numbered lines of a file above its tests, comments left out.
fn production_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether `word` stands in `line` where a word begins: `pest::` is not in `tempest::`.
fn mentions(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at]
            .chars()
            .next_back()
            .is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

fn rust_below(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            rust_below(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_word_only_where_it_begins() {
        assert!(mentions("use pest::Parser;", "pest::"));
        assert!(mentions("(pest::Error)", "pest::"));
        assert!(!mentions("use tempest::Parser;", "pest::"));
    }

    #[test]
    fn leaves_comments_and_tests_out() {
        let text = "//! uses iroh::x\nuse a;\n#[cfg(test)]\nmod tests { use iroh::y; }";
        assert_eq!(production_lines(text).collect::<Vec<_>>(), [(2, "use a;")]);
    }

    #[test]
    fn reports_a_broken_wall_with_its_place() -> anyhow::Result<()> {
        let folder = std::env::temp_dir().join(format!("aster-walls-{}", std::process::id()));
        fs::create_dir_all(folder.join("asterc/src"))?;
        fs::write(folder.join("asterc/src/lower.rs"), "use std::fs;\n")?;
        fs::write(folder.join("asterc/src/driver.rs"), "use std::fs;\n")?;
        let breaches = imports(&folder, &WALLS[1])?;
        fs::remove_dir_all(&folder)?;
        assert_eq!(
            breaches,
            ["asterc/src/lower.rs:1: `std::fs` is not for this room"]
        );
        Ok(())
    }
}
