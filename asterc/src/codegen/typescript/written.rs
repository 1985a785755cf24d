//! For which types what callers may write is another type than what they read.

use crate::model::{Schema, TypeKind};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};

/// Whether each type has a default or a container in it, or in a type that it holds.
pub(super) fn differing(schema: &Schema) -> Vec<bool> {
    let mut differs = vec![false; schema.types.len()];
    // the types that hold each type
    let mut holders: Vec<Vec<usize>> = vec![Vec::new(); schema.types.len()];
    let mut open = Vec::new();
    for (index, ty) in schema.types.iter().enumerate() {
        let mut held = |leaf: Leaf| {
            if let Leaf::Type(TypeId(id)) = leaf {
                holders[id as usize].push(index);
            }
        };
        let is_first = match &ty.kind {
            TypeKind::Message(body) => {
                body.fields.iter().for_each(|field| leaves(&field.ty, &mut held));
                body.fields
                    .iter()
                    .any(|field| field.default.is_some() || !matches!(field.ty.shape, Shape::Leaf(_)))
            }
            TypeKind::Union(body) => {
                body.cases.iter().for_each(|case| held(case.ty));
                false
            }
            TypeKind::Enum(_) => false,
        };
        if is_first {
            differs[index] = true;
            open.push(index);
        }
    }
    while let Some(index) = open.pop() {
        for &holder in &holders[index] {
            if !differs[holder] {
                differs[holder] = true;
                open.push(holder);
            }
        }
    }
    differs
}

/// What is inside of a value.
pub(super) fn leaves(value: &Value, found: &mut impl FnMut(Leaf)) {
    match &value.shape {
        Shape::Leaf(held) => found(*held),
        Shape::List(element) => leaves(element, found),
        Shape::Set(element) => found(*element),
        Shape::Map(key, held) => {
            found(*key);
            leaves(held, found);
        }
    }
}
