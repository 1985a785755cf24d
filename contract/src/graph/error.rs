//! What is wrong with a graph that does not come from a checked schema.

use super::TypeId;

/// A [`TypeGraph`](super::TypeGraph) that no schema lowers to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// Two types have one full name.
    #[error("there are two types named `{name}`")]
    DuplicateType {
        /// The full name, in NFC.
        name: String,
    },
    /// Two fields, values or cases of a type have one name.
    #[error("`{ty}` has two members named `{name}`")]
    DuplicateMember {
        /// The type's full name.
        ty: String,
        /// The member's name, in NFC.
        name: String,
    },
    /// Two values or cases of a type have one number.
    #[error("`{ty}` has two members numbered {number}")]
    DuplicateNumber {
        /// The type's full name.
        ty: String,
        /// The number.
        number: i32,
    },
    /// A type names an id that is not in the graph.
    #[error("`{ty}` names {id:?}, which is not in the graph")]
    UnknownType {
        /// The full name of the type that names it.
        ty: String,
        /// The id.
        id: TypeId,
    },
    /// A set element or map key is neither a comparable scalar nor an enum.
    #[error("`{member}` of `{ty}` has a set element or map key that cannot be one")]
    NotAKey {
        /// The type's full name.
        ty: String,
        /// The field's name.
        member: String,
    },
    /// A field's containers nest deeper than [`MAX_CONTAINERS`](super::MAX_CONTAINERS).
    #[error("`{member}` of `{ty}` nests more than {} containers", super::MAX_CONTAINERS)]
    TooDeep {
        /// The type's full name.
        ty: String,
        /// The field's name.
        member: String,
    },
}
