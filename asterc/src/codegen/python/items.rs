//! What a package declares in Python, and whether two of its names are one there.

use super::scope::Scope;
use super::{Generator, constant, enumeration, message, names, service, union};
use crate::codegen::clashes::{self, Namespace, What};
use crate::diagnostic::Diagnostic;
use crate::model::{TypeDecl, TypeKind};
use crate::source::Span;
use aster_contract::graph::{Leaf, TypeId};
use asterc_templates::python::{Placed, Section};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// The language, in reports.
const PYTHON: &str = "Python";

/// The names of classes, constants and modules in the module of `package`.
pub(super) fn declared<'a>(
    generator: &Generator<'_>,
    package: &str,
    modules: impl Iterator<Item = &'a String>,
) -> FxHashSet<String> {
    let names = names_of(generator, package).into_iter().map(|(name, _, _)| name);
    modules.cloned().chain(names).collect()
}

/// Everything that the module of a package has, with where it is in the schema.
fn names_of<'a>(generator: &Generator<'a>, package: &str) -> Vec<(String, Span, What<'a>)> {
    let schema = generator.schema;
    let declared = &generator.packages[package];
    let mut names = Vec::new();
    for (id, ty) in declared.types(schema) {
        let name = &generator.type_names[id.0 as usize];
        names.push((name.clone(), ty.span, What("type", &ty.name)));
        if let TypeKind::Union(body) = &ty.kind {
            let case = |case| (union::case_name(name, case), case.span, What("case", &case.name));
            names.extend(body.cases.iter().map(case));
        }
    }
    for &constant in &declared.constants {
        let what = What("constant", &constant.name);
        names.push((names::constant(&constant.name), constant.span, what));
    }
    for (_, service) in declared.services(schema) {
        let of_service = service::names_of(generator.sides, service);
        names.extend(of_service.map(|(name, what)| (name, service.span, what)));
    }
    names
}

/// The names of everything inside a class, and of the parameters of methods.
pub(super) fn members(generator: &Generator<'_>, package: &str) -> FxHashSet<String> {
    let schema = generator.schema;
    let declared = &generator.packages[package];
    let mut members = FxHashSet::default();
    for (_, ty) in declared.types(schema) {
        match &ty.kind {
            TypeKind::Message(body) => {
                members.extend(body.fields.iter().map(|field| names::value(&field.name)));
            }
            TypeKind::Union(_) => _ = members.insert(union::VALUE.to_owned()),
            TypeKind::Enum(_) => {}
        }
    }
    for (_, service) in declared.services(schema) {
        members.extend(service.methods.iter().map(|method| names::method(&method.name)));
        members.extend(service::PARAMETERS.map(str::to_owned));
    }
    members
}

/// What the module of a package has for itself.
pub(super) fn private_names<'a>(
    generator: &Generator<'a>,
    package: &str,
) -> impl Iterator<Item = String> + use<'a> {
    let services: Vec<_> = generator.packages[package].services(generator.schema).collect();
    services
        .into_iter()
        .map(|(_, service)| service::info_name(service))
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
        TypeKind::Message(body) => vec![message::section(scope, id, ty, body)],
        TypeKind::Enum(body) => vec![enumeration::section(scope, id, ty, body)],
        TypeKind::Union(body) => union::sections(scope, id, ty, body),
    };
    let constants = || package.constants.iter().copied();
    // what a constant or a default has as its value comes first
    let (of_enums, plain): (Vec<_>, Vec<_>) =
        constants().partition(|constant| matches!(constant.ty, Leaf::Type(_)));
    let sections = plain
        .into_iter()
        .map(|constant| constant::section(scope, constant))
        .chain(enums.into_iter().flat_map(of_type))
        .chain(of_enums.into_iter().map(|item| constant::section(scope, item)))
        .chain(constant::late(scope, constants()))
        .chain(others.into_iter().flat_map(of_type))
        .chain(
            package
                .services(schema)
                .flat_map(|(index, item)| service::sections(scope, index, item)),
        );
    // constants without documentation stand together
    let gap = |before: &Section, section: &Section| match (before, section) {
        (Section::Statement(before), Section::Statement(section)) => {
            usize::from(before.docs.is_some() || section.docs.is_some() || section.code.contains('\n'))
        }
        _ => 2,
    };
    let mut placed: Vec<Placed> = Vec::new();
    for section in sections {
        let first = usize::from(!matches!(section, Section::Statement(_))) + 1;
        let blank_lines = placed
            .last()
            .map_or(first, |before| gap(&before.section, &section));
        placed.push(Placed { blank_lines, section });
    }
    placed
}

/// Every two names that are one in Python.
pub(super) fn clashes(generator: &Generator<'_>) -> Vec<Diagnostic> {
    let schema = generator.schema;
    let mut clashes = Vec::new();
    let modules = clashes::modules(PYTHON, ".", schema, &generator.packages, &mut clashes);
    for package in generator.packages.keys() {
        package_clashes(generator, package, &modules, &mut clashes);
    }
    for ty in &schema.types {
        let mut members = Namespace::new(PYTHON);
        let mut claim = |name, span, what| members.claim(name, span, what, &mut clashes);
        match &ty.kind {
            TypeKind::Message(body) => body.fields.iter().for_each(|field| {
                let name = generator.member(&ty.package, names::value(&field.name));
                claim(name, field.span, What("field", &field.name));
            }),
            TypeKind::Enum(body) => body.values.iter().for_each(|value| {
                claim(
                    names::constant(&value.name),
                    value.span,
                    What("value", &value.name),
                );
            }),
            // the cases are classes of the module
            TypeKind::Union(_) => {}
        }
    }
    for service in &schema.services {
        let mut members = Namespace::new(PYTHON);
        for method in &service.methods {
            let name = generator.member(&service.package, names::method(&method.name));
            members.claim(name, method.span, What("method", &method.name), &mut clashes);
            let TypeKind::Message(body) = &schema.types[method.request.0 as usize].kind else {
                continue;
            };
            let fields: FxHashSet<String> = body
                .fields
                .iter()
                .map(|field| names::value(&field.name))
                .collect();
            if !method.parameters || fields.len() < body.fields.len() {
                // it has none, or they are reported as fields
                continue;
            }
            let mut parameters = Namespace::new(PYTHON);
            for field in &body.fields {
                let what = What("parameter", &field.name);
                parameters.claim(names::parameter(&field.name), field.span, what, &mut clashes);
            }
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
    let mut names = Namespace::new(PYTHON);
    for (name, span, what) in names_of(generator, package) {
        names.claim(name, span, what, clashes);
    }
    names.report_modules(
        generator.schema,
        &generator.packages[package].module,
        modules,
        clashes,
    );
}
