//! What the tests need of the system besides Rust: `CPython`, Node.js, and a keyring, which they run on a bus of its own. Its
//! packages are installed where that is nobody's desk.

use crate::succeed;
use anyhow::bail;
use std::process::{Command, Stdio};

/// Something that tests need.
struct Need {
    /// What it is, for people.
    what: &'static str,
    /// The programs of it that tests run.
    programs: &'static [&'static str],
    /// A program that succeeds where it is whole, with its arguments.
    whole: &'static [&'static str],
    /// The packages of Debian and its like that have it.
    packages: &'static [&'static str],
}

/// What `cli/tests/cli/keyring.rs` runs.
const KEYRING: Need = Need {
    what: "a keyring",
    programs: &["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"],
    whole: &[],
    packages: &["dbus", "gnome-keyring", "libsecret-tools"],
};
const PYTHON: Need = Need {
    what: "CPython 3.10 or newer, with `venv`",
    programs: &["python3"],
    // Debian has `venv` without what it installs
    whole: &[
        "python3",
        "-c",
        "import ensurepip, sys; sys.exit(sys.version_info < (3, 10))",
    ],
    packages: &["python3", "python3-venv"],
};
const NODE: Need = Need {
    what: "Node.js 20 or newer, with npm",
    programs: &["node", "npm"],
    whole: &[
        "node",
        "--eval",
        "process.exit(Number(process.versions.node.split('.')[0] < 20))",
    ],
    packages: &["nodejs", "npm"],
};
/// Whoever sets this leaves the tests with a keyring out.
pub(crate) const WITHOUT_KEYRING: &str = "ASTER_WITHOUT_KEYRING";

/// Sees to it that all of it is there, or says what to do.
pub(crate) fn prepare() -> anyhow::Result<()> {
    let mut needs = Vec::new();
    // another interpreter is the business of who names it
    if std::env::var_os("PYTHON").is_none() {
        needs.push(&PYTHON);
    }
    needs.push(&NODE);
    // the others have keyrings that cannot be had beside the user's
    let keyring = cfg!(target_os = "linux") && std::env::var_os(WITHOUT_KEYRING).is_none();
    if keyring {
        needs.push(&KEYRING);
    }
    needs.retain(|need| !need.is_met());
    if needs.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = needs.iter().flat_map(|need| need.packages).copied().collect();
    let install = format!(
        "apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    );
    let what: Vec<_> = needs.iter().map(|need| need.what).collect();
    let what = what.join(", nor ");
    if is_there("apt-get")
        && let Some(prefix) = prefix()
    {
        eprintln!("ci: there is not {what}: {install}");
        let apt = |arguments: &str| {
            let mut words = prefix.iter().copied().chain(arguments.split(' '));
            let mut command = Command::new(words.next().unwrap_or_default());
            succeed(command.args(words).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        // the lists of a fresh machine are empty, or old
        match apt("apt-get update").and_then(|()| apt(&install)) {
            Ok(()) if needs.iter().all(|need| need.is_met()) => return Ok(()),
            Ok(()) => eprintln!("ci: the packages have not brought all of it"),
            Err(error) => eprintln!("ci: {error:#}"),
        }
    }
    let but = match keyring {
        true => format!("; {WITHOUT_KEYRING}=1 leaves the tests with a keyring out"),
        false => String::new(),
    };
    bail!("the tests need what is not here: {what}. Install it (`{install}`, or what has it here){but}")
}

impl Need {
    fn is_met(&self) -> bool {
        self.programs.iter().all(|program| is_there(program))
            && self.whole.split_first().is_none_or(|(program, arguments)| {
                let status = Command::new(program)
                    .args(arguments)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status();
                status.is_ok_and(|status| status.success())
            })
    }
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
