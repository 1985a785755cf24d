//! How each type of a schema is written and read, in no language's words.
//!
//! The rule is [`aster_contract::steps`], which the runtime takes its tables from; here it is applied to a schema.

use crate::contracts::type_graph;
use crate::model::Schema;

pub use aster_contract::steps::{
    CaseStep, EnumSteps, FieldStep, Item, MessageSteps, Step, Steps, TypeSteps, UnionSteps, wire_type_id,
};

/// Derives the steps of every type of `schema`: a `TypeId` of it indexes them, and they index its members.
pub fn steps(schema: &Schema) -> Steps {
    aster_contract::steps::steps(&type_graph(schema)).expect("resolve: every name is an identifier")
}
