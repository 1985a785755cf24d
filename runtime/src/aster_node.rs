//! What every node says of itself: the services it serves, the definitions behind their contracts, and how they do.
//!
//! Each [`Server`](crate::Server) serves it beside the services of its program, as the contract `aster.Node` of
//! `schema/node.aster`. With [`NodeClient`] others ask. Source: wire protocol, "The reserved service `aster.Node`".

mod health;
/// What `asterc` makes of the schema.
#[rustfmt::skip]
pub mod schema;

pub use health::{HealthReporter, NotServed};
pub use schema::{Description, Health, NODE_CONTRACT_ID, NodeClient, ServedService, ServedServices};

use crate::context::Context;
use crate::service::{Mode, Service, ServiceInfo};
use crate::status::Status;
use aster_contract::model::{ContractId, Scope};
use futures_util::Stream;
use schema::{DescribeRequest, HealthRequest, Node, NodeServer, ServicesRequest, WatchRequest};
use std::sync::{Arc, OnceLock};

/// The full name of the service. No other has it.
pub const SERVICE: &str = "aster.Node";

/// Answers for one server.
pub(crate) struct Introspection {
    services: OnceLock<Vec<&'static ServiceInfo>>,
    health: HealthReporter,
    /// Whether definitions are told.
    describe: bool,
}

/// The service for a server of these services, by name, and what tells it of their health.
pub(crate) fn service(services: Vec<&'static ServiceInfo>, describe: bool) -> (impl Service, HealthReporter) {
    let names = services.iter().map(|info| info.name);
    let health = HealthReporter::new(names.chain([SERVICE]));
    let introspection = Arc::new(Introspection {
        services: OnceLock::new(),
        health: health.clone(),
        describe,
    });
    let service = NodeServer::from_arc(Arc::clone(&introspection));
    let mut all = services;
    all.push(service.info());
    all.sort_by_key(|info| info.name);
    introspection.services.get_or_init(|| all);
    (service, health)
}

impl Introspection {
    fn services(&self) -> &[&'static ServiceInfo] {
        self.services.get().map_or(&[], Vec::as_slice)
    }
}

impl Node for Introspection {
    async fn describe(&self, request: DescribeRequest, _: &Context) -> Result<Description, Status> {
        let id = <[u8; 32]>::try_from(request.contract_id).map_err(|bytes| {
            Status::invalid_argument(format!("a contract id has 32 bytes, not {}", bytes.len()))
        })?;
        let id = ContractId(id);
        let info = self.services().iter().find(|info| info.contract_id == id);
        let Some(info) = info else {
            return Err(Status::not_found(format!("contract {id} is not served here")));
        };
        let definitions = info.definitions;
        if !self.describe || definitions.contract.is_empty() {
            let message = format!(
                "`{}` is not described here: clients that were generated for it can call it",
                info.name
            );
            return Err(Status::unimplemented(message));
        }
        let copy = |list: &[&[u8]]| list.iter().map(|bytes| bytes.to_vec()).collect();
        Ok(Description {
            contract: definitions.contract.to_vec(),
            types: copy(definitions.types),
            nested: copy(definitions.nested),
        })
    }

    async fn services(&self, _: ServicesRequest, _: &Context) -> Result<ServedServices, Status> {
        let services = Introspection::services(self).iter();
        Ok(ServedServices {
            services: services.map(|info| served(info)).collect(),
        })
    }

    async fn health(&self, request: HealthRequest, _: &Context) -> Result<Health, Status> {
        Ok(self.health.get(&request.service))
    }

    async fn watch(
        &self,
        request: WatchRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Health, Status>> + Send, Status> {
        Ok(self.health.watch(request.service))
    }
}

fn served(info: &ServiceInfo) -> ServedService {
    ServedService {
        name: info.name.to_owned(),
        version: info.version,
        contract_id: info.contract_id.0.to_vec(),
        session: info.scope == Scope::Session,
        modes: info
            .modes
            .iter()
            .copied()
            .map(Mode::name)
            .map(str::to_owned)
            .collect(),
    }
}
