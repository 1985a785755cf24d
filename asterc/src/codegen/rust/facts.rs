//! What Rust needs to know about a schema as a whole: which values must be boxed, which types can be
//! compared and hashed, and whether a type is deprecated.
//!
//! A value is boxed where a message or union would otherwise contain itself, once in each cycle; where very many
//! would be inside each other; and where one case of a union is much larger than the others may be.

use crate::model::{Schema, TypeKind};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::Primitive;

/// A union case of more bytes than this is boxed: clippy's `large_enum_variant` warns from a
/// difference of 200 bytes.
const LARGEST_CASE: usize = 192;

/// Messages and unions inside each other without a pointer in between: rustc computes the layout of a type inside
/// out, and its `recursion_limit` is 128.
const MAX_IN_PLACE: usize = 24;

/// What holds for each type of a schema.
pub(super) struct Facts {
    /// The types that each type must hold in a `Box`, in order.
    boxed: Vec<Vec<TypeId>>,
    /// An upper estimate of the bytes a value occupies in place.
    size: Vec<usize>,
    /// Whether there is no float anywhere inside.
    eq: Vec<bool>,
}

impl Facts {
    pub(super) fn new(schema: &Schema) -> Self {
        let count = schema.types.len();
        let mut facts = Self {
            boxed: vec![Vec::new(); count],
            size: vec![0; count],
            eq: without_floats(schema),
        };
        let held: Vec<Vec<TypeId>> = schema.types.iter().map(|ty| held_in_place(&ty.kind)).collect();
        let mut visits = vec![Visit::Not; count];
        for root in 0..count {
            facts.visit(schema, &held, &mut visits, root);
        }
        facts
    }

    /// Walks into what `root` holds and back: an edge back to where the walk is still inside closes a cycle, and is
    /// the one that is boxed. Each type is finished after all that it holds in place, so their sizes are known.
    fn visit(&mut self, schema: &Schema, held: &[Vec<TypeId>], visits: &mut [Visit], root: usize) {
        if visits[root] != Visit::Not {
            return;
        }
        visits[root] = Visit::Inside;
        let mut path = vec![(root, 0)];
        while let Some((owner, next)) = path.last_mut() {
            let owner = *owner;
            let Some(&target) = held[owner].get(*next) else {
                visits[owner] = Visit::Done(self.finish(schema, &held[owner], visits, owner));
                path.pop();
                continue;
            };
            *next += 1;
            match visits[target.0 as usize] {
                Visit::Not => {
                    visits[target.0 as usize] = Visit::Inside;
                    path.push((target.0 as usize, 0));
                }
                Visit::Inside => self.boxed[owner].push(target),
                Visit::Done(_) => {}
            }
        }
    }

    /// The size of a type, and how many types are inside each other in it.
    fn finish(&mut self, schema: &Schema, held: &[TypeId], visits: &[Visit], owner: usize) -> usize {
        let mut depth = 0;
        for &target in held {
            match visits[target.0 as usize] {
                Visit::Done(inner) if inner >= MAX_IN_PLACE => self.boxed[owner].push(target),
                Visit::Done(inner) => depth = depth.max(inner),
                Visit::Inside | Visit::Not => {}
            }
        }
        self.boxed[owner].sort_unstable();
        self.size[owner] = self.type_size(schema, owner);
        depth + 1
    }

    /// Whether `owner` must hold `held` in a `Box`.
    pub(super) fn is_boxed(&self, owner: TypeId, held: Leaf) -> bool {
        matches!(held, Leaf::Type(held) if self.boxed[owner.0 as usize].binary_search(&held).is_ok())
    }

    /// Whether a case of `owner` holds `held` in a `Box`: also when it is large.
    pub(super) fn is_boxed_case(&self, owner: TypeId, held: Leaf) -> bool {
        let large = matches!(held, Leaf::Type(held) if self.size[held.0 as usize] > LARGEST_CASE);
        large || self.is_boxed(owner, held)
    }

    /// Whether values of the type have `Eq` and `Hash`.
    pub(super) fn is_eq(&self, ty: TypeId) -> bool {
        self.eq[ty.0 as usize]
    }

