//! A contract as canonical bytes becomes what servers and clients know of a service.

use crate::codec::table::{TableError, Types};
use crate::service::{Definitions, MethodInfo, Mode, ServiceInfo};
use crate::trust::Requirement;
use aster_contract::model::{CapabilityRequirement, ContractId, SerializationMode};
use std::time::Duration;

/// The service `name`, `package.Name`, under the contract `id`, of which `contract` are the canonical bytes. Its methods are in
/// the order of the contract, that is of their names; `definitions` are those that `types` was built of.
///
/// It stays for the rest of the process, as generated Rust's does: bindings call it once for each service of a module.
///
/// # Errors
/// Bytes that are not the contract's, or a method about a type that is not there.
pub fn service_info(
    types: &Types,
    name: &str,
    id: ContractId,
    contract: &[u8],
    definitions: &[&[u8]],
    nested: &[&[u8]],
) -> Result<&'static ServiceInfo, TableError> {
    let described = types.contract(id, contract)?;
    let mut roots = Vec::new();
    for method in &described.methods {
        let of = [method.request_type, method.response_type];
        roots.extend(of.into_iter().filter_map(|hash| types.type_of(hash)));
    }
    let reached = types.reached(&roots);
    let told = reached
        .into_iter()
        .filter_map(|index| definitions.get(index.place()));
    let methods = described.methods.iter().map(|method| MethodInfo {
        name: leak(&method.name),
        pattern: method.pattern,
        idempotent: method.idempotent,
        timeout: timeout(method.default_timeout),
        requires: method.requires.as_ref().map(requirement),
    });
    let modes = described
        .serialization_modes
        .iter()
        .filter_map(|mode| match mode {
            SerializationMode::Xlang => Some(Mode::Xlang),
            SerializationMode::Json => Some(Mode::Json),
            _ => None,
        });
    let definitions = Definitions {
        contract: kept(contract),
        types: Vec::leak(told.map(|bytes| kept(bytes)).collect()),
        nested: Vec::leak(nested.iter().map(|bytes| kept(bytes)).collect()),
    };
    Ok(Box::leak(Box::new(ServiceInfo {
        name: leak(name),
        version: described.version,
        contract_id: id,
        scope: described.scope,
        modes: Vec::leak(modes.collect()),
        requires: described.requires.as_ref().map(requirement),
        methods: Vec::leak(methods.collect()),
        definitions: Box::leak(Box::new(definitions)),
    })))
}

fn timeout(seconds: f64) -> Option<Duration> {
    let timeout = Duration::try_from_secs_f64(seconds).ok();
    timeout.filter(|timeout| !timeout.is_zero())
}

fn requirement(of: &CapabilityRequirement) -> Requirement {
    let roles = of.roles.iter().map(|role| leak(role));
    Requirement {
        kind: of.kind,
        roles: Vec::leak(roles.collect()),
    }
}

fn leak(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn kept(bytes: &[u8]) -> &'static [u8] {
    Vec::leak(bytes.to_owned())
}
