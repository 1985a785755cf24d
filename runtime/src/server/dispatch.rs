//! From a header to the method it names, or to the status that says why there is none.

use crate::compress::{Exempt, Shrinks};
use crate::header::{FORMAT, Form, HeaderError, StreamHeader};
use crate::json::{JsonCall, JsonService};
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
    compresses: bool,
    uncompressed: Exempt,
}

/// One service that is served.
pub(crate) struct Served {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) info: &'static ServiceInfo,
    /// Where the contract lists JSON.
    json: Option<Arc<JsonService>>,
    /// Sorted by name, with the index.
    methods: Vec<(&'static str, usize)>,
    shrinks: Vec<Arc<Shrinks>>,
}

/// What a header names.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) served: &'a Served,
    pub(crate) index: usize,
    pub(crate) json: Option<&'a Arc<JsonService>>,
}

impl Target<'_> {
    /// The call's payloads in JSON, if they are.
    pub(crate) fn json(&self) -> Option<JsonCall> {
        self.json.map(|service| JsonCall::new(service, self.index))
    }

    pub(crate) fn method(&self) -> &'static MethodInfo {
        &self.served.info.methods[self.index]
    }

    /// Whether responses of the method shrink.
    pub(crate) fn shrinks(&self) -> Arc<Shrinks> {
        Arc::clone(&self.served.shrinks[self.index])
    }
}

impl Table {
    /// A table without services. Unless `compresses`, none of their responses is compressed; else all but the exempt.
    pub(crate) fn new(compresses: bool, uncompressed: Exempt) -> Self {
        Self {
            compresses,
            uncompressed,
            ..Self::default()
        }
    }

    /// What is exempt from compression without being there.
    pub(crate) fn unknown_exemption(&self) -> Option<&str> {
        let has = |path: &&str| {
            self.services().any(|info| match path.split_once('/') {
                Some((service, name)) => {
                    service == info.name && info.methods.iter().any(|method| method.name == name)
                }
                None => *path == info.name,
            })
        };
        self.uncompressed.paths().find(|path| !has(path))
    }

    /// Adds a service, unless its contract is there already.
    pub(crate) fn add(
        &mut self,
        service: Box<dyn Service>,
        json: Option<Arc<JsonService>>,
    ) -> Result<(), &'static ServiceInfo> {
        let info = service.info();
        let Err(place) = self.place(&info.contract_id) else {
            return Err(info);
        };
        let methods = info.methods.iter().enumerate();
        let mut methods: Vec<_> = methods.map(|(index, method)| (method.name, index)).collect();
        methods.sort_unstable();
        let shrinks = info.methods.iter().map(|method| {
            let exempt = self.uncompressed.covers(info.name, method.name);
            Arc::new(Shrinks::new(self.compresses && !exempt))
        });
        let shrinks = shrinks.collect();
        self.names.entry(info.name).or_default().push(info.contract_id);
        self.contracts.insert(
            place,
            Served {
                service: service.into(),
                info,
                json,
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

    /// Finds the method that a header names. In JSON it may have the simple name of a service, and no version.
    pub(crate) fn resolve(&self, header: &StreamHeader<'_>, form: Form) -> Result<Target<'_>, Status> {
        let json = form == Form::Json;
        let name = match &*header.service {
            simple if json && !self.names.contains_key(simple) => self.full_name(simple)?,
            full => full,
        };
        let served = self.service(name, header.contract_id)?;
        let info = served.info;
        if header.version != info.version && !(json && header.version == 0) {
            let message = format!(
                "service `{name}` is served in version {}, the call is for version {}",
                info.version, header.version
            );
            let status = Status::failed_precondition(message);
            return Err(status
                .with_detail("served_version", info.version.to_string())
                .with_detail("requested_version", header.version.to_string()));
        }
        let place = served
            .methods
            .binary_search_by(|(name, _)| (**name).cmp(&*header.method));
        let Some(&(_, index)) = place.ok().and_then(|place| served.methods.get(place)) else {
            let message = format!("service `{}` has no method `{}`", info.name, header.method);
            return Err(Status::unimplemented(message));
        };
        let json = served.json.as_ref();
        let json = json.filter(|_| header.mode == Mode::Json.number());
        // every service can be called in XLANG, by tools and by generated code
        if header.mode != Mode::Xlang.number() && json.is_none() {
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
        Ok(Target { served, index, json })
    }

    /// The one full name that ends with a simple one, or the simple one where there is none.
    fn full_name<'n>(&'n self, simple: &'n str) -> Result<&'n str, Status> {
        let ends = |full: &&&str| full.rsplit_once('.').is_some_and(|(_, name)| name == simple);
        let names: Vec<_> = self.names.keys().filter(ends).copied().collect();
        match names[..] {
            [] => Ok(simple),
            [only] => Ok(only),
            _ => {
                let message = format!("`{simple}` is ambiguous here: {}", names.join(", "));
                let status = Status::failed_precondition(message);
                Err(names
                    .iter()
                    .fold(status, |status, name| status.with_detail("service", *name)))
            }
        }
    }

    fn service(&self, name: &str, contract_id: Option<ContractId>) -> Result<&Served, Status> {
        if let Some(served) = contract_id.and_then(|id| self.get(&id))
            && served.info.name == name
        {
            return Ok(served);
        }
        let Some(ids) = self.names.get(name) else {
            return Err(Status::not_found(format!("service `{name}` is not served here")));
        };
        match (contract_id, &ids[..]) {
            (None, [only]) => self
                .get(only)
                .ok_or_else(|| Status::internal("a contract without a service")),
            (None, _) => {
                let message = format!("`{name}` is served under several contracts, the call names none");
                Err(mismatch(message, ids))
            }
            (Some(requested), _) => {
                let message = format!(
                    "service `{name}` is served under contract {}, the caller has {requested}",
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
pub(crate) fn bad_header(error: &HeaderError, form: Form) -> Option<Status> {
    match error {
        HeaderError::Version(_) => {
            let served = FORMAT.to_string();
            Some(Status::unimplemented(error.to_string()).with_detail("wire_versions", served))
        }
        HeaderError::Metadata(error) => Some(error.clone().into()),
        HeaderError::Malformed(_) => match form {
            Form::Binary => None,
            Form::Json => Some(Status::contract_violation(error.to_string())),
        },
    }
}
