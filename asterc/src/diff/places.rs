//! Where in a schema an edit was made.

use super::{Change, Element, Kind};
use crate::model::{Method, Notes, Schema, Service, TypeDecl, TypeKind};
use crate::source::Span;

/// The place of what a change is about; of the attribute that changed, where there is one. `name` is what it is called on
/// that side, when the change calls it otherwise.
pub(super) fn find(schema: &Schema, change: &Change, name: Option<&str>) -> Option<Span> {
    let attribute = attribute(change.kind);
    let marked = |notes: &Notes, span: Span| {
        let wanted = notes
            .attributes
            .iter()
            .find(|(known, _)| Some(*known) == attribute);
        wanted.map_or(span, |(_, span)| *span)
    };
    match &change.element {
        Element::Type { ty } => {
            let ty = find_type(schema, name.unwrap_or(ty))?;
            Some(marked(&ty.notes, ty.span))
        }
        Element::Member { ty, member, .. } => {
            let member = name.unwrap_or(member);
            let ty = find_type(schema, ty)?;
            let (span, notes) = find_member(ty, member)?;
            Some(marked(notes, span))
        }
        Element::Constant { constant } => {
            let constants = schema.constants.iter();
            let mut named = constants.filter(|known| is_named(constant, &known.package, &known.name));
            named
                .next()
                .map(|constant| marked(&constant.notes, constant.span))
        }
        Element::Alias { alias } => {
            let mut aliases = schema.aliases.iter();
            let alias = aliases.find(|known| is_named(alias, &known.package, &known.name))?;
            Some(marked(&alias.notes, alias.span))
        }
        Element::Service { service } => {
            let service = find_service(schema, name.unwrap_or(service))?;
            Some(marked(&service.notes, service.span))
        }
        Element::Method { service, method } => {
            let method = find_method(find_service(schema, service)?, name.unwrap_or(method))?;
            Some(marked(&method.notes, method.span))
        }
    }
}

/// Where a change is to be seen on a side that does not have what it is about: at what held it.
pub(super) fn owner(schema: &Schema, change: &Change) -> Option<Span> {
    match &change.element {
        Element::Member { ty, .. } => find_type(schema, ty).map(|ty| ty.span),
        Element::Method { service, .. } => find_service(schema, service).map(|service| service.span),
        Element::Type { ty: name }
        | Element::Constant { constant: name }
        | Element::Alias { alias: name }
        | Element::Service { service: name } => {
            let (package, _) = name.rsplit_once('.')?;
            let file = schema.files.iter().find(|file| file.package == package)?;
            Some(Span::new(file.id, 0, 0))
        }
    }
}

/// The attribute whose edit it is.
fn attribute(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Version => "version",
        Kind::Scope => "scope",
        Kind::Modes => "serialization",
        Kind::Requires => "requires",
        Kind::Timeout => "timeout",
        Kind::Idempotent => "idempotent",
        Kind::Deprecation => "deprecated",
        _ => return None,
    })
}

fn is_named(full: &str, package: &str, name: &str) -> bool {
    full.strip_prefix(package)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|rest| rest == name)
}

/// Types are in the order of their full names.
fn find_type<'a>(schema: &'a Schema, full: &str) -> Option<&'a TypeDecl> {
    let at = schema.types.partition_point(|ty| ty.full_name().as_str() < full);
    schema
        .types
        .get(at)
        .filter(|ty| is_named(full, &ty.package, &ty.name))
}

fn find_member<'a>(ty: &'a TypeDecl, name: &str) -> Option<(Span, &'a Notes)> {
    match &ty.kind {
        TypeKind::Message(body) => {
            let field = body.fields.iter().find(|field| field.name == name)?;
            Some((field.span, &field.notes))
        }
        TypeKind::Enum(body) => {
            let value = body.values.iter().find(|value| value.name == name)?;
            Some((value.span, &value.notes))
        }
        TypeKind::Union(body) => {
            let case = body.cases.iter().find(|case| case.name == name)?;
            Some((case.span, &case.notes))
        }
    }
}

fn find_service<'a>(schema: &'a Schema, full: &str) -> Option<&'a Service> {
    let mut services = schema.services.iter();
    services.find(|service| is_named(full, &service.package, &service.name))
}

fn find_method<'a>(service: &'a Service, name: &str) -> Option<&'a Method> {
    service.methods.iter().find(|method| method.name == name)
}