    fn type_size(&self, schema: &Schema, index: usize) -> usize {
        let owner = TypeId(index as u32);
        match &schema.types[index].kind {
            TypeKind::Enum(_) => 4,
            TypeKind::Message(message) => message
                .fields
                .iter()
                .map(|field| self.value_size(owner, &field.ty))
                .fold(0, usize::saturating_add),
            TypeKind::Union(union) => {
                let largest = union.cases.iter().map(|case| match case.ty {
                    held if self.is_boxed_case(owner, held) => 8,
                    Leaf::Primitive(primitive) => primitive_size(primitive),
                    Leaf::Type(held) => self.size[held.0 as usize],
                });
                largest.max().unwrap_or(0).saturating_add(8)
            }
        }
    }

    fn value_size(&self, owner: TypeId, value: &Value) -> usize {
        let size = match value.shape {
            Shape::Leaf(leaf) if self.is_boxed(owner, leaf) => 8,
            Shape::Leaf(Leaf::Primitive(primitive)) => primitive_size(primitive),
            Shape::Leaf(Leaf::Type(held)) => self.size[held.0 as usize],
            Shape::List(_) | Shape::Set(_) | Shape::Map(..) => 24,
        };
        let size = if value.optional {
            size.saturating_add(8)
        } else {
            size
        };
        size.saturating_add(7) & !7
    }
}

fn primitive_size(primitive: Primitive) -> usize {
    match primitive {
        Primitive::Bool | Primitive::Int8 | Primitive::Uint8 => 1,
        Primitive::Int16 | Primitive::Uint16 => 2,
        Primitive::Int32
        | Primitive::Uint32
        | Primitive::Varint32
        | Primitive::VarUint32
        | Primitive::Float32
        | Primitive::Date => 4,
        Primitive::Int64
        | Primitive::Uint64
        | Primitive::Varint64
        | Primitive::VarUint64
        | Primitive::Float64 => 8,
        Primitive::Timestamp | Primitive::Duration => 16,
        Primitive::String | Primitive::Binary => 24,
        Primitive::Decimal => 40,
    }
}

/// How far the walk is with a type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Not,
    Inside,
    /// With how many types are inside each other in it.
    Done(usize),
}

/// The types a value has inside itself, not behind a pointer of a container: each once, in an order that does not
/// depend on that of the fields.
fn held_in_place(kind: &TypeKind) -> Vec<TypeId> {
    let leaf = |leaf: &Leaf| match leaf {
        Leaf::Type(id) => Some(*id),
        Leaf::Primitive(_) => None,
    };
    let mut held: Vec<TypeId> = match kind {
        TypeKind::Enum(_) => Vec::new(),
        TypeKind::Union(union) => union.cases.iter().filter_map(|case| leaf(&case.ty)).collect(),
        TypeKind::Message(message) => message
            .fields
            .iter()
            .filter_map(|field| match &field.ty.shape {
                Shape::Leaf(held) => leaf(held),
                Shape::List(_) | Shape::Set(_) | Shape::Map(..) => None,
            })
            .collect(),
    };
    held.sort_unstable();
    held.dedup();
    held
}

/// Types from which no float can be reached, through containers too.
fn without_floats(schema: &Schema) -> Vec<bool> {
    let count = schema.types.len();
    let mut holders: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut eq = vec![true; count];
    let mut queue = Vec::new();
    for (owner, ty) in schema.types.iter().enumerate() {
        for leaf in leaves(&ty.kind) {
            match leaf {
                Leaf::Primitive(Primitive::Float32 | Primitive::Float64) if eq[owner] => {
                    eq[owner] = false;
                    queue.push(owner);
                }
                Leaf::Primitive(_) => {}
                Leaf::Type(held) => holders[held.0 as usize].push(owner),
            }
        }
    }
    while let Some(held) = queue.pop() {
        for &owner in &holders[held] {
            if std::mem::replace(&mut eq[owner], false) {
                queue.push(owner);
            }
        }
    }
    eq
}

