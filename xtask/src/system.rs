//! What the tests need of the system besides Rust: a keyring, which they run on a bus of its own. Its packages are installed
//! where that is nobody's desk.

use crate::succeed;
use std::process::Command;

/// Programs that `cli/tests/cli/keyring.rs` runs, and the packages of Debian and its like that have them.
const PROGRAMS: [&str; 4] = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"];
const PACKAGES: [&str; 3] = ["dbus", "gnome-keyring", "libsecret-tools"];
/// Whoever sets this leaves the tests with a keyring out.
pub(crate) const WITHOUT_KEYRING: &str = "ASTER_WITHOUT_KEYRING";

/// Sees to it that the programs are there, or says what to do: without them, tests fail.
pub(crate) fn prepare() {
    // the others have keyrings that cannot be had beside the user's
    if !cfg!(target_os = "linux") || std::env::var_os(WITHOUT_KEYRING).is_some() {
        return;
    }
    let missing: Vec<_> = PROGRAMS
        .into_iter()
        .filter(|program| !is_there(program))
        .collect();
    if missing.is_empty() {
        return;
    }
    let install = format!(
        "apt-get install --yes --no-install-recommends {}",
        PACKAGES.join(" ")
    );
    if is_there("apt-get")
        && let Some(prefix) = prefix()
    {
        eprintln!("ci: there is no {}: {install}", missing.join(", no "));
        let apt = |arguments: &str| {
            let mut words = prefix.iter().copied().chain(arguments.split(' '));
            let mut command = Command::new(words.next().unwrap_or_default());
            succeed(command.args(words).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        // the lists of a fresh machine are empty, or old
        match apt("apt-get update").and_then(|()| apt(&install)) {
            Ok(()) => return,
            Err(error) => eprintln!("ci: {error:#}"),
        }
    }
    eprintln!(
        "ci: the tests with a keyring will fail, for there is no {}. Install them (`{install}`, or what has them here), or leave \
         these tests out with {WITHOUT_KEYRING}=1",
        missing.join(", no ")
    );
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// What a command begins with that installs, where nobody has to be asked: root's containers, and machines of a CI.
fn prefix() -> Option<&'static [&'static str]> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|metadata| owner(&metadata) == 0);
    if is_root {
        return Some(&[]);
    }
    (std::env::var_os("CI").is_some() && is_there("sudo")).then_some(&["sudo", "--non-interactive"])
}

#[cfg(unix)]
fn owner(metadata: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(metadata)
}

#[cfg(not(unix))]
fn owner(_: &std::fs::Metadata) -> u32 {
    u32::MAX
}
