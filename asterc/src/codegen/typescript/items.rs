//! What a package declares in TypeScript, and whether two of its names are one there.

use super::scope::Scope;
use super::written::leaves;
use super::{Generator, constant, enumeration, message, names, service, union};
use crate::codegen::clashes::{self, Namespace, What};
use crate::diagnostic::Diagnostic;
use crate::model::{Literal, TypeDecl, TypeKind};
use crate::source::Span;
use aster_contract::graph::{Leaf, Shape, TypeId};
use asterc_templates::typescript::{Placed, Section};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// The language, in reports.
const TYPESCRIPT: &str = "TypeScript";

/// The names of types, constants and clients in the module of `package`.
pub(super) fn declared(generator: &Generator<'_>, package: &str) -> FxHashSet<String> {
    let names = names_of(generator, package).into_iter();
    names.map(|(name, _, _)| name).collect()
}

/// Everything that the module of a package has, with where it is in the schema.
fn names_of<'a>(generator: &Generator<'a>, package: &str) -> Vec<(String, Span, What<'a>)> {
    let schema = generator.schema;
    let declared = &generator.packages[package];
    let mut names = Vec::new();
    for (id, ty) in declared.types(schema) {
        let name = &generator.type_names[id.0 as usize];
        names.push((name.clone(), ty.span, What("type", &ty.name)));
        if !matches!(ty.kind, TypeKind::Enum(_)) {
            let what = What(clashes::what_makes(&ty.name), &ty.name);
            names.push((format!("{name}Init"), ty.span, what));
        }
    }
    for &constant in &declared.constants {
        let what = What("constant", &constant.name);
        names.push((names::constant(&constant.name), constant.span, what));
    }
    for (_, service) in declared.services(schema) {
        let of_service = service::names_of(service).into_iter();
        names.extend(of_service.map(|(name, what)| (name, service.span, what)));
    }
    names
}

/// The types that the module of a package names.
fn types_named(generator: &Generator<'_>, package: &str) -> BTreeSet<TypeId> {
    let schema = generator.schema;
    let declared = &generator.packages[package];
    let mut named = BTreeSet::new();
    let mut found = |leaf: Leaf| {
        if let Leaf::Type(id) = leaf {
            named.insert(id);
        }
    };
    for (id, ty) in declared.types(schema) {
        found(Leaf::Type(id));
        match &ty.kind {
            TypeKind::Message(body) => body.fields.iter().for_each(|field| leaves(&field.ty, &mut found)),
            TypeKind::Union(body) => body.cases.iter().for_each(|case| found(case.ty)),
            TypeKind::Enum(_) => {}
        }
    }
    for (_, service) in declared.services(schema) {
        for method in &service.methods {
            found(Leaf::Type(method.request));
            found(Leaf::Type(method.response));
        }
    }
    declared.constants.iter().for_each(|constant| found(constant.ty));
    named
}

/// The other packages whose types the module of a package names.
pub(super) fn packages_named<'a>(
    generator: &Generator<'a>,
    package: &str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let schema = generator.schema;
    let named = types_named(generator, package).into_iter();
    let packages = named.map(|id| schema.types[id.0 as usize].package.as_str());
    let packages: BTreeSet<&str> = packages.filter(|other| *other != package).collect();
    packages.into_iter()
}