/// Every scalar and type that a type's fields or cases name, at any depth.
pub(super) fn leaves(kind: &TypeKind) -> Vec<Leaf> {
    fn collect(value: &Value, out: &mut Vec<Leaf>) {
        match &value.shape {
            Shape::Leaf(leaf) | Shape::Set(leaf) => out.push(*leaf),
            Shape::List(element) => collect(element, out),
            Shape::Map(key, value) => {
                out.push(*key);
                collect(value, out);
            }
        }
    }
    let mut out = Vec::new();
    match kind {
        TypeKind::Enum(_) => {}
        TypeKind::Union(union) => out.extend(union.cases.iter().map(|case| case.ty)),
        TypeKind::Message(message) => message
            .fields
            .iter()
            .for_each(|field| collect(&field.ty, &mut out)),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::testing::{SchemaBuilder, list, optional, reference, scalar};

    #[test]
    fn only_values_that_would_contain_themselves_are_boxed() {
        let mut builder = SchemaBuilder::default();
        let (tree, leaf, left, right) = (TypeId(0), TypeId(1), TypeId(2), TypeId(3));
        builder.message(
            "p",
            "Tree",
            &[
                ("next", optional(reference(tree))),
                ("all", list(reference(tree))),
                ("leaf", reference(leaf)),
            ],
        );
        builder.message("p", "Leaf", &[]);
        builder.message("p", "Left", &[("right", optional(reference(right)))]);
        builder.union(
            "p",
            "Right",
            &[("left", 1, Leaf::Type(left)), ("leaf", 2, Leaf::Type(leaf))],
        );
        let facts = Facts::new(&builder.schema);
        assert!(facts.is_boxed(tree, Leaf::Type(tree)));
        assert!(!facts.is_boxed(tree, Leaf::Type(leaf)));
        assert!(
            !facts.is_boxed(left, Leaf::Type(right)),
            "the cycle is closed once"
        );
        assert!(facts.is_boxed_case(right, Leaf::Type(left)));
        assert!(!facts.is_boxed_case(right, Leaf::Type(leaf)));
    }

    #[test]
    fn a_large_case_is_boxed() {
        let mut builder = SchemaBuilder::default();
        let names: Vec<String> = (0..9).map(|n| format!("f{n}")).collect();
        let fields: Vec<_> = names
            .iter()
            .map(|n| (n.as_str(), scalar(Primitive::String)))
            .collect();
        let large = builder.message("p", "Large", &fields);
        let fits = builder.message("p", "Fits", &fields[..8]);
        let union = builder.union(
            "p",
            "U",
            &[("large", 1, Leaf::Type(large)), ("fits", 2, Leaf::Type(fits))],
        );
        let facts = Facts::new(&builder.schema);
        assert!(facts.is_boxed_case(union, Leaf::Type(large)));
        assert!(!facts.is_boxed_case(union, Leaf::Type(fits)));
    }

    #[test]
    fn a_float_anywhere_takes_eq_away() {
        let mut builder = SchemaBuilder::default();
        let inner = builder.message("p", "Inner", &[("f", scalar(Primitive::Float32))]);
        let outer = builder.message("p", "Outer", &[("inner", list(list(reference(inner))))]);
        let other = builder.message("p", "Other", &[("d", scalar(Primitive::Decimal))]);
        let facts = Facts::new(&builder.schema);
        assert!(!facts.is_eq(inner) && !facts.is_eq(outer));
        assert!(facts.is_eq(other));
    }

    #[test]
    fn a_chain_and_a_ring_of_100_000_types_need_no_stack() {
        for ring in [false, true] {
            let mut builder = SchemaBuilder::default();
            for n in 0..100_000_u32 {
                let next = if n < 99_999 {
                    Some(n + 1)
                } else {
                    ring.then_some(0)
                };
                let field = next.map(|next| ("next", optional(reference(TypeId(next)))));
                builder.message("p", &format!("T{n}"), field.as_slice());
            }
            let facts = Facts::new(&builder.schema);
            assert_eq!(facts.is_boxed(TypeId(99_999), Leaf::Type(TypeId(0))), ring);
            let boxes = (0..99_999).filter(|&n| facts.is_boxed(TypeId(n), Leaf::Type(TypeId(n + 1))));
            assert_eq!(boxes.count(), 99_999 / MAX_IN_PLACE);
        }
    }
}
