//! A schema goes in; its facts come out.

use super::{Case, Constant, Deprecated, Kind, Lock, Made, Method, Own, Requires, Service, Type, VERSION};
use crate::contracts::Contracts;
use crate::model::{self, Notes, Schema, TypeDecl, TypeKind, primitive_name};
use crate::written;
use aster_contract::graph::{Leaf, Shape, Value};
use aster_contract::model::CapabilityKind;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

impl Lock {
    /// The facts of a schema.
    pub fn new(schema: &Schema, contracts: &Contracts) -> Self {
        let names: Vec<String> = schema.types.iter().map(TypeDecl::full_name).collect();
        let maker = Maker { names: &names };
        let services = schema.services.iter().zip(&contracts.services);
        let types = schema.types.iter().zip(contracts.types.types());
        Self {
            version: VERSION,
            services: services
                .map(|(service, contract)| {
                    (
                        service.full_name(),
                        maker.service(service, contract.id.to_string()),
                    )
                })
                .collect(),
            types: types
                .zip(&names)
                .map(|((ty, identity), name)| (name.clone(), maker.ty(ty, identity.hash.to_string())))
                .collect(),
            constants: schema
                .constants
                .iter()
                .map(|constant| {
                    let name = format!("{}.{}", constant.package, constant.name);
                    (name, maker.constant(constant))
                })
                .collect(),
            aliases: schema
                .aliases
                .iter()
                .map(|alias| {
                    (
                        format!("{}.{}", alias.package, alias.name),
                        maker.value(&alias.ty),
                    )
                })
                .collect(),
        }
    }
}

struct Maker<'a> {
    /// Full names by id.
    names: &'a [String],
}

impl Maker<'_> {
    fn service(&self, service: &model::Service, contract_id: String) -> Service {
        let methods = service.methods.iter();
        Service {
            contract_id,
            version: service.version,
            scope: service.scope.name().to_owned(),
            modes: service.modes.clone(),
            requires: service.requires.as_ref().map(requires),
            deprecated: deprecated(&service.notes),
            was: service.notes.was.clone(),
            methods: methods
                .map(|method| (method.name.clone(), self.method(method)))
                .collect(),
            types: IgnoredAny,
        }
    }

    fn method(&self, method: &model::Method) -> Method {
        Method {
            shape: method.pattern.name().to_owned(),
            request: self.names[method.request.0 as usize].clone(),
            response: self.names[method.response.0 as usize].clone(),
            idempotent: method.idempotent,
            timeout_ms: method.timeout_ms,
            requires: method.requires.as_ref().map(requires),
            deprecated: deprecated(&method.notes),
            was: method.notes.was.clone(),
        }
    }

    fn ty(&self, ty: &TypeDecl, hash: String) -> Type {
        let mut out = Type {
            kind: Kind::Message,
            made: ty.made.map(|made| match made {
                model::Made::Request => Made::Request,
                model::Made::EmptyResponse | model::Made::ResponseValue => Made::Response,
                model::Made::ItemValue => Made::Item,
            }),
            hash,
            own: Own {
                deprecated: deprecated(&ty.notes),
                was: ty.notes.was.clone(),
            },
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
            cases: BTreeMap::new(),
            defaults: BTreeMap::new(),
            was: BTreeMap::new(),
            deprecated: BTreeMap::new(),
            reserved_names: Vec::new(),
            reserved_numbers: Vec::new(),
        };
        match &ty.kind {
            TypeKind::Message(body) => {
                for field in &body.fields {
                    out.member(&field.name, &field.notes);
                    out.fields.insert(field.name.clone(), self.value(&field.ty));
                    if let Some(default) = &field.default {
                        out.defaults
                            .insert(field.name.clone(), written::literal(default, &field.ty));
                    }
                }
                out.reserved_names.clone_from(&body.reserved);
            }
            TypeKind::Enum(body) => {
                out.kind = Kind::Enum;
                for value in &body.values {
                    out.member(&value.name, &value.notes);
                    out.values.insert(value.name.clone(), value.number);
                }
                out.reserved_names.clone_from(&body.reserved_names);
                out.reserved_numbers.clone_from(&body.reserved_numbers);
            }
            TypeKind::Union(body) => {
                out.kind = Kind::Union;
                for case in &body.cases {
                    out.member(&case.name, &case.notes);
                    let ty = self.leaf(case.ty).to_owned();
                    let number = case.number;
                    out.cases.insert(case.name.clone(), Case { number, ty });
                }
                out.reserved_names.clone_from(&body.reserved_names);
                out.reserved_numbers.clone_from(&body.reserved_numbers);
            }
        }
        out.reserved_names.sort_unstable();
        out.reserved_numbers.sort_unstable();
        out
    }

    fn constant(&self, constant: &model::Constant) -> Constant {
        Constant {
            ty: self.leaf(constant.ty).to_owned(),
            value: written::constant(&constant.value, constant.ty),
            deprecated: deprecated(&constant.notes),
        }
    }

    /// `map<string, list<shop.orders.Line?>>`
    fn value(&self, value: &Value) -> String {
        let mut out = String::new();
        let mut closing = String::new();
        let mut value = value;
        loop {
            let optional = if value.optional { "?" } else { "" };
            match &value.shape {
                Shape::Leaf(leaf) => {
                    out.push_str(self.leaf(*leaf));
                    out.push_str(optional);
                    break;
                }
                Shape::Set(leaf) => {
                    out.push_str("set<");
                    out.push_str(self.leaf(*leaf));
                    out.push('>');
                    out.push_str(optional);
                    break;
                }
                Shape::List(element) => {
                    out.push_str("list<");
                    value = element;
                }
                Shape::Map(key, element) => {
                    out.push_str("map<");
                    out.push_str(self.leaf(*key));
                    out.push_str(", ");
                    value = element;
                }
            }
            closing.insert_str(0, optional);
            closing.insert(0, '>');
        }
        out + &closing
    }

    fn leaf(&self, leaf: Leaf) -> &str {
        match leaf {
            Leaf::Primitive(primitive) => primitive_name(primitive),
            Leaf::Type(id) => &self.names[id.0 as usize],
        }
    }
}

impl Type {
    fn member(&mut self, name: &str, notes: &Notes) {
        if let Some(was) = &notes.was {
            self.was.insert(name.to_owned(), was.clone());
        }
        if let Some(deprecated) = deprecated(notes) {
            self.deprecated.insert(name.to_owned(), deprecated);
        }
    }
}

fn deprecated(notes: &Notes) -> Option<Deprecated> {
    notes.deprecated.as_ref().map(|deprecated| Deprecated {
        note: deprecated.note.clone(),
        since: deprecated.since,
    })
}

fn requires(requires: &model::Requires) -> Requires {
    let mut roles = requires.roles.clone();
    roles.sort_unstable();
    match requires.kind {
        CapabilityKind::Role => Requires::Role(roles.into_iter().next().unwrap_or_default()),
        CapabilityKind::AnyOf => Requires::AnyOf(roles),
        CapabilityKind::AllOf => Requires::AllOf(roles),
    }
}