/// Whether the code of a package names what is deprecated.
pub(super) fn names_deprecated(generator: &Generator<'_>, package: &str) -> bool {
    let schema = generator.schema;
    let declared = &generator.packages[package];
    let value = |id: TypeId, number: i32| match &schema.types[id.0 as usize].kind {
        TypeKind::Enum(body) => body
            .values
            .iter()
            .any(|value| value.number == number && value.notes.deprecated.is_some()),
        _ => false,
    };
    let named = types_named(generator, package);
    let types = named
        .iter()
        .any(|id| schema.types[id.0 as usize].notes.deprecated.is_some());
    let mut members = declared.types(schema).map(|(_, ty)| match &ty.kind {
        TypeKind::Message(body) => body.fields.iter().any(|field| {
            let default = match (&field.ty.shape, &field.default) {
                (Shape::Leaf(Leaf::Type(id)), Some(Literal::EnumValue { number, .. })) => value(*id, *number),
                _ => false,
            };
            field.notes.deprecated.is_some() || default
        }),
        TypeKind::Union(_) | TypeKind::Enum(_) => false,
    });
    let mut constants = declared
        .constants
        .iter()
        .map(|constant| match (constant.ty, &constant.value) {
            (Leaf::Type(id), Literal::EnumValue { number, .. }) => {
                schema.types[id.0 as usize].package == package && value(id, *number)
            }
            _ => false,
        });
    let mut services = declared
        .services(schema)
        .map(|(_, service)| service.notes.deprecated.is_some());
    types || members.any(|is| is) || constants.any(|is| is) || services.any(|is| is)
}

/// The constants, types and services of a package.
pub(super) fn sections(scope: &Scope<'_>) -> Vec<Placed> {
    let generator = scope.generator;
    let schema = generator.schema;
    let package = &generator.packages[scope.package];
    let (enums, others): (Vec<_>, Vec<_>) = package
        .types(schema)
        .partition(|(_, ty)| matches!(ty.kind, TypeKind::Enum(_)));
    let of_type = |(id, ty): (TypeId, &TypeDecl)| match &ty.kind {
        TypeKind::Message(body) => message::section(scope, id, ty, body),
        TypeKind::Enum(body) => enumeration::section(scope, id, ty, body),
        TypeKind::Union(body) => union::section(scope, id, ty, body),
    };
    let constants = || package.constants.iter().copied();
    // what a constant has as its value comes first
    let (of_enums, plain): (Vec<_>, Vec<_>) =
        constants().partition(|constant| matches!(constant.ty, Leaf::Type(_)));
    let sections = plain
        .into_iter()
        .map(|constant| constant::section(scope, constant))
        .chain(enums.into_iter().map(of_type))
        .chain(of_enums.into_iter().map(|item| constant::section(scope, item)))
        .chain(others.into_iter().map(of_type))
        .chain(
            package
                .services(schema)
                .map(|(index, item)| service::section(scope, index, item)),
        );
    // constants without documentation stand together
    let mut placed: Vec<Placed> = Vec::new();
    for section in sections {
        let together = match (placed.last().map(|before| &before.section), &section) {
            (Some(Section::Statement(before)), Section::Statement(section)) => {
                before.docs.is_none() && section.docs.is_none()
            }
            _ => false,
        };
        placed.push(Placed {
            blank_line: !together,
            section,
        });
    }
    placed
}

/// Every two names that are one in TypeScript.
pub(super) fn clashes(generator: &Generator<'_>) -> Vec<Diagnostic> {
    let schema = generator.schema;
    let mut clashes = Vec::new();
    clashes::modules(TYPESCRIPT, "/", schema, &generator.packages, &mut clashes);
    for package in generator.packages.keys() {
        let mut names = Namespace::new(TYPESCRIPT);
        for (name, span, what) in names_of(generator, package) {
            names.claim(name, span, what, &mut clashes);
        }
    }
    for ty in &schema.types {
        let mut members = Namespace::new(TYPESCRIPT);
        let mut claim = |name, span, what| members.claim(name, span, what, &mut clashes);
        match &ty.kind {
            TypeKind::Message(body) => body.fields.iter().for_each(|field| {
                claim(
                    names::property(&field.name),
                    field.span,
                    What("field", &field.name),
                );
            }),
            TypeKind::Enum(body) => body.values.iter().for_each(|value| {
                claim(
                    names::constant(&value.name),
                    value.span,
                    What("value", &value.name),
                );
            }),
            TypeKind::Union(body) => body.cases.iter().for_each(|case| {
                claim(names::property(&case.name), case.span, What("case", &case.name));
            }),
        }
    }
    for service in &schema.services {
        let mut members = Namespace::new(TYPESCRIPT);
        for method in &service.methods {
            let name = names::method(&method.name);
            members.claim(name, method.span, What("method", &method.name), &mut clashes);
        }
    }
    clashes
}
