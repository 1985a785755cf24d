//! Puts everything that was resolved in the order of full names, and gives types their final ids.

use super::members::Drafts;
use super::scope::Scopes;
use crate::model::{File, Schema, TypeDecl, TypeKind};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};

/// The schema. There are no errors, so nothing is missing.
pub(super) fn schema(scopes: &Scopes<'_>, drafts: Drafts) -> Schema {
    let Drafts {
        types,
        made,
        mut services,
        mut constants,
        mut aliases,
    } = drafts;
    let mut types: Vec<Option<TypeDecl>> = types.into_iter().chain(made.into_iter().map(Some)).collect();
    let named = types.iter().enumerate();
    let mut order: Vec<(String, usize)> = named
        .filter_map(|(at, ty)| Some((ty.as_ref()?.full_name(), at)))
        .collect();
    order.sort_unstable();
    let mut ids = vec![TypeId(u32::MAX); types.len()];
    for (new, (_, old)) in (0..).zip(&order) {
        ids[*old] = TypeId(new);
    }
    let ids = Ids(ids);
    let mut types: Vec<TypeDecl> = order
        .into_iter()
        .filter_map(|(_, old)| types[old].take())
        .collect();
    for ty in &mut types {
        match &mut ty.kind {
            TypeKind::Message(message) => message
                .fields
                .iter_mut()
                .for_each(|field| ids.value(&mut field.ty)),
            TypeKind::Union(union) => union.cases.iter_mut().for_each(|case| ids.leaf(&mut case.ty)),
            TypeKind::Enum(_) => {}
        }
    }
    for method in services.iter_mut().flat_map(|service| &mut service.methods) {
        ids.id(&mut method.request);
        ids.id(&mut method.response);
    }
    constants
        .iter_mut()
        .for_each(|constant| ids.leaf(&mut constant.ty));
    aliases.iter_mut().for_each(|alias| ids.value(&mut alias.ty));
    services.sort_by_cached_key(crate::model::Service::full_name);
    constants.sort_by_cached_key(|constant| format!("{}.{}", constant.package, constant.name));
    aliases.sort_by_cached_key(|alias| format!("{}.{}", alias.package, alias.name));
    let files = scopes.order.iter().map(|&unit| {
        let this = &scopes.units[unit];
        File {
            id: this.ast.id,
            path: scopes.sources.file(this.ast.id).name.to_string(),
            package: scopes.package(unit).to_owned(),
            root: this.root,
            docs: this.ast.docs.clone(),
        }
    });
    Schema {
        files: files.collect(),
        types,
        services,
        constants,
        aliases,
    }
}

/// New ids by old ones.
struct Ids(Vec<TypeId>);

impl Ids {
    fn id(&self, id: &mut TypeId) {
        *id = self.0[id.0 as usize];
    }

    fn leaf(&self, leaf: &mut Leaf) {
        if let Leaf::Type(id) = leaf {
            self.id(id);
        }
    }

    fn value(&self, value: &mut Value) {
        let mut value = value;
        loop {
            match &mut value.shape {
                Shape::Leaf(leaf) | Shape::Set(leaf) => return self.leaf(leaf),
                Shape::List(element) => value = element,
                Shape::Map(key, inner) => {
                    self.leaf(key);
                    value = inner;
                }
            }
        }
    }
}
