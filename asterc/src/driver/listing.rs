//! What `asterc id` prints: services and types with what they hash to.

use crate::contracts::Contracts;
use crate::model::{Method, Schema, TypeKind};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use serde::Serialize;
use std::fmt::Write;

/// What to show besides names and ids.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// The canonical bytes.
    pub bytes: bool,
    /// What each thing's hash is made of.
    pub tree: bool,
}

#[derive(Serialize)]
struct Listing<'a> {
    services: Vec<ServiceId>,
    types: Vec<TypeEntry<'a>>,
}

#[derive(Serialize)]
struct ServiceId {
    name: String,
    version: i32,
    contract_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical_hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<MethodEntry>>,
}

#[derive(Serialize)]
struct MethodEntry {
    name: String,
    request: String,
    response: String,
}

#[derive(Serialize)]
struct TypeEntry<'a> {
    name: &'a str,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical_hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refers_to: Option<Vec<String>>,
}

/// One JSON object on one line.
pub fn json(schema: &Schema, contracts: &Contracts, detail: Detail) -> String {
    let hex = |bytes: &[u8]| detail.bytes.then(|| data_encoding::HEXLOWER.encode(bytes));
    let name = |id: TypeId| schema.types[id.0 as usize].full_name();
    let services = schema
        .services
        .iter()
        .zip(&contracts.services)
        .map(|(service, contract)| ServiceId {
            name: service.full_name(),
            version: service.version,
            contract_id: contract.id.to_string(),
            canonical_hex: hex(&contract.canonical),
            methods: detail.tree.then(|| {
                let entry = |method: &Method| MethodEntry {
                    name: method.name.clone(),
                    request: name(method.request),
                    response: name(method.response),
                };
                service.methods.iter().map(entry).collect()
            }),
        });
    let types = contracts
        .types
        .types()
        .iter()
        .zip(&schema.types)
        .map(|(identity, ty)| TypeEntry {
            name: &identity.name,
            hash: identity.hash.to_string(),
            canonical_hex: hex(&identity.canonical),
            refers_to: detail
                .tree
                .then(|| references(&ty.kind).into_iter().map(name).collect()),
        });
    let listing = Listing {
        services: services.collect(),
        types: types.collect(),
    };
    // Strings and numbers only: there is nothing that JSON cannot say.
    let mut line = serde_json::to_string(&listing).unwrap_or_default();
    line.push('\n');
    line
}

/// The same for people.
pub fn human(schema: &Schema, contracts: &Contracts, detail: Detail) -> String {
    let mut out = String::new();
    let services = schema
        .services
        .iter()
        .map(|service| format!("{} v{}", service.full_name(), service.version));
    let services: Vec<String> = services.collect();
    let types: Vec<String> = schema
        .types
        .iter()
        .map(crate::model::TypeDecl::full_name)
        .collect();
    let width = services
        .iter()
        .chain(&types)
        .map(|name| name.chars().count())
        .max()
        .unwrap_or_default();
    let mut row = |name: &str, id: String, canonical: &[u8]| {
        let _ = writeln!(out, "  {name:<width$}  {id}");
        if detail.bytes {
            let _ = writeln!(
                out,
                "  {:<width$}  {}",
                "",
                data_encoding::HEXLOWER.encode(canonical)
            );
        }
    };
    if !services.is_empty() {
        row("services", "contract id".to_owned(), &[]);
    }
    for (name, contract) in services.iter().zip(&contracts.services) {
        row(name, contract.id.to_string(), &contract.canonical);
    }
    if !types.is_empty() {
        row("types", "hash".to_owned(), &[]);
    }
    for (name, identity) in types.iter().zip(contracts.types.types()) {
        row(name, identity.hash.to_string(), &identity.canonical);
    }
    let mut out = headings(&out);
    if detail.tree {
        out.push('\n');
        out.push_str(&tree(schema, contracts));
    }
    out
}

/// The headings at the margin, a line before the second one.
fn headings(table: &str) -> String {
    let mut out = String::with_capacity(table.len());
    for (at, line) in table.lines().filter(|line| !line.trim().is_empty()).enumerate() {
        match line
            .strip_prefix("  ")
            .filter(|line| line.starts_with("services ") || line.starts_with("types "))
        {
            Some(heading) => {
                if at > 0 {
                    out.push('\n');
                }
                let (name, id) = heading.split_once(' ').unwrap_or((heading, ""));
                let _ = writeln!(out, "{name}  {id}");
            }
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// Each service with its methods' types, and below each type those it is made of; a type is spread out once.
fn tree(schema: &Schema, contracts: &Contracts) -> String {
    let mut out = String::new();
    let mut shown = vec![false; schema.types.len()];
    for (service, contract) in schema.services.iter().zip(&contracts.services) {
        let _ = writeln!(out, "{}  {}", service.full_name(), contract.id);
        for method in &service.methods {
            let _ = writeln!(out, "  rpc {}", method.name);
            for id in [method.request, method.response] {
                branch(&mut out, schema, contracts, &mut shown, id, 2);
            }
        }
    }
    for id in (0..schema.types.len())
        .filter_map(|at| u32::try_from(at).ok())
        .map(TypeId)
    {
        if !shown[id.0 as usize] {
            branch(&mut out, schema, contracts, &mut shown, id, 0);
        }
    }
    out
}

/// Without recursion: types may form a chain of any length. The indent stops growing at a depth nobody reads.
fn branch(
    out: &mut String,
    schema: &Schema,
    contracts: &Contracts,
    shown: &mut [bool],
    root: TypeId,
    depth: usize,
) {
    const DEEPEST: usize = 40;
    let mut stack = vec![(root, depth)];
    while let Some((id, depth)) = stack.pop() {
        let at = id.0 as usize;
        let Some(identity) = contracts.types.get(id) else {
            continue;
        };
        let indent = 2 * depth.min(DEEPEST);
        let again = std::mem::replace(&mut shown[at], true);
        let references = references(&schema.types[at].kind);
        let mark = if again && !references.is_empty() {
            " (above)"
        } else {
            ""
        };
        let _ = writeln!(out, "{:indent$}{}  {}{mark}", "", identity.name, identity.hash);
        if !again {
            stack.extend(
                references
                    .into_iter()
                    .rev()
                    .map(|reference| (reference, depth + 1)),
            );
        }
    }
}

/// The types that a type names, in order of their names, each once.
fn references(kind: &TypeKind) -> Vec<TypeId> {
    let mut ids = Vec::new();
    let mut leaf = |leaf: &Leaf| {
        if let Leaf::Type(id) = leaf {
            ids.push(*id);
        }
    };
    match kind {
        TypeKind::Message(message) => {
            for field in &message.fields {
                let mut value: &Value = &field.ty;
                loop {
                    match &value.shape {
                        Shape::Leaf(inner) | Shape::Set(inner) => break leaf(inner),
                        Shape::List(element) => value = element,
                        Shape::Map(key, inner) => {
                            leaf(key);
                            value = inner;
                        }
                    }
                }
            }
        }
        TypeKind::Union(union) => union.cases.iter().for_each(|case| leaf(&case.ty)),
        TypeKind::Enum(_) => {}
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}
