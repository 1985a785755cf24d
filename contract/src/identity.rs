//! What types and services hash to.
//!
//! Source: contract identity, "Lowering" and "Cycles". A type's hash belongs to the type and the
//! component it is in, never to the service that asks.

mod lower;

use crate::decode::Decode;
use crate::encode::Encode;
use crate::graph::{GraphError, Links, Method, Service, Tree, TypeGraph, TypeId, components};
use crate::model::{
    CapabilityRequirement, ContractId, FieldDef, MethodDef, ServiceContract, TypeDef, TypeHash, nfc,
};

/// What every type of a graph hashes to.
#[derive(Clone, Debug)]
pub struct Identities {
    types: Vec<TypeIdentity>,
    links: Links,
    components: Vec<Vec<TypeId>>,
}

/// What one type hashes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeIdentity {
    /// The full name, in NFC.
    pub name: String,
    /// The canonical bytes of its definition.
    pub canonical: Vec<u8>,
    /// The hash of these bytes.
    pub hash: TypeHash,
    /// By what methods and types of other components refer to it: the hash, or with a component of
    /// several types, [`reference_from_outside`].
    pub reference: TypeHash,
    /// The nested definitions that its fields refer to, each after those that it refers to itself.
    /// One may stand twice.
    pub nested: Vec<FieldDef>,
    /// Its place in [`Identities::components`].
    pub component: usize,
}

impl TypeIdentity {
    /// The type's definition.
    pub fn def(&self) -> TypeDef {
        TypeDef::decode(&self.canonical).expect("identity: what was encoded is canonical")
    }
}

/// Hashes every type of a graph: leaves first, so that each is hashed once, and never by recursion.
///
/// # Errors
/// The graph is none that a checked schema lowers to.
pub fn identify(types: &TypeGraph<'_>) -> Result<Identities, GraphError> {
    let links = Links::new(types)?;
    let components = components(links.graph());
    let (tree, post_orders) = Tree::walk(links.graph(), &components);
    let mut lowering = lower::Lowering::new(types, &links, &components, &tree);
    for (members, post_order) in components.members.iter().zip(post_orders) {
        for node in post_order {
            lowering.hash(node);
        }
        lowering.close(members);
    }
    let types = lowering.finish();
    let ids = |members: &Vec<_>| members.iter().map(|node| links.graph()[*node]).collect();
    let components = components.members.iter().map(ids).collect();
    Ok(Identities {
        types,
        links,
        components,
    })
}

impl Identities {
    /// What each type hashes to, in the order of the graph: a [`TypeId`] indexes it.
    pub fn types(&self) -> &[TypeIdentity] {
        &self.types
    }

    /// What the type hashes to, unless the graph lacks it.
    pub fn get(&self, id: TypeId) -> Option<&TypeIdentity> {
        self.types.get(id.0 as usize)
    }

    /// Which type names which.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The strongly connected components, leaves first; members by full name.
    pub fn components(&self) -> &[Vec<TypeId>] {
        &self.components
    }
}

/// The hash of a component of several types, from its members' hashes in code-point order of their
/// full names.
pub fn component_hash<'a>(members: impl IntoIterator<Item = &'a TypeHash>) -> TypeHash {
    let mut hasher = blake3::Hasher::new();
    for member in members {
        hasher.update(&member.0);
    }
    TypeHash(*hasher.finalize().as_bytes())
}

/// By what a member of a component of several types is referred to from outside.
pub fn reference_from_outside(component: TypeHash, member: TypeHash) -> TypeHash {
    component_hash([&component, &member])
}

/// A service's contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// The contract.
    pub record: ServiceContract,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
    /// The hash of these bytes.
    pub id: ContractId,
}

/// A [`Service`] that has no contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// Two methods have one name.
    #[error("there are two methods named `{name}`")]
    DuplicateMethod {
        /// The name, in NFC.
        name: String,
    },
    /// A method names an id that is not in the graph.
    #[error("method `{method}` names {id:?}, which is not in the graph")]
    UnknownType {
        /// The method's name, in NFC.
        method: String,
        /// The id.
        id: TypeId,
    },
}

/// Makes the contract of a service whose types are those of `identities`.
///
/// # Errors
/// Two methods share a name, or one names a type that the graph lacks.
pub fn contract(service: &Service, identities: &Identities) -> Result<Contract, ContractError> {
    let mut methods: Vec<MethodDef> = service
        .methods
        .iter()
        .map(|method| lower_method(method, identities))
        .collect::<Result<_, _>>()?;
    methods.sort_by(|left, right| left.name.cmp(&right.name));
    if let Some([method, _]) = methods
        .array_windows()
        .find(|[left, right]| left.name == right.name)
    {
        return Err(ContractError::DuplicateMethod {
            name: method.name.clone(),
        });
    }
    let record = ServiceContract {
        name: nfc(&service.name).into_owned(),
        version: service.version,
        methods,
        serialization_modes: service.modes.clone(),
        scope: service.scope,
        requires: lower_requires(service.requires.as_ref()),
        producer_language: None,
    };
    let canonical = record.encode();
    let id = ContractId::of(&canonical);
    Ok(Contract {
        record,
        canonical,
        id,
    })
}

fn lower_method(method: &Method, identities: &Identities) -> Result<MethodDef, ContractError> {
    let name = nfc(&method.name).into_owned();
    let reference = |id| match identities.get(id) {
        Some(identity) => Ok(identity.reference),
        None => Err(ContractError::UnknownType {
            method: name.clone(),
            id,
        }),
    };
    Ok(MethodDef {
        pattern: method.pattern,
        request_type: reference(method.request)?,
        response_type: reference(method.response)?,
        idempotent: method.idempotent,
        // one division: adding seconds, or multiplying by 0.001, gives other bits
        default_timeout: method.timeout_ms.unwrap_or(0) as f64 / 1000.0,
        requires: lower_requires(method.requires.as_ref()),
        name,
    })
}

fn lower_requires(requires: Option<&CapabilityRequirement>) -> Option<CapabilityRequirement> {
    requires.map(|requires| CapabilityRequirement::new(requires.kind, &requires.roles))
}
