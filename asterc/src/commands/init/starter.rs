//! The files of a new project. Those in `asterc/starter/` are written as they are, but for the library's name in `main.rs`;
//! the manifest is made here.

use super::Failure;
use std::path::PathBuf;

/// Where the project's dependencies on aster come from.
pub(crate) enum Source {
    /// The registry, in the version of this asterc: generated code and runtime have to fit.
    Registry,
    /// A checkout of aster's repository, by its absolute path.
    Checkout(PathBuf),
}

/// A file: its path below the project's folder, with `/`, and its text.
pub(crate) type File = (&'static str, String);

/// Every file of a project called `name`.
pub(crate) fn files(name: &str, source: &Source) -> Result<Vec<File>, Failure> {
    let as_it_is = [
        (".gitignore", "/target\n"),
        ("build.rs", include_str!("../../../starter/build.rs")),
        (
            "schema/hello.aster",
            include_str!("../../../starter/schema/hello.aster"),
        ),
        ("src/client.rs", include_str!("../../../starter/src/client.rs")),
        ("src/lib.rs", include_str!("../../../starter/src/lib.rs")),
        ("src/server.rs", include_str!("../../../starter/src/server.rs")),
    ];
    let mut files = vec![("Cargo.toml", manifest(name, source)?)];
    files.extend(as_it_is.map(|(path, text)| (path, text.to_owned())));
    let program = include_str!("../../../starter/src/main.rs");
    let library = name.replace('-', "_");
    files.push((
        "src/main.rs",
        program.replace("starter::", &format!("{library}::")),
    ));
    Ok(files)
}

fn manifest(name: &str, source: &Source) -> Result<String, Failure> {
    let runtime = requirement(source, "runtime")?;
    let build = requirement(source, "asterc-build")?;
    let rust = env!("CARGO_PKG_RUST_VERSION");
    Ok(format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
rust-version = "{rust}"
publish = false

[dependencies]
anyhow = "1"
aster-runtime = {runtime}
tokio = {{ version = "1", features = ["macros", "rt-multi-thread", "signal"] }}

[build-dependencies]
asterc-build = {build}

# A workspace of its own, also in a folder that is in another one. Without this line it can be a member there.
[workspace]
"#
    ))
}

/// What follows the `=` of a dependency; `room` is the crate's folder in a checkout.
fn requirement(source: &Source, room: &str) -> Result<String, Failure> {
    let Source::Checkout(checkout) = source else {
        return Ok(format!("\"{}\"", env!("CARGO_PKG_VERSION")));
    };
    let path = checkout.join(room);
    let quoted = path.to_str().and_then(quoted);
    quoted.map(|path| format!("{{ path = {path} }}")).ok_or_else(|| {
        Failure::Refused(format!(
            "the path `{}` cannot be written into a Cargo.toml: check `--checkout`",
            path.display()
        ))
    })
}

/// A literal string of TOML where it can be one: backslashes of Windows stay what they are.
fn quoted(text: &str) -> Option<String> {
    if text.contains(char::is_control) {
        None
    } else if text.contains('\'') {
        Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
    } else if text.contains(['"', '\\']) {
        Some(format!("'{text}'"))
    } else {
        Some(format!("\"{text}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_checkout_of_any_path_makes_a_manifest_that_can_be_read() {
        for path in ["/src/aster", "/it's/\"a\"\\b", "/a b/\"c\"", "/größe"] {
            let source = Source::Checkout(PathBuf::from(path));
            let text = manifest("hello", &source).ok().unwrap_or_default();
            let read: toml::Table = toml::from_str(&text).unwrap_or_default();
            let found = read
                .get("build-dependencies")
                .and_then(|all| all.get("asterc-build")?.get("path")?.as_str());
            assert_eq!(found.map(Path::new), Some(&*Path::new(path).join("asterc-build")));
        }
        assert!(manifest("hello", &Source::Checkout("/a\nb".into())).is_err());
    }

    #[test]
    fn the_registry_is_asked_for_the_version_of_this_compiler() {
        let text = manifest("hello", &Source::Registry).ok().unwrap_or_default();
        let line = format!("aster-runtime = \"{}\"\n", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&line), "{text}");
    }
}
