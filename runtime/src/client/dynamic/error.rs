//! Why there is no service to call without generated code.

use crate::client::stub::StubError;
use crate::codec::table::TableError;
use crate::status::{Code, Status};
use aster_contract::model::{ContractId, Scope};

/// Why a service cannot be called without generated code.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The server does not list the service, or not with the contract that it just described.
    #[error(transparent)]
    Stub(#[from] StubError),
    /// The last part of a name was asked for, and several services have it.
    #[error("`{name}` is ambiguous at this server: it serves {}", names(services))]
    AmbiguousName {
        /// What was asked for.
        name: String,
        /// The full names.
        services: Vec<String>,
    },
    /// The service is served under several contracts, and none was named.
    #[error(
        "`{service}` is served under {} contracts, choose one: {}",
        contracts.len(),
        list(contracts)
    )]
    AmbiguousContract {
        /// The full name.
        service: String,
        /// The contracts.
        contracts: Vec<ContractId>,
    },
    /// The server has the service, but not under the contract that was asked for.
    #[error(
        "`{service}` is not served under the contract {asked}; it is under {}",
        list(theirs)
    )]
    NoSuchContract {
        /// The full name.
        service: String,
        /// The contract.
        asked: ContractId,
        /// The contracts that it is served under.
        theirs: Vec<ContractId>,
    },
    /// The server does not tell its definitions: only clients that were generated for the service can call it.
    #[error(
        "the server keeps the definitions of `{service}` for itself: only clients that were generated from its schema can call it"
    )]
    NotDescribed {
        /// The full name.
        service: String,
    },
    /// The server did not answer what was asked.
    #[error("the server did not describe `{service}`: {status}")]
    Call {
        /// The full name.
        service: String,
        /// How the call ended.
        status: Status,
    },
    /// What the server described is not the contract that it lists, or not all of it.
    #[error("the server's description of `{service}` is refused: {error}")]
    Description {
        /// The full name.
        service: String,
        /// What is wrong with it.
        error: TableError,
    },
    /// The contract is that of a service with another name or version.
    #[error("the server lists `{service}` under the contract of another service: {found}")]
    OtherService {
        /// The full name.
        service: String,
        /// Whose contract it is.
        found: String,
    },
    /// The service is called in a session and there is none, or the other way round.
    #[error("`{service}` has the scope `{}`: {}", scope.name(), advice(*scope))]
    Scope {
        /// The full name.
        service: String,
        /// The scope it has.
        scope: Scope,
    },
    /// The contract does not list XLANG.
    #[error("`{service}` does not take payloads in XLANG, it takes {}", names(modes))]
    NoXlang {
        /// The full name.
        service: String,
        /// The modes that it lists.
        modes: Vec<String>,
    },
}

impl From<ServiceError> for Status {
    fn from(error: ServiceError) -> Self {
        let message = error.to_string();
        match error {
            ServiceError::Stub(error) => error.into(),
            ServiceError::Call { status, .. } => Self::new(status.code(), message),
            ServiceError::NotDescribed { .. } | ServiceError::NoXlang { .. } => Self::unimplemented(message),
            ServiceError::Description { .. } | ServiceError::OtherService { .. } => {
                Self::contract_violation(message)
            }
            ServiceError::AmbiguousName { .. }
            | ServiceError::AmbiguousContract { .. }
            | ServiceError::NoSuchContract { .. }
            | ServiceError::Scope { .. } => Self::failed_precondition(message),
        }
    }
}

impl ServiceError {
    /// What the end of the call that asked for the description means.
    pub(super) fn of_call(service: String, status: Status) -> Self {
        if status.code() == Code::UNIMPLEMENTED {
            Self::NotDescribed { service }
        } else {
            Self::Call { service, status }
        }
    }
}

/// Names that a peer chose, for people.
pub(super) fn names(names: &[impl AsRef<str>]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<_> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref().escape_debug()))
        .collect();
    names.join(", ")
}

fn list(ids: &[ContractId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn advice(scope: Scope) -> &'static str {
    match scope {
        Scope::Shared => "it is called without a session",
        Scope::Session => "ask a session of the client for it",
    }
}
