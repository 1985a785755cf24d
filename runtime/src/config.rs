//! Options of a node that its program does not set: from the environment, a file and the defaults, in this order. Each knows where
//! it came from.
//!
//! Source: runtime, "Bindings" (configuration) and trust, "Files and tools".

mod error;
mod read;

pub use error::ConfigError;

use crate::node::{Lookup, Node, NodeBuilder, Relay};
use crate::trust::RootPublicKey;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The name of the file, in the folder where a program runs.
pub const FILE: &str = "aster.toml";
/// What the names of variables begin with.
const PREFIX: &str = "ASTER_";
/// Variables that are not a node's.
const OTHERS: [&str; 1] = ["ASTER_HOME"];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A file, and its line from 1.
    File(PathBuf, usize),
    /// A variable of the environment.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
        }
    }
}

/// One option as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key in the file, `root_pubkey`; the variable is `ASTER_ROOT_PUBKEY`.
    pub key: &'static str,
    /// The value as text; nothing where there is none.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// What is said of a node besides its program.
///
/// ```no_run
/// use aster_runtime::config::NodeConfig;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // what the program says goes on top
/// let node = NodeConfig::load(".")?.builder()?.bind("0.0.0.0:4433".parse()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct NodeConfig {
    folder: PathBuf,
    settings: Vec<Setting>,
}

/// The keys, and what holds where nobody says anything. `identity` is `.aster-identity` where that is there.
const KEYS: [(&str, &str); 9] = [
    ("identity", ""),
    ("root_pubkey", ""),
    ("revocations", ""),
    ("folder", ""),
    ("bind", ""),
    ("lan", "false"),
    ("relay", "none"),
    ("lookup", "none"),
    ("compression", "true"),
];
/// Where the node's key is, if it is not said.
const IDENTITY: &str = ".aster-identity";

impl NodeConfig {
    /// Reads `aster.toml` of a folder, if it is there, and the environment. Paths in the file are those of its folder.
    ///
    /// # Errors
    /// [`ConfigError`]: the file is damaged, a key is not known, a value is none.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::of(folder.as_ref(), environment)
    }

    /// The same with the environment as an argument.
    fn of(folder: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut settings: Vec<_> = KEYS
            .iter()
            .map(|(key, value)| Setting {
                key,
                value: (*value).to_owned(),
                origin: Origin::Default,
            })
            .collect();
        if folder.join(IDENTITY).exists() {
            settings[0].value = folder.join(IDENTITY).display().to_string();
        }
        for (place, value, origin) in read::file(&folder.join(FILE))? {
            settings[place] = Setting {
                value,
                origin,
                ..settings[place].clone()
            };
        }
        for (place, value, origin) in read::environment(environment)? {
            settings[place] = Setting {
                value,
                origin,
                ..settings[place].clone()
            };
        }
        let config = Self {
            folder: folder.to_owned(),
            settings,
        };
        // what is wrong is told now, with its place
        config.options()?;
        Ok(config)
    }

    /// Every option, also those that nobody has set.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The node that is described. What the program sets on it goes on top.
    ///
    /// # Errors
    /// [`ConfigError`]: the identity file cannot be read.
    pub fn builder(&self) -> Result<NodeBuilder, ConfigError> {
        let options = self.options()?;
        let mut builder = match &options.identity {
            Some(path) => Node::from_identity(path)?,
            None => Node::builder(),
        };
        if let Some(root) = options.root {
            builder = builder.trust(root);
        }
        if let Some(path) = options.revocations {
            builder = builder.revocations(path);
        }
        if let Some(path) = options.folder {
            builder = builder.folder(path);
        }
        if let Some(address) = options.bind {
            builder = builder.bind(address);
        }
        if options.lan {
            builder = builder.lan();
        }
        if !options.compression {
            builder = builder.uncompressed();
        }
        Ok(builder.relay(options.relay).lookup(options.lookup))
    }

    fn setting(&self, key: &str) -> &Setting {
        let place = KEYS.iter().position(|(known, _)| *known == key);
        // every key is one of KEYS
        &self.settings[place.unwrap_or_default()]
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        let Setting { value, origin, .. } = self.setting(key);
        let path = Path::new(value);
        match origin {
            _ if value.is_empty() => None,
            // a file means its own folder, whoever runs the program from where
            Origin::File(..) => Some(self.folder.join(path)),
            Origin::Default | Origin::Environment(_) => Some(path.to_owned()),
        }
    }

    fn flag(&self, key: &str) -> Result<bool, ConfigError> {
        let setting = self.setting(key);
        match setting.value.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(ConfigError::value(setting, "`true` or `false`")),
        }
    }

    fn parsed<T: FromStr>(&self, key: &str, expected: &str) -> Result<Option<T>, ConfigError> {
        let setting = self.setting(key);
        if setting.value.is_empty() {
            return Ok(None);
        }
        let parsed = setting.value.parse();
        parsed
            .map(Some)
            .map_err(|_| ConfigError::value(setting, expected))
    }

    fn options(&self) -> Result<Options, ConfigError> {
        let relay = match self.setting("relay").value.as_str() {
            "none" => Relay::disabled(),
            "n0" => Relay::n0(),
            urls if urls.starts_with("http") => Relay::urls(urls.split(',').map(str::trim)),
            _ => {
                let what = "`none`, `n0`, or the URLs of relays with commas between them";
                return Err(ConfigError::value(self.setting("relay"), what));
            }
        };
        let lookup = match self.setting("lookup").value.as_str() {
            "none" => Lookup::none(),
            "n0" => Lookup::n0(),
            _ => return Err(ConfigError::value(self.setting("lookup"), "`none` or `n0`")),
        };
        Ok(Options {
            identity: self.path("identity"),
            root: self.parsed("root_pubkey", "64 lower-case hexadecimal digits")?,
            revocations: self.path("revocations"),
            folder: self.path("folder"),
            bind: self.parsed("bind", "an address with its port, such as `0.0.0.0:4433`")?,
            lan: self.flag("lan")?,
            relay,
            lookup,
            compression: self.flag("compression")?,
        })
    }
}

/// The values, as a builder takes them.
struct Options {
    identity: Option<PathBuf>,
    root: Option<RootPublicKey>,
    revocations: Option<PathBuf>,
    folder: Option<PathBuf>,
    bind: Option<SocketAddr>,
    lan: bool,
    relay: Relay,
    lookup: Lookup,
    compression: bool,
}

#[cfg(test)]
mod tests;
