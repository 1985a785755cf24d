//! Why a description is refused.

use crate::canonical::DecodeError;
use crate::graph::GraphError;
use crate::model::{ContractId, TypeHash};

/// A description that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescribedError {
    /// The definitions are larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the definitions have {size} bytes and may have {}", super::MAX_BYTES)]
    TooLarge {
        /// All of them, each with its hash.
        size: usize,
    },
    /// The contract's bytes do not hash to the id that was asked for.
    #[error("the contract that was described is not {id}")]
    OtherContract {
        /// The id.
        id: ContractId,
    },
    /// The contract's bytes are no contract.
    #[error("the contract cannot be read: {error}")]
    Contract {
        /// What is wrong with them.
        error: DecodeError,
    },
    /// Bytes that are no definition.
    #[error("the definition {hash} cannot be read: {error}")]
    Record {
        /// What the bytes hash to.
        hash: TypeHash,
        /// What is wrong with them.
        error: DecodeError,
    },
    /// A definition of what the language cannot say, or not in this way.
    #[error("{within} is none that an Aster schema has: {reason}")]
    Foreign {
        /// The type, or the member of a type.
        within: String,
        /// What is foreign.
        reason: &'static str,
    },
    /// A message has more fields than [`MAX_FIELDS`](super::MAX_FIELDS).
    #[error("`{name}` has {found} fields and may have {}", super::MAX_FIELDS)]
    TooManyFields {
        /// The message.
        name: String,
        /// How many.
        found: usize,
    },
    /// Two definitions have one full name.
    #[error("there are two definitions of `{name}`")]
    DuplicateType {
        /// The name.
        name: String,
    },
    /// A definition that is referred to was not described.
    #[error("{within} refers to {hash}, which was not described")]
    Missing {
        /// Who refers to it.
        within: String,
        /// The reference.
        hash: TypeHash,
    },
    /// A type that is referred to by name was not described.
    #[error("{within} refers to `{name}`, which was not described")]
    MissingName {
        /// Who refers to it.
        within: String,
        /// The full name.
        name: String,
    },
    /// Containers inside each other are too many: in one field, or in all together.
    #[error("{within} nests its containers too deep, or there are more of them than a description may have")]
    TooDeep {
        /// The field.
        within: String,
    },
    /// A method's request or response is an enum or a union.
    #[error("method `{method}` has a request or response that is not a message")]
    NotAMessage {
        /// The method.
        method: String,
    },
    /// The graph that the definitions make gives another hash: one of them is not the one that the others were made with.
    #[error(
        "`{name}` does not hash to its definition: it or a type it refers to is another one, or not in its canonical form"
    )]
    NotItsHash {
        /// The type.
        name: String,
    },
    /// The types are none that a checked schema has.
    #[error(transparent)]
    Graph(#[from] GraphError),
}
