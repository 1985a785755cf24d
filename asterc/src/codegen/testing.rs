//! Schemas built by hand, for tests of what comes after `resolve`.

use crate::model::{Case, Field, Message, Notes, Schema, TypeDecl, TypeKind, Union};
use crate::source::{FileId, Span};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::Primitive;

pub(crate) const NOWHERE: Span = Span {
    file: FileId(0),
    start: 0,
    end: 0,
};

/// Collects declarations; types get their ids in the order in which they are added.
#[derive(Default)]
pub(crate) struct SchemaBuilder {
    pub(crate) schema: Schema,
}

impl SchemaBuilder {
    pub(crate) fn message(&mut self, package: &str, name: &str, fields: &[(&str, Value)]) -> TypeId {
        let fields = fields
            .iter()
            .map(|(name, ty)| Field {
                name: (*name).to_owned(),
                span: NOWHERE,
                ty: ty.clone(),
                default: None,
                notes: Notes::default(),
            })
            .collect();
        self.add(
            package,
            name,
            TypeKind::Message(Message {
                fields,
                reserved: Vec::new(),
            }),
        )
    }

    pub(crate) fn union(&mut self, package: &str, name: &str, cases: &[(&str, i32, Leaf)]) -> TypeId {
        let cases = cases
            .iter()
            .map(|(name, number, ty)| Case {
                name: (*name).to_owned(),
                span: NOWHERE,
                number: *number,
                ty: *ty,
                notes: Notes::default(),
            })
            .collect();
        self.add(
            package,
            name,
            TypeKind::Union(Union {
                cases,
                ..Union::default()
            }),
        )
    }

    fn add(&mut self, package: &str, name: &str, kind: TypeKind) -> TypeId {
        let id = TypeId(u32::try_from(self.schema.types.len()).unwrap());
        self.schema.types.push(TypeDecl {
            package: package.to_owned(),
            name: name.to_owned(),
            span: NOWHERE,
            notes: Notes::default(),
            made: None,
            kind,
        });
        id
    }
}

pub(crate) fn scalar(primitive: Primitive) -> Value {
    Value {
        shape: Shape::Leaf(Leaf::Primitive(primitive)),
        optional: false,
    }
}

pub(crate) fn optional(value: Value) -> Value {
    Value {
        optional: true,
        ..value
    }
}

pub(crate) fn reference(id: TypeId) -> Value {
    Value {
        shape: Shape::Leaf(Leaf::Type(id)),
        optional: false,
    }
}

pub(crate) fn list(element: Value) -> Value {
    Value {
        shape: Shape::List(Box::new(element)),
        optional: false,
    }
}
