//! What a package declares in Rust, and whether two of its names are one there.

use super::names;
use super::scope::Scope;
use super::{Generator, constant, enumeration, message, service, union};
use crate::codegen::clashes::{self, Namespace, What};
use crate::diagnostic::Diagnostic;
use crate::model::{Constant, Schema, Service, TypeDecl, TypeKind};
use aster_contract::graph::TypeId;
use asterc_templates::rust::Section;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// The language, in reports.
const RUST: &str = "Rust";

fn types_of<'a>(generator: &'a Generator<'a>, package: &str) -> impl Iterator<Item = (TypeId, &'a TypeDecl)> {
    generator.packages[package].types(generator.schema)
}

fn services_of<'a>(
    generator: &'a Generator<'a>,
    package: &str,
) -> impl Iterator<Item = (usize, &'a Service)> {
    generator.packages[package].services(generator.schema)
}

fn constants_of<'a>(generator: &'a Generator<'a>, package: &str) -> impl Iterator<Item = &'a Constant> {
    generator.packages[package].constants.iter().copied()
}

/// The names of types, traits and modules in the module of `package`.
pub(super) fn declared<'a>(
    generator: &Generator<'_>,
    package: Option<&str>,
    modules: impl Iterator<Item = &'a String>,
) -> FxHashSet<String> {
    let mut names: FxHashSet<String> = modules.cloned().collect();
    if let Some(package) = package {
        for (id, ty) in types_of(generator, package) {
            names.extend(names_of_type(generator, id, ty).map(|(name, _)| name));
        }
        for (_, service) in services_of(generator, package) {
            names.extend(service::types_of(generator.options, service).map(|(name, _)| name));
        }
    }
    names
}

/// The names of types that a type of the schema declares, each with what it is.
fn names_of_type<'a>(
    generator: &Generator<'_>,
    id: TypeId,
    ty: &'a TypeDecl,
) -> impl Iterator<Item = (String, What<'a>)> + use<'a> {
    let name = &generator.type_names[id.0 as usize];
    let init = match &ty.kind {
        TypeKind::Message(body) => message::init_name(name, body),
        TypeKind::Enum(_) | TypeKind::Union(_) => None,
    };
    let init = init.map(|init| (init, What(clashes::what_makes(&ty.name), &ty.name)));
    [(name.clone(), What("type", &ty.name))].into_iter().chain(init)
}

/// The constants, types and services of a package.
pub(super) fn sections(scope: &Scope<'_>, package: Option<&str>) -> Vec<Section> {
    let Some(package) = package else { return Vec::new() };
    let generator = scope.generator;
    let constants = constants_of(generator, package).map(|item| constant::section(scope, item));
    let types = types_of(generator, package).map(|(id, ty)| match &ty.kind {
        TypeKind::Message(body) => message::section(scope, id, ty, body),
        TypeKind::Enum(body) => enumeration::section(scope, id, ty, body),
        TypeKind::Union(body) => union::section(scope, id, ty, body),
    });
    let services = services_of(generator, package).map(|(index, item)| service::section(scope, index, item));
    constants.chain(types).chain(services).collect()
}

/// Every two names that are one in Rust.
pub(super) fn clashes(generator: &Generator<'_>) -> Vec<Diagnostic> {
    let schema = generator.schema;
    let mut clashes = Vec::new();
    let modules = clashes::modules(RUST, "::", schema, &generator.packages, &mut clashes);
    for package in generator.packages.keys() {
        package_clashes(generator, package, &modules, &mut clashes);
    }
    for ty in &schema.types {
        let mut members = Namespace::new(RUST);
        let mut claim = |name, span, what| members.claim(name, span, what, &mut clashes);
        match &ty.kind {
            TypeKind::Message(body) => body.fields.iter().for_each(|field| {
                claim(names::value(&field.name), field.span, What("field", &field.name));
            }),
            TypeKind::Enum(body) => body.values.iter().for_each(|value| {
                claim(
                    names::variant(&value.name),
                    value.span,
                    What("value", &value.name),
                );
            }),
            TypeKind::Union(body) => body.cases.iter().for_each(|case| {
                claim(names::variant(&case.name), case.span, What("case", &case.name));
            }),
        }
    }
    for service in &schema.services {
        let mut members = Namespace::new(RUST);
        for method in &service.methods {
            let what = What("method", &method.name);
            members.claim(names::method(&method.name), method.span, what, &mut clashes);
        }
    }
    clashes
}

fn package_clashes(
    generator: &Generator<'_>,
    package: &str,
    modules: &BTreeMap<Vec<String>, &str>,
    clashes: &mut Vec<Diagnostic>,
) {
    let schema = generator.schema;
    let mut types = Namespace::new(RUST);
    let path = &generator.packages[package].module;
    for (id, ty) in types_of(generator, package) {
        for (name, what) in names_of_type(generator, id, ty) {
            types.claim(name, ty.span, what, clashes);
        }
    }
    for (_, service) in services_of(generator, package) {
        for (name, what) in service::types_of(generator.options, service) {
            types.claim(name, service.span, what, clashes);
        }
    }
    types.report_modules(schema, path, modules, clashes);
    let mut values = Namespace::new(RUST);
    for constant in constants_of(generator, package) {
        let what = What("constant", &constant.name);
        values.claim(names::constant(&constant.name), constant.span, what, clashes);
    }
    for (_, service) in services_of(generator, package) {
        let (name, what) = service::constant_of(service);
        values.claim(name, service.span, what, clashes);
    }
}

/// A name for a private static that no constant of the package has.
pub(super) fn free_static(scope: &Scope<'_>, package: &str, wanted: &str) -> String {
    let mut constants = constants_of(scope.generator, package);
    let mut name = wanted.to_owned();
    while constants.any(|constant| names::constant(&constant.name) == name) {
        name.push('_');
        constants = constants_of(scope.generator, package);
    }
    name
}

/// Whether the schema calls any of these types deprecated.
pub(super) fn any_deprecated(schema: &Schema, types: impl IntoIterator<Item = TypeId>) -> bool {
    types
        .into_iter()
        .any(|id| schema.types[id.0 as usize].notes.deprecated.is_some())
}
