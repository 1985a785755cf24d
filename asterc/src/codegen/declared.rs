//! What each package of a schema declares, and the modules that the packages become.

use crate::model::{Constant, File as SchemaFile, Method, Schema, Service, TypeDecl};
use aster_contract::graph::TypeId;
use std::collections::{BTreeMap, HashMap};

/// What a package declares, by its place in the schema.
#[derive(Default)]
pub(super) struct Package<'a> {
    /// The path of its module.
    pub(super) module: Vec<String>,
    pub(super) files: Vec<&'a SchemaFile>,
    pub(super) types: Vec<TypeId>,
    pub(super) services: Vec<usize>,
    pub(super) constants: Vec<&'a Constant>,
}

impl<'a> Package<'a> {
    /// The types of the package, by name.
    pub(super) fn types(&self, schema: &'a Schema) -> impl Iterator<Item = (TypeId, &'a TypeDecl)> {
        let types = self.types.iter();
        types.map(|id| (*id, &schema.types[id.0 as usize]))
    }

    /// The services of the package, by name, each with its place in the schema.
    pub(super) fn services(&self, schema: &'a Schema) -> impl Iterator<Item = (usize, &'a Service)> {
        let services = self.services.iter();
        services.map(|index| (*index, &schema.services[*index]))
    }

    /// The paths of the files that the package is declared in.
    pub(super) fn sources(&self) -> String {
        let files: Vec<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        files.join(", ")
    }
}

/// The packages of a schema by name, each with what it declares; `module` says where its module is.
pub(super) fn packages(schema: &Schema, module: impl Fn(&str) -> Vec<String>) -> BTreeMap<&str, Package<'_>> {
    let mut packages: BTreeMap<&str, Package<'_>> = BTreeMap::new();
    for file in &schema.files {
        let package = packages.entry(&file.package).or_default();
        package.module = module(&file.package);
        package.files.push(file);
    }
    for (ty, id) in schema.types.iter().zip(0..) {
        packages.entry(&ty.package).or_default().types.push(TypeId(id));
    }
    for (index, service) in schema.services.iter().enumerate() {
        packages.entry(&service.package).or_default().services.push(index);
    }
    for constant in &schema.constants {
        packages
            .entry(&constant.package)
            .or_default()
            .constants
            .push(constant);
    }
    packages
}

/// The first method of each message that is a request or a response.
pub(super) fn users(schema: &Schema) -> HashMap<TypeId, (&Service, &Method)> {
    let mut users = HashMap::new();
    for service in &schema.services {
        for method in &service.methods {
            for id in [method.request, method.response] {
                users.entry(id).or_insert((service, method));
            }
        }
    }
    users
}

/// The modules of a schema by their names, with what belongs into each.
#[derive(Default)]
pub(super) struct PackageTree {
    /// The package whose module this is; two may share one only if that is a clash.
    pub(super) package: Option<String>,
    pub(super) children: BTreeMap<String, PackageTree>,
}

impl PackageTree {
    pub(super) fn new(packages: &BTreeMap<&str, Package<'_>>) -> Self {
        let mut root = Self::default();
        for (name, package) in packages {
            let mut node = &mut root;
            for segment in &package.module {
                node = node.children.entry(segment.clone()).or_default();
            }
            node.package = Some((*name).to_owned());
        }
        root
    }
}
