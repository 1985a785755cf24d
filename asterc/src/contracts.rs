//! A schema goes in; what its types and services hash to comes out.

use crate::model::{self, Requires, Schema, TypeKind};
use aster_contract::graph::{Body, Case, Field, GraphError, Method, Service, TypeGraph, TypeNode};
use aster_contract::identity::{self, Contract, ContractError, Identities};
use aster_contract::model::{CapabilityRequirement, ContractId, SerializationMode};
use std::borrow::Cow;

/// The identity of everything in a schema.
#[derive(Clone, Debug)]
pub struct Contracts {
    /// Of the types: a `TypeId` of the schema indexes it.
    pub types: Identities,
    /// Of the services, in the schema's order.
    pub services: Vec<Contract>,
}

impl Contracts {
    /// The contract ids, in the order of the schema's services.
    pub fn ids(&self) -> Vec<ContractId> {
        self.services.iter().map(|contract| contract.id).collect()
    }
}

/// A schema that has no identity: resolving lets none through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The types are none that a checked schema has.
    #[error(transparent)]
    Types(#[from] GraphError),
    /// A service is none that a checked schema has.
    #[error(transparent)]
    Service(#[from] ContractError),
}

/// Hashes every type and every service.
///
/// # Errors
/// The schema breaks a rule that resolving checks.
pub fn contracts(schema: &Schema) -> Result<Contracts, IdentityError> {
    let types = identity::identify(&type_graph(schema))?;
    let services: Result<Vec<Contract>, ContractError> = schema
        .services
        .iter()
        .map(|service| identity::contract(&lower(service), &types))
        .collect();
    Ok(Contracts {
        services: services?,
        types,
    })
}

/// The types alone, without documentation, defaults and marks: those are not identity.
pub fn type_graph(schema: &Schema) -> TypeGraph<'_> {
    let types = schema.types.iter().map(|ty| TypeNode {
        package: Cow::Borrowed(&ty.package),
        name: Cow::Borrowed(&ty.name),
        body: match &ty.kind {
            TypeKind::Message(message) => Body::Message(
                message
                    .fields
                    .iter()
                    .map(|field| Field {
                        name: Cow::Borrowed(&field.name),
                        ty: Cow::Borrowed(&field.ty),
                    })
                    .collect(),
            ),
            TypeKind::Enum(body) => Body::Enum(
                body.values
                    .iter()
                    .map(|value| (Cow::Borrowed(value.name.as_str()), value.number))
                    .collect(),
            ),
            TypeKind::Union(body) => Body::Union(
                body.cases
                    .iter()
                    .map(|case| Case {
                        name: Cow::Borrowed(&case.name),
                        id: case.number,
                        ty: case.ty,
                    })
                    .collect(),
            ),
        },
    });
    TypeGraph {
        types: types.collect(),
    }
}

fn lower(service: &model::Service) -> Service {
    Service {
        name: service.name.clone(),
        version: service.version,
        methods: service
            .methods
            .iter()
            .map(|method| Method {
                name: method.name.clone(),
                pattern: method.pattern,
                request: method.request,
                response: method.response,
                idempotent: method.idempotent,
                timeout_ms: method.timeout_ms,
                requires: method.requires.as_ref().map(requirement),
            })
            .collect(),
        modes: service
            .modes
            .iter()
            .map(|mode| SerializationMode::from_name(mode))
            .collect(),
        scope: service.scope,
        requires: service.requires.as_ref().map(requirement),
    }
}

fn requirement(requires: &Requires) -> CapabilityRequirement {
    CapabilityRequirement::new(requires.kind, &requires.roles)
}
