//! Described types to a table.

use super::{
    Case, EnumType, EnumValue, Field, Item, MessageType, Step, Table, Type, TypeIndex, Types, UnionType,
};
use aster_contract::decode::Decode as _;
use aster_contract::described::{Described, DescribedError, Verified};
use aster_contract::graph::{Body, TypeGraph, TypeNode};
use aster_contract::identity::Identities;
use aster_contract::model::{ContractId, ServiceContract};
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
        let types = Types::of(&graph, &identities)?;
        Ok(Self { types, contract, id })
    }
}

impl Types {
    /// The table of types as they are hashed, whatever contracts they belong to. Nothing is believed, as in
    /// [`Table::build`]; an index is a place in `types`.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn build<'a>(types: &[&'a [u8]], nested: &[&'a [u8]]) -> Result<Self, TableError> {
        let described = Described {
            contract: b"",
            types: types.to_vec(),
            nested: nested.to_vec(),
        };
        let verified = described.verify_types()?;
        Self::of(&verified.graph, &verified.identities)
    }

    /// The contract `id`, whose methods are all about messages that are here.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn contract(&self, id: ContractId, bytes: &[u8]) -> Result<ServiceContract, TableError> {
        if ContractId::of(bytes) != id {
            return Err(DescribedError::OtherContract { id }.into());
        }
        let contract = ServiceContract::decode(bytes).map_err(|error| DescribedError::Contract { error })?;
        for method in &contract.methods {
            for hash in [method.request_type, method.response_type] {
                let Some(index) = self.type_of(hash) else {
                    let within = format!("method `{}`", method.name);
                    return Err(DescribedError::Missing { within, hash }.into());
                };
                if self.message(index).is_none() {
                    let method = method.name.clone();
                    return Err(DescribedError::NotAMessage { method }.into());
                }
            }
        }
        Ok(contract)
    }

    fn of(graph: &TypeGraph<'_>, identities: &Identities) -> Result<Self, TableError> {
        let mut items = Vec::new();
        let steps = steps::steps(graph)?.types;
        let types = steps
            .into_iter()
            .zip(&graph.types)
            .zip(0..)
            .map(|((steps, node), index)| ty(TypeIndex(index), steps, node, &mut items))
            .collect();
        let by_reference = identities.types().iter().zip(0..);
        Ok(Self {
            types,
            items: items.into(),
            by_name: names(graph, identities),
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

fn ty(index: TypeIndex, steps: TypeSteps, node: &TypeNode<'_>, items: &mut Vec<Item>) -> Type {
    let name = format!("{}.{}", node.package, node.name).into();
    match (steps, &node.body) {
        (TypeSteps::Message(steps), Body::Message(fields)) => {
            let names = fields.iter().map(|field| &*field.name).collect::<Vec<_>>();
            Type::Message(message(index, name, steps, &names, items))
        }
        (TypeSteps::Enum(steps), Body::Enum(values)) => {
            let names = values.iter().map(|(name, _)| &**name).collect::<Vec<_>>();
            Type::Enum(enumeration(index, name, steps, &names))
        }
        (TypeSteps::Union(steps), Body::Union(cases)) => {
            let names = cases.iter().map(|case| &*case.name).collect::<Vec<_>>();
            Type::Union(union(index, name, steps, &names, items))
        }
        _ => unreachable!("steps: a type has the steps of its kind"),
    }
}

fn message(
    index: TypeIndex,
    name: Box<str>,
    steps: MessageSteps,
    names: &[&str],
    items: &mut Vec<Item>,
) -> MessageType {
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
        index,
        name,
        header: header(&steps.type_def),
        definition: steps.type_def.into(),
        by_name: by_name.into_iter().map(|index| index as u16).collect(),
        fields,
    }
}

fn enumeration(of: TypeIndex, name: Box<str>, steps: EnumSteps, names: &[&str]) -> EnumType {
    let values: Box<[EnumValue]> = steps
        .numbers
        .into_iter()
        .map(|(number, index)| EnumValue {
            number: number.cast_unsigned(),
            name: names[index].into(),
            of,
        })
        .collect();
    EnumType {
        index: of,
        name,
        header: header(&steps.type_def),
        definition: steps.type_def.into(),
        by_name: sorted(values.iter().map(|value| &*value.name)).into(),
        values,
    }
}

fn union(
    index: TypeIndex,
    name: Box<str>,
    steps: UnionSteps,
    names: &[&str],
    items: &mut Vec<Item>,
) -> UnionType {
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
        index,
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
