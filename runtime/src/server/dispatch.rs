//! From a header to the method it names, or to the status that says why there is none.

use crate::compress::Shrinks;
use crate::header::{FORMAT, HeaderError, StreamHeader};
use crate::service::{MethodInfo, Mode, Service, ServiceInfo};
use crate::status::Status;
use crate::trust::{Admitted, Requirement};
use aster_contract::model::{ContractId, Scope};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The services of one server.
#[derive(Default)]
pub(crate) struct Table {
    /// Sorted by contract id.
    contracts: Vec<Served>,
    /// The contracts of each full name.
    names: BTreeMap<&'static str, Vec<ContractId>>,
}

/// One service that is served.
pub(crate) struct Served {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) info: &'static ServiceInfo,
    /// Sorted by name, with the index.
    methods: Vec<(&'static str, usize)>,
    shrinks: Vec<Arc<Shrinks>>,
}

/// What a header names.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) served: &'a Served,
    pub(crate) index: usize,
}

impl Target<'_> {
    pub(crate) fn method(&self) -> &'static MethodInfo {
        &self.served.info.methods[self.index]
    }

    /// Whether responses of the method shrink.
    pub(crate) fn shrinks(&self) -> Arc<Shrinks> {
        Arc::clone(&self.served.shrinks[self.index])
    }
}

impl Table {
    /// Adds a service, unless its contract is there already.
    pub(crate) fn add(&mut self, service: Box<dyn Service>) -> Result<(), &'static ServiceInfo> {
        let info = service.info();
        let Err(place) = self.place(&info.contract_id) else {
            return Err(info);
        };
        let methods = info.methods.iter().enumerate();
        let mut methods: Vec<_> = methods.map(|(index, method)| (method.name, index)).collect();
        methods.sort_unstable();
        let shrinks = info.methods.iter().map(|_| Arc::default()).collect();
        self.names.entry(info.name).or_default().push(info.contract_id);
        self.contracts.insert(
            place,
            Served {
                service: service.into(),
                info,
                methods,
                shrinks,
            },
        );
        Ok(())
    }

    fn place(&self, id: &ContractId) -> Result<usize, usize> {
        self.contracts
            .binary_search_by(|served| served.info.contract_id.cmp(id))
    }

    fn get(&self, id: &ContractId) -> Option<&Served> {
        self.place(id).ok().and_then(|place| self.contracts.get(place))
    }

    /// All services, sorted by name.
    pub(crate) fn services(&self) -> impl Iterator<Item = &'static ServiceInfo> {
        self.names
            .values()
            .flatten()
            .filter_map(|id| self.get(id))
            .map(|served| served.info)
    }

    /// Finds the method that a header names.
    pub(crate) fn resolve(&self, header: &StreamHeader<'_>) -> Result<Target<'_>, Status> {
        let served = self.service(header)?;
        let info = served.info;
        let place = served
            .methods
            .binary_search_by(|(name, _)| (**name).cmp(&*header.method));
        let Some(&(_, index)) = place.ok().and_then(|place| served.methods.get(place)) else {
            let message = format!("service `{}` has no method `{}`", info.name, header.method);
            return Err(Status::unimplemented(message));
        };
        if header.mode != Mode::Xlang.number() {
            let message = format!(
                "serialization mode {} is not served for `{}`",
                header.mode, info.name
            );
            return Err(Status::unimplemented(message));
        }
        match (info.scope, header.session) {
            (Scope::Shared, 0) | (Scope::Session, 1..) => {}
            (Scope::Shared, _) => {
                let message = format!("service `{}` has no sessions, the call names one", info.name);
                return Err(Status::failed_precondition(message));
            }
            (Scope::Session, 0) => {
                let message = format!(
                    "service `{}` is called in a session, the call names none",
                    info.name
                );
                return Err(Status::failed_precondition(message));
            }
        }
        Ok(Target { served, index })
    }

    fn service(&self, header: &StreamHeader<'_>) -> Result<&Served, Status> {
        if let Some(served) = header.contract_id.and_then(|id| self.get(&id))
            && served.info.name == header.service
        {
            return Ok(served);
        }
        let Some(ids) = self.names.get(&*header.service) else {
            return Err(Status::not_found(format!(
                "service `{}` is not served here",
                header.service
            )));
        };
        match (header.contract_id, &ids[..]) {
            (None, [only]) => self
                .get(only)
                .ok_or_else(|| Status::internal("a contract without a service")),
            (None, _) => {
                let message = format!(
                    "`{}` is served under several contracts, the call names none",
                    header.service
                );
                Err(mismatch(message, ids))
            }
            (Some(requested), _) => {
                let message = format!(
                    "service `{}` is served under contract {}, the caller has {requested}",
                    header.service,
                    list(ids)
                );
                Err(mismatch(message, ids).with_detail("requested", requested.to_string()))
            }
        }
    }
}

fn mismatch(message: String, served: &[ContractId]) -> Status {
    let status = Status::failed_precondition(message);
    served
        .iter()
        .fold(status, |status, id| status.with_detail("served", id.to_string()))
}

fn list(ids: &[ContractId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Gates 2 and 3: what the service requires, then what the method does.
pub(crate) fn permit(target: Target<'_>, admitted: &Admitted) -> Result<(), Status> {
    let required = [target.served.info.requires, target.method().requires];
    let lacks = |requirement: &Requirement| !admitted.satisfies(requirement);
    if required.iter().flatten().any(lacks) {
        let message = format!(
            "`{}.{}` needs a role you lack",
            target.served.info.name,
            target.method().name
        );
        return Err(Status::permission_denied(message));
    }
    Ok(())
}

/// What a header that cannot be read is answered with; `None` if it is a breach of the protocol.
pub(crate) fn bad_header(error: &HeaderError) -> Option<Status> {
    match error {
        HeaderError::Version(_) => {
            let served = FORMAT.to_string();
            Some(Status::unimplemented(error.to_string()).with_detail("wire_versions", served))
        }
        HeaderError::Metadata(error) => Some(error.clone().into()),
        HeaderError::Malformed(_) => None,
    }
}
