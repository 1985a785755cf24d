//! Types as a peer describes them: canonical bytes in, a type graph out, or the reason why not.
//!
//! Nothing of it is believed. The graph that the bytes make is hashed again, and each definition must be the one it
//! hashes to; so every reference, also by `BLAKE3(component hash ‖ type hash)` and over a back edge, is verified. Time and
//! memory are linear in the bytes, and no step recurses on the machine stack.
//!
//! Source: contract identity, "Structures", "Lowering" and "Cycles".

mod error;
mod names;
mod resolve;

pub use error::DescribedError;

use std::borrow::Cow;

use crate::decode::Decode;
use crate::graph::{TypeGraph, TypeNode};
use crate::identity::{Identities, identify};
use crate::model::{ContractId, FieldDef, ServiceContract, TypeDef, TypeHash};
use resolve::Resolver;
use rustc_hash::FxHashMap;

/// How many bytes the definitions may have together, each counted with the 32 of its hash.
pub const MAX_BYTES: usize = 4 << 20;

/// How many containers and optionals inside others all fields together may have, each counted where it is used.
pub const MAX_NESTED: usize = 1 << 16;

/// How many fields a message may have.
pub const MAX_FIELDS: usize = 512;

/// What `describe` returns, as canonical bytes. The order does not matter.
#[derive(Clone, Debug, Default)]
pub struct Described<'a> {
    /// The contract.
    pub contract: &'a [u8],
    /// The definition of every type that the contract reaches.
    pub types: Vec<&'a [u8]>,
    /// The definitions of what is nested in their fields.
    pub nested: Vec<&'a [u8]>,
}

/// A description that has been verified.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The contract.
    pub contract: ServiceContract,
    /// The types; a [`TypeId`](crate::graph::TypeId) is the place in `Described::types`.
    pub graph: TypeGraph<'static>,
    /// What they hash to.
    pub identities: Identities,
}

/// Described types that have been verified, of whatever contracts.
#[derive(Clone, Debug)]
pub struct VerifiedTypes {
    /// The types; a [`TypeId`](crate::graph::TypeId) is the place in `Described::types`.
    pub graph: TypeGraph<'static>,
    /// What they hash to.
    pub identities: Identities,
}

impl Described<'_> {
    /// Verifies that this is the contract `id` and all it is made of. Types that the contract does not reach are
    /// verified like the others.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(&self, id: ContractId) -> Result<Verified, DescribedError> {
        self.check_size()?;
        if ContractId::of(self.contract) != id {
            return Err(DescribedError::OtherContract { id });
        }
        let contract =
            ServiceContract::decode(self.contract).map_err(|error| DescribedError::Contract { error })?;
        let types = self.verified_types()?;
        types.check_methods(&contract)?;
        Ok(Verified {
            contract,
            graph: types.graph,
            identities: types.identities,
        })
    }

    /// Verifies the types alone; the contract is not looked at.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify_types(&self) -> Result<VerifiedTypes, DescribedError> {
        self.check_size()?;
        self.verified_types()
    }

    fn verified_types(&self) -> Result<VerifiedTypes, DescribedError> {
        let types = self.types()?;
        let nested = self.nested()?;
        let graph = graph(&types, &nested)?;
        let identities = identify(&graph)?;
        for (identity, (hash, _)) in identities.types().iter().zip(&types) {
            if identity.hash != *hash {
                return Err(DescribedError::NotItsHash {
                    name: identity.name.clone(),
                });
            }
        }
        Ok(VerifiedTypes { graph, identities })
    }

    fn check_size(&self) -> Result<(), DescribedError> {
        let records = self.types.iter().chain(&self.nested);
        let size = records.fold(self.contract.len(), |size, bytes| {
            size.saturating_add(bytes.len()).saturating_add(32)
        });
        if size > MAX_BYTES {
            return Err(DescribedError::TooLarge { size });
        }
        Ok(())
    }

    /// Every type with its hash, each once.
    fn types(&self) -> Result<Vec<(TypeHash, TypeDef)>, DescribedError> {
        let decode = |bytes: &&[u8]| {
            let hash = TypeHash::of(bytes);
            let def = TypeDef::decode(bytes).map_err(|error| DescribedError::Record { hash, error })?;
            names::check_type(&def)?;
            Ok((hash, def))
        };
        self.types.iter().map(decode).collect()
    }

    /// The nested definitions by hash; one may stand twice.
    fn nested(&self) -> Result<FxHashMap<TypeHash, FieldDef>, DescribedError> {
        let decode = |bytes: &&[u8]| {
            let hash = TypeHash::of(bytes);
            let def = FieldDef::decode(bytes).map_err(|error| DescribedError::Record { hash, error })?;
            Ok((hash, def))
        };
        self.nested.iter().map(decode).collect()
    }
}

fn graph(
    types: &[(TypeHash, TypeDef)],
    nested: &FxHashMap<TypeHash, FieldDef>,
) -> Result<TypeGraph<'static>, DescribedError> {
    let mut resolver = Resolver::new(types, nested)?;
    let nodes = types.iter().map(|(_, def)| {
        Ok(TypeNode {
            package: Cow::Owned(def.package.clone()),
            name: Cow::Owned(def.name.clone()),
            body: resolver.body(def)?,
        })
    });
    Ok(TypeGraph {
        types: nodes.collect::<Result<_, DescribedError>>()?,
    })
}

impl VerifiedTypes {
    /// Whether the methods of a contract name messages that were described.
    fn check_methods(&self, contract: &ServiceContract) -> Result<(), DescribedError> {
        let messages: FxHashMap<TypeHash, bool> = self
            .identities
            .types()
            .iter()
            .zip(&self.graph.types)
            .map(|(identity, node)| {
                let message = matches!(node.body, crate::graph::Body::Message(_));
                (identity.reference, message)
            })
            .collect();
        for method in &contract.methods {
            for reference in [method.request_type, method.response_type] {
                match messages.get(&reference) {
                    Some(true) => {}
                    Some(false) => {
                        return Err(DescribedError::NotAMessage {
                            method: method.name.clone(),
                        });
                    }
                    None => {
                        return Err(DescribedError::Missing {
                            within: format!("method `{}`", method.name),
                            hash: reference,
                        });
                    }
                }
            }
        }
        Ok(())
    }
}
