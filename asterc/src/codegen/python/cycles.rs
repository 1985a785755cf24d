//! Which modules import which, and which may be loaded before another one they need is.

use crate::codegen::declared::Package;
use crate::model::{Schema, TypeKind};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The imports between the packages of a schema.
pub(super) struct Cycles<'a> {
    /// The packages whose types each package names.
    uses: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// What is loaded while a package is: what it imports, and what that is inside of.
    loads: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// All that is loaded while a package is, as it has been asked for.
    reached: RefCell<BTreeMap<String, FxHashSet<String>>>,
}

impl<'a> Cycles<'a> {
    pub(super) fn new(schema: &'a Schema, packages: &BTreeMap<&'a str, Package<'a>>) -> Self {
        let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut add = |package: &'a str, id: TypeId| {
            let other = schema.types[id.0 as usize].package.as_str();
            if other != package {
                uses.entry(package).or_default().insert(other);
            }
        };
        for ty in &schema.types {
            for_each_type(&ty.kind, |id| add(&ty.package, id));
        }
        for service in &schema.services {
            for method in &service.methods {
                add(&service.package, method.request);
                add(&service.package, method.response);
            }
        }
        for constant in &schema.constants {
            if let Leaf::Type(id) = constant.ty {
                add(&constant.package, id);
            }
        }
        let loads = uses.iter().map(|(&package, others)| {
            let mut loads = BTreeSet::new();
            for &other in others {
                loads.insert(other);
                let around = ends(other).map(|end| &other[..end]);
                let around = around.filter(|around| !is_inside(package, around));
                loads.extend(
                    around.filter_map(|around| packages.get_key_value(around).map(|(&name, _)| name)),
                );
            }
            loads.remove(package);
            (package, loads)
        });
        Self {
            loads: loads.collect(),
            uses,
            reached: RefCell::default(),
        }
    }

    /// The packages whose types a package names.
    pub(super) fn uses(&self, package: &str) -> impl Iterator<Item = &'a str> {
        self.uses.get(package).into_iter().flatten().copied()
    }

    /// Whether loading one package loads the other.
    pub(super) fn reaches(&self, package: &str, other: &str) -> bool {
        let mut reached = self.reached.borrow_mut();
        let all = reached.entry(package.to_owned()).or_insert_with(|| {
            let mut all = FxHashSet::default();
            let mut open = vec![package];
            while let Some(next) = open.pop() {
                for &loaded in self.loads.get(next).into_iter().flatten() {
                    if all.insert(loaded.to_owned()) {
                        open.push(loaded);
                    }
                }
            }
            all
        });
        all.contains(other)
    }
}

/// Where the packages end that a package is inside of.
fn ends(package: &str) -> impl Iterator<Item = usize> {
    package.match_indices('.').map(|(at, _)| at)
}

fn is_inside(package: &str, around: &str) -> bool {
    package
        .strip_prefix(around)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The types that a type names.
fn for_each_type(kind: &TypeKind, mut found: impl FnMut(TypeId)) {
    fn value(value_: &Value, found: &mut impl FnMut(TypeId)) {
        match &value_.shape {
            Shape::Leaf(held) => leaf(*held, found),
            Shape::List(element) => value(element, found),
            Shape::Set(element) => leaf(*element, found),
            Shape::Map(key, held) => {
                leaf(*key, found);
                value(held, found);
            }
        }
    }
    fn leaf(leaf: Leaf, found: &mut impl FnMut(TypeId)) {
        if let Leaf::Type(id) = leaf {
            found(id);
        }
    }
    match kind {
        TypeKind::Message(body) => body.fields.iter().for_each(|field| value(&field.ty, &mut found)),
        TypeKind::Enum(_) => {}
        TypeKind::Union(body) => body.cases.iter().for_each(|case| leaf(case.ty, &mut found)),
    }
}
