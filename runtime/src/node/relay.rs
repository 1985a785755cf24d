//! The relays of a node: none, the public ones, or one's own.
//!
//! Source: runtime, "Node".

use crate::node::builder::SpawnError;
use iroh::{RelayMode, RelayUrl};
use std::fmt::Display;

/// The relays through which a node is reached where no direct path is, and through which direct paths are found.
///
/// Iroh's [`RelayMode`] is one too, for relays that need more said than their URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Mode(RelayMode),
    Urls(Vec<String>),
}

impl Relay {
    /// None: peers dial an address of the machine. The default.
    pub fn disabled() -> Self {
        RelayMode::Disabled.into()
    }

    /// The public relays of n0, the makers of iroh.
    pub fn n0() -> Self {
        RelayMode::Default.into()
    }

    /// These, such as `https://relay.example.com`. The node lives at the one that answers soonest.
    ///
    /// What is no URL is told by [`NodeBuilder::spawn`](crate::NodeBuilder::spawn).
    pub fn urls<U: Display>(urls: impl IntoIterator<Item = U>) -> Self {
        Self(Kind::Urls(urls.into_iter().map(|url| url.to_string()).collect()))
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.0 == Kind::Mode(RelayMode::Disabled)
    }

    /// The relays as iroh knows them, one at least unless there are to be none.
    pub(crate) fn mode(self) -> Result<RelayMode, SpawnError> {
        let mode = match self.0 {
            Kind::Mode(mode) => mode,
            Kind::Urls(urls) => {
                let urls: Result<Vec<_>, _> = urls.into_iter().map(parse).collect();
                RelayMode::custom(urls?)
            }
        };
        match &mode {
            RelayMode::Custom(map) if map.is_empty() => Err(SpawnError::NoRelay),
            _ => Ok(mode),
        }
    }
}

fn parse(url: String) -> Result<RelayUrl, SpawnError> {
    match url.trim().parse::<RelayUrl>() {
        Ok(parsed) if matches!(parsed.scheme(), "https" | "http") && parsed.has_host() => Ok(parsed),
        _ => Err(SpawnError::RelayUrl(url)),
    }
}

impl Default for Relay {
    fn default() -> Self {
        Self::disabled()
    }
}

impl From<RelayMode> for Relay {
    fn from(mode: RelayMode) -> Self {
        Self(Kind::Mode(mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iroh::RelayMap;

    #[test]
    fn urls_become_relays() {
        let urls = ["https://one.example.com", " http://127.0.0.1:3340/ "];
        let Ok(RelayMode::Custom(map)) = Relay::urls(urls).mode() else {
            panic!("these are URLs");
        };
        let urls: Vec<RelayUrl> = map.urls();
        let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
        assert_eq!(urls, ["http://127.0.0.1:3340/", "https://one.example.com/"]);
        let parsed: RelayUrl = "https://one.example.com".parse().unwrap();
        assert_eq!(
            Relay::urls([parsed]).mode().unwrap(),
            Relay::urls([String::from("https://one.example.com")])
                .mode()
                .unwrap()
        );
    }

    #[test]
    fn what_is_no_relay_is_told() {
        for url in [
            "",
            "relay.example.com",
            "https://",
            "relay.example.com:443",
            "file:///tmp",
            "ftp://x.com",
        ] {
            let error = Relay::urls(["https://one.example.com", url]).mode().unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains(&format!("`{url}`")) && text.contains("https://"),
                "{text}"
            );
        }
        let none: [&str; 0] = [];
        for empty in [Relay::urls(none), RelayMode::Custom(RelayMap::empty()).into()] {
            let error = empty.mode().unwrap_err();
            assert!(matches!(error, SpawnError::NoRelay));
            assert!(error.to_string().contains("`Relay::disabled()`"), "{error}");
        }
    }

    #[test]
    fn the_default_is_none() {
        assert!(Relay::default().is_disabled());
        assert!(!Relay::n0().is_disabled());
        assert!(!Relay::urls(["https://one.example.com"]).is_disabled());
    }
}
