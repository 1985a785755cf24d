//! How each type is written and read, in no language's words.
//!
//! A type graph enters, [`Steps`] leave: per message the fields in wire order with their tag ids, per
//! enum its numbers, per union its cases, and for each the TypeDef bytes that introduce it. The compiler
//! prints them as straight-line code; the table codec of the runtime takes them as a table.
//!
//! Source: codec, "Bytes".

mod type_def;

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::graph::{Body, Case, Field, Leaf, Shape, TypeGraph, TypeId, TypeNode, Value};
use crate::model::{Primitive, nfc};

pub use type_def::wire_type_id;

/// The steps of every type; a [`TypeId`] indexes `types`.
#[derive(Clone, Debug)]
pub struct Steps {
    /// In the order of [`TypeGraph::types`].
    pub types: Vec<TypeSteps>,
}

/// The steps of one type.
#[derive(Clone, Debug)]
pub enum TypeSteps {
    /// A message: a type marker, then its fields.
    Message(MessageSteps),
    /// An enum: its number.
    Enum(EnumSteps),
    /// A union: a case id, then the value with its type id.
    Union(UnionSteps),
}

/// The steps of a message.
#[derive(Clone, Debug)]
pub struct MessageSteps {
    /// Header and body of the TypeDef, as they stand in a payload.
    pub type_def: Vec<u8>,
    /// The fields in wire order.
    pub fields: Vec<FieldStep>,
}

/// One field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldStep {
    /// The field's index in declared order.
    pub index: usize,
    /// The field's id in the contract and its tag id on the wire: 1 … n by name.
    pub tag: i32,
    /// What is written.
    pub item: Item,
}

/// The steps of an enum.
#[derive(Clone, Debug)]
pub struct EnumSteps {
    /// Header and body of the TypeDef: it stands in a payload only when the enum is in a union case.
    pub type_def: Vec<u8>,
    /// The declared numbers, ascending, each with the value's index in declared order.
    pub numbers: Vec<(i32, usize)>,
}

/// The steps of a union.
#[derive(Clone, Debug)]
pub struct UnionSteps {
    /// The cases by number.
    pub cases: Vec<CaseStep>,
}

/// One case of a union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStep {
    /// The case's index in declared order.
    pub index: usize,
    /// The case's number, which is the case id on the wire.
    pub number: i32,
    /// The type id written before the value.
    pub type_id: u8,
    /// What is written: no container, and never absent.
    pub step: Step,
}

/// A value that may be absent: a field, a list element or a map value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub step: Step,
    /// Whether `FF` or `FD` says if there is a value.
    pub nullable: bool,
}

/// Writes or reads one value that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A scalar.
    Scalar(Primitive),
    /// An enum: its number.
    Enum(TypeId),
    /// A message: type id, type marker, fields.
    Message(TypeId),
    /// A union: case id, type id, value.
    Union(TypeId),
    /// A list: count, element header, elements.
    List(Box<Item>),
    /// A set of scalars or enums: as a list.
    Set(Box<Step>),
    /// A map: count, then chunks of pairs. Keys are scalars or enums.
    Map(Box<Step>, Box<Item>),
}

/// A type whose name has no TypeDef: no schema that was checked has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` has no TypeDef: {reason}")]
pub struct StepsError {
    /// The type's full name.
    pub name: String,
    /// What Fory says against it.
    pub reason: String,
}

/// Derives the steps of every type of `graph`.
///
/// # Errors
/// A name or a field that Fory's `meta` does not write.
///
/// # Panics
/// A field or case names a type that the graph lacks; [`Links::new`](crate::graph::Links::new) finds it.
pub fn steps(graph: &TypeGraph<'_>) -> Result<Steps, StepsError> {
    let types = graph.types.iter().map(|ty| type_steps(graph, ty));
    Ok(Steps {
        types: types.collect::<Result<_, _>>()?,
    })
}

