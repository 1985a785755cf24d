//! Why a command did not come to its end, and the exit status that says so.

use aster_runtime::{Client, ConnectError, ServiceError, Status};
use std::io;

/// The peer refused, or the call failed.
pub(crate) const REFUSED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
/// The peer was not reached, or reading or writing failed.
pub(crate) const IO: u8 = 4;
pub(crate) const INTERRUPTED: u8 = 130;

pub(crate) enum Failure {
    /// A call ended with this status.
    Status(Status),
    /// There is no such service, or it cannot be called from here.
    Service(String),
    Usage(String),
    Connect(ConnectError),
    /// Something of this machine is in the way.
    Local(String),
    Input(io::Error),
    Output(io::Error),
    /// Whoever read the output has had enough: nothing more is to be said.
    NobodyReads,
    Interrupted,
}

impl Failure {
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Status(_) | Self::Service(_) => REFUSED,
            Self::Usage(_) => USAGE,
            Self::Connect(ConnectError::NotAdmitted { .. } | ConnectError::ServerNotTrusted { .. }) => {
                REFUSED
            }
            Self::Connect(ConnectError::Address(_)) => USAGE,
            Self::Connect(_) | Self::Local(_) | Self::Input(_) | Self::Output(_) => IO,
            Self::NobodyReads => 0,
            Self::Interrupted => INTERRUPTED,
        }
    }

    /// What is wrong, for people.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Service(text) | Self::Usage(text) | Self::Local(text) => text.clone(),
            Self::Connect(error) => error.to_string().replace("`trust_address`", "`--trust-address`"),
            Self::Input(error) => format!("standard input cannot be read: {error}"),
            Self::Output(error) => format!("the result cannot be written: {error}"),
            Self::NobodyReads => String::new(),
            Self::Interrupted => "interrupted".to_owned(),
        }
    }

    pub(crate) fn service(client: &Client, error: ServiceError) -> Self {
        match error {
            ServiceError::Call { status, .. } => Self::Status(status),
            ServiceError::NotDescribed { .. } | ServiceError::Stub(_) => {
                Self::Service(format!("{error} (at {})", short(client)))
            }
            other => Self::Service(other.to_string()),
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// As much of a peer's key as tells it from others.
fn short(client: &Client) -> String {
    client.peer().to_string().chars().take(10).collect()
}
