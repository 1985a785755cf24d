//! The commands, one a file.

pub(crate) mod call;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod describe;
pub(crate) mod enroll;
pub(crate) mod id;
pub(crate) mod keygen;
pub(crate) mod node;
pub(crate) mod ping;
pub(crate) mod profile;
pub(crate) mod revoke;
pub(crate) mod services;
pub(crate) mod trust;

use crate::failure::Failure;
use crate::output::Output;
use aster_runtime::contract::model::{ContractId, Scope};
use aster_runtime::{Client, DynamicService, ServiceError};

/// A service as its server describes it, in a session where its scope is that.
pub(crate) async fn service(
    client: &Client,
    name: &str,
    contract: Option<ContractId>,
    output: &Output,
) -> Result<DynamicService, Failure> {
    let _waiting = output.waiting("asking what the peer serves");
    let found = match contract {
        None => client.service(name).await,
        Some(id) => client.service_under(name, id).await,
    };
    let found = match found {
        Err(ServiceError::Scope {
            scope: Scope::Session,
            ..
        }) => {
            let session = client.session();
            match contract {
                None => session.service(name).await,
                Some(id) => session.service_under(name, id).await,
            }
        }
        other => other,
    };
    found.map_err(|error| Failure::service(client, error))
}
