//! Described types to a table.

use super::{Case, EnumType, EnumValue, Field, Item, MessageType, Step, Table, Type, UnionType};
use aster_contract::described::{Described, DescribedError, Verified};
use aster_contract::graph::{Body, TypeGraph, TypeNode};
use aster_contract::identity::Identities;
use aster_contract::model::ContractId;
use aster_contract::steps::{self, EnumSteps, MessageSteps, StepsError, TypeSteps, UnionSteps};

/// Why there is no table of a description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The description is not that of the contract.
    #[error(transparent)]
    Described(#[from] DescribedError),
    /// A type has no TypeDef.
    #[error(transparent)]
    Steps(#[from] StepsError),
}

impl Table {
    /// The table of the contract `id` and the types it is made of, as a peer describes them. Nothing is believed: see
    /// [`Described::verify`].
    ///
    /// # Errors
    /// The first thing that is wrong with the description.
    pub fn build(id: ContractId, described: &Described<'_>) -> Result<Self, TableError> {
        let Verified {
            contract,
            graph,
            identities,
        } = described.verify(id)?;
        let mut items = Vec::new();
        let steps = steps::steps(&graph)?.types;
        let types = steps
            .into_iter()
            .zip(&graph.types)
            .map(|(steps, node)| ty(steps, node, &mut items))
            .collect();
        let by_name = names(&graph, &identities);
        let by_reference = identities.types().iter().zip(0..);
        Ok(Self {
            types,
            items: items.into(),
            contract,
            id,
            by_name,
            by_reference: by_reference
                .map(|(identity, index)| (identity.reference, index))
                .collect(),
        })
    }
}

fn names(graph: &TypeGraph<'_>, identities: &Identities) -> rustc_hash::FxHashMap<Box<str>, u32> {
    debug_assert_eq!(graph.types.len(), identities.types().len());
    let named = identities.types().iter().zip(0..);
    named
        .map(|(identity, index)| (identity.name.as_str().into(), index))
        .collect()
}

fn ty(steps: TypeSteps, node: &TypeNode<'_>, items: &mut Vec<Item>) -> Type {
    let name = format!("{}.{}", node.package, node.name).into();
    match (steps, &node.body) {
        (TypeSteps::Message(steps), Body::Message(fields)) => {
            let names = fields.iter().map(|field| &*field.name).collect::<Vec<_>>();
            Type::Message(message(name, steps, &names, items))
        }
        (TypeSteps::Enum(steps), Body::Enum(values)) => {
            let names = values.iter().map(|(name, _)| &**name).collect::<Vec<_>>();
            Type::Enum(enumeration(name, steps, &names))
        }
        (TypeSteps::Union(steps), Body::Union(cases)) => {
            let names = cases.iter().map(|case| &*case.name).collect::<Vec<_>>();
            Type::Union(union(name, steps, &names, items))
        }
        _ => unreachable!("steps: a type has the steps of its kind"),
    }
}

fn message(name: Box<str>, steps: MessageSteps, names: &[&str], items: &mut Vec<Item>) -> MessageType {
    let fields: Box<[Field]> = steps
        .fields
        .into_iter()
        .map(|step| Field {
            name: names[step.index].into(),
            // a description has 512 fields a message at most
            place: step.index as u16,
            tag: step.tag as u16,
            item: item(step.item, items),
        })
        .collect();
    let by_name: Vec<u32> = sorted(fields.iter().map(|field| &*field.name));
    MessageType {
        name,
        header: header(&steps.type_def),
        definition: steps.type_def.into(),
        by_name: by_name.into_iter().map(|index| index as u16).collect(),
        fields,
    }
}

fn enumeration(name: Box<str>, steps: EnumSteps, names: &[&str]) -> EnumType {
    let values: Box<[EnumValue]> = steps
        .numbers
        .into_iter()
        .map(|(number, index)| EnumValue {
            number: number.cast_unsigned(),
            name: names[index].into(),
        })
        .collect();
    EnumType {
        name,
        header: header(&steps.type_def),
        definition: steps.type_def.into(),
        by_name: sorted(values.iter().map(|value| &*value.name)).into(),
        values,
    }
}

fn union(name: Box<str>, steps: UnionSteps, names: &[&str], items: &mut Vec<Item>) -> UnionType {
    let cases: Box<[Case]> = steps
        .cases
        .into_iter()
        .map(|case| Case {
            name: names[case.index].into(),
            number: case.number.cast_unsigned(),
            wire_type: case.type_id,
            step: step(case.step, items),
        })
        .collect();
    UnionType {
        name,
        by_name: sorted(cases.iter().map(|case| &*case.name)).into(),
        cases,
    }
}

/// The items of a container are pushed before the container is, so that an index is there when it is used.
fn item(item: steps::Item, items: &mut Vec<Item>) -> Item {
    Item {
        step: step(item.step, items),
        nullable: item.nullable,
    }
}

fn step(of: steps::Step, items: &mut Vec<Item>) -> Step {
    match of {
        steps::Step::Scalar(primitive) => Step::Scalar(primitive),
        steps::Step::Enum(id) => Step::Enum(id.0),
        steps::Step::Message(id) => Step::Message(id.0),
        steps::Step::Union(id) => Step::Union(id.0),
        steps::Step::List(element) => {
            let element = item(*element, items);
            Step::List(push(items, &[element]))
        }
        steps::Step::Set(element) => {
            let element = key(&element);
            Step::Set(push(items, &[element]))
        }
        steps::Step::Map(of_key, value) => {
            let (key, value) = (key(&of_key), item(*value, items));
            Step::Map(push(items, &[key, value]))
        }
    }
}

fn push(items: &mut Vec<Item>, pushed: &[Item]) -> u32 {
    let index = items.len() as u32;
    items.extend_from_slice(pushed);
    index
}

/// A set's element or a map's key.
fn key(of: &steps::Step) -> Item {
    let step = match of {
        steps::Step::Scalar(primitive) => Step::Scalar(*primitive),
        steps::Step::Enum(id) => Step::Enum(id.0),
        _ => unreachable!("graph: a key is a scalar or an enum"),
    };
    Item {
        step,
        nullable: false,
    }
}

fn header(definition: &[u8]) -> u64 {
    let header = definition
        .first_chunk()
        .expect("type_def: a TypeDef begins with its header");
    u64::from_le_bytes(*header)
}

/// The places of `names` in the order of the names.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut places: Vec<(&str, u32)> = names.zip(0..).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}
