//! What cargo takes as the name of a package with a program in it.

use asterc::codegen::is_rust_keyword;

/// Folders of cargo's own in `target`, where the program would be.
const FOLDERS: &[&str] = &["build", "deps", "examples", "incremental"];
/// Crates that come with Rust.
const SYSROOT: &[&str] = &["alloc", "core", "proc-macro", "proc_macro", "std", "test"];
/// Crates that the starter depends on; a package cannot depend on itself.
const DEPENDENCIES: &[&str] = &["anyhow", "aster-runtime", "asterc-build", "tokio"];
/// Files that Windows does not have.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// Why a package cannot have the name.
pub(crate) fn problem(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let is_device = DEVICES.contains(&lower.as_str())
        || ["com", "lpt"].iter().any(|port| {
            let number = lower.strip_prefix(port);
            number.is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())
        });
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let first = name.chars().next();
    if first.is_none() {
        Some("it is empty".to_owned())
    } else if let Some(strange) = name.chars().find(|&character| !allowed(character)) {
        Some(format!(
            "`{}` is neither a letter from a to z, a digit, `-` nor `_`",
            strange.escape_debug()
        ))
    } else if !first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_') {
        Some("it does not begin with a letter".to_owned())
    } else if is_rust_keyword(name) || name == "_" {
        Some("it is a keyword of Rust".to_owned())
    } else if SYSROOT.contains(&name) {
        Some("a crate of Rust itself has that name".to_owned())
    } else if FOLDERS.contains(&name) {
        Some("cargo has a folder of that name in `target`".to_owned())
    } else if DEPENDENCIES.contains(&name) {
        Some("the project depends on a crate of that name".to_owned())
    } else if is_device {
        Some("Windows has a device of that name".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn takes_what_cargo_takes() {
        for name in ["hello", "hello-world", "Hello_2", "_hidden", "com", "com10", "r"] {
            assert_eq!(problem(name), None, "{name}");
        }
        for (name, why) in [
            ("", "empty"),
            ("2fast", "begin with a letter"),
            ("-a", "begin with a letter"),
            ("hello world", "` `"),
            ("a.b", "`.`"),
            ("grüße", "`ü`"),
            ("a\nb", "`\\n`"),
            ("_", "keyword"),
            ("async", "keyword"),
            ("self", "keyword"),
            ("test", "Rust itself"),
            ("deps", "`target`"),
            ("tokio", "depends on"),
            ("NUL", "Windows"),
            ("lpt1", "Windows"),
        ] {
            let problem = problem(name).unwrap_or_default();
            assert!(problem.contains(why), "{name}: {problem}");
        }
    }
}