fn type_steps(graph: &TypeGraph<'_>, ty: &TypeNode<'_>) -> Result<TypeSteps, StepsError> {
    Ok(match &ty.body {
        Body::Message(fields) => {
            let steps = field_order(graph, fields);
            TypeSteps::Message(MessageSteps {
                type_def: type_def::message(ty, fields, &steps)?,
                fields: steps,
            })
        }
        Body::Enum(values) => TypeSteps::Enum(EnumSteps {
            type_def: type_def::enumeration(ty)?,
            numbers: numbers(values),
        }),
        Body::Union(cases) => TypeSteps::Union(union_steps(graph, cases)),
    })
}

/// The fields with their tag ids, in wire order: required numbers, optional numbers, the rest.
fn field_order(graph: &TypeGraph<'_>, fields: &[Field<'_>]) -> Vec<FieldStep> {
    let mut by_name: Vec<(Cow<'_, str>, usize)> = fields
        .iter()
        .enumerate()
        .map(|(index, field)| (nfc(&field.name), index))
        .collect();
    by_name.sort();
    let mut steps: Vec<FieldStep> = by_name
        .into_iter()
        .zip(1..)
        .map(|((_, index), tag)| FieldStep {
            index,
            tag,
            item: item(graph, &fields[index].ty),
        })
        .collect();
    steps.sort_by_key(|field| match number_order(&field.item.step) {
        Some(order) => (u8::from(field.item.nullable), Some(order), field.tag),
        None => (2, None, field.tag),
    });
    steps
}

/// Where a number stands in its group: fixed width first, then larger first, then by type id.
fn number_order(step: &Step) -> Option<(bool, Reverse<u8>, u8)> {
    let Step::Scalar(primitive) = step else {
        return None;
    };
    let (variable, size) = match primitive {
        Primitive::Bool | Primitive::Int8 | Primitive::Uint8 => (false, 1),
        Primitive::Int16 | Primitive::Uint16 => (false, 2),
        Primitive::Int32 | Primitive::Uint32 | Primitive::Float32 => (false, 4),
        Primitive::Int64 | Primitive::Uint64 | Primitive::Float64 => (false, 8),
        Primitive::Varint32 | Primitive::VarUint32 => (true, 4),
        Primitive::Varint64 | Primitive::VarUint64 => (true, 8),
        Primitive::String
        | Primitive::Binary
        | Primitive::Timestamp
        | Primitive::Duration
        | Primitive::Date
        | Primitive::Decimal => return None,
    };
    Some((variable, Reverse(size), wire_type_id(step)))
}

fn item(graph: &TypeGraph<'_>, value: &Value) -> Item {
    let step = match &value.shape {
        Shape::Leaf(leaf) => leaf_step(graph, *leaf),
        Shape::List(element) => Step::List(Box::new(item(graph, element))),
        Shape::Set(element) => Step::Set(Box::new(leaf_step(graph, *element))),
        Shape::Map(key, value) => Step::Map(Box::new(leaf_step(graph, *key)), Box::new(item(graph, value))),
    };
    Item {
        step,
        nullable: value.optional,
    }
}

fn leaf_step(graph: &TypeGraph<'_>, leaf: Leaf) -> Step {
    match leaf {
        Leaf::Primitive(primitive) => Step::Scalar(primitive),
        Leaf::Type(id) => match graph.types[id.0 as usize].body {
            Body::Message(_) => Step::Message(id),
            Body::Enum(_) => Step::Enum(id),
            Body::Union(_) => Step::Union(id),
        },
    }
}

fn numbers(values: &[(Cow<'_, str>, i32)]) -> Vec<(i32, usize)> {
    let mut numbers: Vec<(i32, usize)> = values
        .iter()
        .enumerate()
        .map(|(index, (_, number))| (*number, index))
        .collect();
    numbers.sort_unstable();
    numbers
}

fn union_steps(graph: &TypeGraph<'_>, cases: &[Case<'_>]) -> UnionSteps {
    let mut cases: Vec<CaseStep> = cases
        .iter()
        .enumerate()
        .map(|(index, case)| {
            let step = leaf_step(graph, case.ty);
            CaseStep {
                index,
                number: case.id,
                type_id: type_def::case_type_id(&step),
                step,
            }
        })
        .collect();
    cases.sort_unstable_by_key(|case| case.number);
    UnionSteps { cases }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn scalar(primitive: Primitive) -> Value {
        Value {
            shape: Shape::Leaf(Leaf::Primitive(primitive)),
            optional: false,
        }
    }

    pub(crate) fn message<'a>(name: &'a str, fields: &[(&'a str, Value)]) -> TypeNode<'a> {
        let fields = fields.iter().map(|(name, ty)| Field {
            name: Cow::Borrowed(*name),
            ty: Cow::Owned(ty.clone()),
        });
        node(name, Body::Message(fields.collect()))
    }

    fn node<'a>(name: &'a str, body: Body<'a>) -> TypeNode<'a> {
        TypeNode {
            package: "p".into(),
            name: name.into(),
            body,
        }
    }

    fn order(message: TypeNode<'_>) -> Vec<(usize, i32)> {
        let steps = steps(&TypeGraph { types: vec![message] }).unwrap();
        let TypeSteps::Message(message) = &steps.types[0] else {
            panic!("a message")
        };
        message
            .fields
            .iter()
            .map(|field| (field.index, field.tag))
            .collect()
    }

    #[test]
    fn numbers_tags_by_name_and_sorts_fields_for_the_wire() {
        let maybe = Value {
            optional: true,
            ..scalar(Primitive::Int64)
        };
        let message = message(
            "M",
            &[
                ("text", scalar(Primitive::String)),       // 0, tag 7
                ("a_varint", scalar(Primitive::Varint64)), // 1, tag 1
                ("big", scalar(Primitive::Int64)),         // 2, tag 2
                ("flag", scalar(Primitive::Bool)),         // 3, tag 3
                ("maybe", maybe),                          // 4, tag 5
                ("float", scalar(Primitive::Float64)),     // 5, tag 4
                ("small", scalar(Primitive::Varint32)),    // 6, tag 6
            ],
        );
        // int64 and float64 are fixed and as large, so the type id decides; varints follow, the larger first
        assert_eq!(
            order(message),
            [(2, 2), (5, 4), (3, 3), (1, 1), (6, 6), (4, 5), (0, 7)]
        );
    }

    #[test]
    fn tags_follow_code_points_and_not_the_declared_order() {
        let text = || scalar(Primitive::String);
        let message = message("M", &[("z", text()), ("Ω", text()), ("Z", text()), ("_", text())]);
        // Z < _ < z < Ω
        assert_eq!(order(message), [(2, 1), (3, 2), (0, 3), (1, 4)]);
    }

    #[test]
    fn cases_and_numbers_are_in_the_order_of_their_numbers() {
        let case = |name: &'static str, id, ty| Case {
            name: name.into(),
            id,
            ty,
        };
        let types = vec![
            node("Kind", Body::Enum(vec![("HIGH".into(), 900), ("LOW".into(), 0)])),
            node(
                "U",
                Body::Union(vec![
                    case("b", 7, Leaf::Type(TypeId(0))),
                    case("a", 2, Leaf::Primitive(Primitive::Varint32)),
                ]),
            ),
        ];
        let steps = steps(&TypeGraph { types }).unwrap();
        let TypeSteps::Enum(kind) = &steps.types[0] else {
            panic!("an enum")
        };
        assert_eq!(kind.numbers, [(0, 1), (900, 0)]);
        let TypeSteps::Union(union) = &steps.types[1] else {
            panic!("a union")
        };
        let cases: Vec<_> = union
            .cases
            .iter()
            .map(|case| (case.index, case.number, case.type_id))
            .collect();
        // an enum in a case is written with its name: NAMED_ENUM
        assert_eq!(cases, [(1, 2, 5), (0, 7, 26)]);
    }
}
