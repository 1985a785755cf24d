//! Type graphs written the way a schema is.

use std::borrow::Cow;
use std::collections::HashMap;

use aster_contract::graph::{
    Body, Case, Field, Leaf, Method, Service, Shape, TypeGraph, TypeId, TypeNode, Value,
};
use aster_contract::identity::{Contract, Identities, TypeIdentity, contract, identify};
use aster_contract::model::{Pattern, Primitive, Scope, SerializationMode};

/// The types of one package, named before they need to exist.
#[derive(Clone, Default)]
pub(crate) struct Schema {
    package: String,
    types: Vec<(String, Draft)>,
}

#[derive(Clone)]
enum Draft {
    Message(Vec<(String, String)>),
    Enum(Vec<(String, i32)>),
    Union(Vec<(String, i32, String)>),
}

impl Schema {
    pub(crate) fn new(package: &str) -> Self {
        Self {
            package: package.to_owned(),
            types: Vec::new(),
        }
    }

    pub(crate) fn message(mut self, name: &str, fields: &[(&str, &str)]) -> Self {
        let fields = fields
            .iter()
            .map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned()))
            .collect();
        self.types.push((name.to_owned(), Draft::Message(fields)));
        self
    }

    pub(crate) fn enumeration(mut self, name: &str, values: &[(&str, i32)]) -> Self {
        let values = values
            .iter()
            .map(|(name, number)| ((*name).to_owned(), *number))
            .collect();
        self.types.push((name.to_owned(), Draft::Enum(values)));
        self
    }

    pub(crate) fn union(mut self, name: &str, cases: &[(&str, i32, &str)]) -> Self {
        let cases = cases
            .iter()
            .map(|(name, id, ty)| ((*name).to_owned(), *id, (*ty).to_owned()))
            .collect();
        self.types.push((name.to_owned(), Draft::Union(cases)));
        self
    }

    pub(crate) fn id(&self, name: &str) -> TypeId {
        let place = self.types.iter().position(|(found, _)| found == name);
        TypeId(u32::try_from(place.unwrap_or_else(|| panic!("no type {name}"))).expect("few types"))
    }

    pub(crate) fn graph<'a>(&'a self) -> TypeGraph<'a> {
        let ids: HashMap<&str, TypeId> = self
            .types
            .iter()
            .zip(0..)
            .map(|((name, _), id)| (name.as_str(), TypeId(id)))
            .collect();
        let field = |(name, ty): &'a (String, String)| Field {
            name: name.into(),
            ty: Cow::Owned(value(ty, &ids)),
        };
        let case = |(name, id, ty): &'a (String, i32, String)| Case {
            name: name.into(),
            id: *id,
            ty: leaf(ty, &ids),
        };
        let node = |(name, draft): &'a (String, Draft)| TypeNode {
            package: (&self.package).into(),
            name: name.into(),
            body: match draft {
                Draft::Message(fields) => Body::Message(fields.iter().map(field).collect()),
                Draft::Enum(values) => Body::Enum(
                    values
                        .iter()
                        .map(|(name, number)| (name.into(), *number))
                        .collect(),
                ),
                Draft::Union(cases) => Body::Union(cases.iter().map(case).collect()),
            },
        };
        TypeGraph {
            types: self.types.iter().map(node).collect(),
        }
    }

    pub(crate) fn identify(&self) -> Identities {
        identify(&self.graph()).expect("a valid schema")
    }

    pub(crate) fn identity(&self, name: &str) -> TypeIdentity {
        self.identify()
            .get(self.id(name))
            .expect("a type of the schema")
            .clone()
    }

    pub(crate) fn method(&self, name: &str, request: &str, response: &str) -> Method {
        Method {
            name: name.to_owned(),
            pattern: Pattern::Unary,
            request: self.id(request),
            response: self.id(response),
            idempotent: false,
            timeout_ms: None,
            requires: None,
        }
    }

    pub(crate) fn contract(&self, service: &Service) -> Contract {
        contract(service, &self.identify()).expect("a valid service")
    }
}

pub(crate) fn service(name: &str, methods: Vec<Method>) -> Service {
    Service {
        name: name.to_owned(),
        version: 1,
        methods,
        modes: vec![SerializationMode::Xlang],
        scope: Scope::Shared,
        requires: None,
    }
}

/// `T?`, `list<T>`, `set<T>`, `map<K, V>` and names.
fn value(text: &str, ids: &HashMap<&str, TypeId>) -> Value {
    let text = text.trim();
    if let Some(inner) = text.strip_suffix('?') {
        return Value {
            optional: true,
            ..value(inner, ids)
        };
    }
    let inside = |kind: &str| text.strip_prefix(kind)?.strip_prefix('<')?.strip_suffix('>');
    let shape = if let Some(element) = inside("list") {
        Shape::List(Box::new(value(element, ids)))
    } else if let Some(element) = inside("set") {
        Shape::Set(leaf(element, ids))
    } else if let Some(entry) = inside("map") {
        let (key, element) = entry.split_once(',').expect("key and value");
        Shape::Map(leaf(key, ids), Box::new(value(element, ids)))
    } else {
        Shape::Leaf(leaf(text, ids))
    };
    Value {
        shape,
        optional: false,
    }
}

fn leaf(text: &str, ids: &HashMap<&str, TypeId>) -> Leaf {
    let name = match text.trim() {
        "int32" => "varint32",
        "int64" => "varint64",
        "fixed_int32" => "int32",
        "uint32" => "var_uint32",
        "bytes" => "binary",
        other => other,
    };
    match Primitive::from_name(name) {
        Some(primitive) => Leaf::Primitive(primitive),
        None => Leaf::Type(*ids.get(name).unwrap_or_else(|| panic!("no type {name}"))),
    }
}
