//! Who asks a server to describe a service: a client, or a session of it.

use aster_runtime::contract::model::ContractId;
use aster_runtime::{Client, DynamicService, ServiceError, Session};

/// What the calls of a described service are made in.
pub enum Asking {
    /// Services that are shared.
    Client(Client),
    /// Services with the scope `session`.
    Session(Session),
}

impl Asking {
    /// The service of that name, as the server describes it; under that contract, where one is named.
    ///
    /// # Errors
    /// [`ServiceError`], as for [`Client::service`].
    pub async fn service(
        &self,
        name: &str,
        contract_id: Option<ContractId>,
    ) -> Result<DynamicService, ServiceError> {
        match (self, contract_id) {
            (Self::Client(client), None) => client.service(name).await,
            (Self::Client(client), Some(id)) => client.service_under(name, id).await,
            (Self::Session(session), None) => session.service(name).await,
            (Self::Session(session), Some(id)) => session.service_under(name, id).await,
        }
    }
}
