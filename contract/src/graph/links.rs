//! Which type names which: a type graph as a petgraph, its names checked.

use std::borrow::Cow;

use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashSet;

use super::{Body, GraphError, Leaf, Shape, TypeGraph, TypeId, TypeNode, Value};
use crate::model::nfc;

/// How deep the containers of one field may nest, aliases resolved.
pub const MAX_CONTAINERS: usize = 128;

/// The edges of a [`TypeGraph`].
///
/// A node's index is the place of its full name among all full names, in code-point order, and
/// the neighbours of a node come in that order too: whoever goes by index or by
/// [`successors`](Links::successors) goes by name.
#[derive(Clone, Debug)]
pub struct Links {
    graph: DiGraph<TypeId, ()>,
    /// Full names, by node.
    names: Vec<String>,
    /// Nodes, by type.
    nodes: Vec<NodeIndex>,
}

impl Links {
    /// Finds every edge: from a type to each distinct type that its fields, at any container depth,
    /// or its cases name.
    ///
    /// # Errors
    /// Two types or two members of a type share a name, or a field cannot be.
    pub fn new(types: &TypeGraph<'_>) -> Result<Self, GraphError> {
        let mut named: Vec<(String, TypeId)> = types
            .types
            .iter()
            .zip(0..)
            .map(|(node, id)| (full_name(node), TypeId(id)))
            .collect();
        named.sort_unstable();
        if let Some([(name, _), _]) = named
            .array_windows()
            .find(|[(left, _), (right, _)]| left == right)
        {
            return Err(GraphError::DuplicateType { name: name.clone() });
        }

        let mut links = Self {
            graph: DiGraph::with_capacity(named.len(), 0),
            names: Vec::with_capacity(named.len()),
            nodes: vec![NodeIndex::default(); named.len()],
        };
        for (name, id) in named {
            links.nodes[id.0 as usize] = links.graph.add_node(id);
            links.names.push(name);
        }
        for node in links.graph.node_indices() {
            let targets = links.targets(types, node)?;
            // petgraph hands out the neighbours that were added last first
            for target in targets.into_iter().rev() {
                links.graph.add_edge(node, target, ());
            }
        }
        Ok(links)
    }

    /// The nodes that the type at `node` names, each once, ascending.
    fn targets(&self, types: &TypeGraph<'_>, node: NodeIndex) -> Result<Vec<NodeIndex>, GraphError> {
        let ty = self.name(node);
        let mut targets = Vec::new();
        let mut name_type = |leaf: Leaf| match leaf {
            Leaf::Primitive(_) => Ok(()),
            Leaf::Type(id) => {
                let target = self.node(id).ok_or_else(|| GraphError::UnknownType {
                    ty: ty.to_owned(),
                    id,
                })?;
                targets.push(target);
                Ok(())
            }
        };
        match &types.types[self.graph[node].0 as usize].body {
            Body::Message(fields) => {
                check_names(ty, fields.iter().map(|field| &*field.name))?;
                for field in fields {
                    visit(types, ty, &field.name, &field.ty, &mut name_type)?;
                }
            }
            Body::Enum(values) => {
                check_names(ty, values.iter().map(|(name, _)| &**name))?;
                check_numbers(ty, values.iter().map(|(_, number)| *number))?;
            }
            Body::Union(cases) => {
                check_names(ty, cases.iter().map(|case| &*case.name))?;
                check_numbers(ty, cases.iter().map(|case| case.id))?;
                cases.iter().try_for_each(|case| name_type(case.ty))?;
            }
        }
        targets.sort_unstable();
        targets.dedup();
        Ok(targets)
    }

    /// The graph: nodes in code-point order of the full names.
    pub fn graph(&self) -> &DiGraph<TypeId, ()> {
        &self.graph
    }

    /// The full name of the type at `node`, in NFC.
    ///
    /// # Panics
    /// `node` is none of this graph.
    pub fn name(&self, node: NodeIndex) -> &str {
        &self.names[node.index()]
    }

    /// Where the type stands, unless the graph lacks it.
    pub fn node(&self, id: TypeId) -> Option<NodeIndex> {
        self.nodes.get(id.0 as usize).copied()
    }

    /// Where a type stands that [`new`](Links::new) has found in the graph.
    pub(crate) fn at(&self, id: TypeId) -> NodeIndex {
        self.nodes[id.0 as usize]
    }

    /// The types that `id` names, by full name; none for an id that the graph lacks.
    pub fn successors(&self, id: TypeId) -> impl Iterator<Item = TypeId> + '_ {
        self.node(id)
            .into_iter()
            .flat_map(|node| self.graph.neighbors(node))
            .map(|node| self.graph[node])
    }

    /// The types that can be come to from `roots`, these included, by full name.
    pub fn reachable(&self, roots: impl IntoIterator<Item = TypeId>) -> Vec<TypeId> {
        let mut reached = vec![false; self.names.len()];
        let mut waiting: Vec<NodeIndex> = roots.into_iter().filter_map(|id| self.node(id)).collect();
        while let Some(node) = waiting.pop() {
            if !std::mem::replace(&mut reached[node.index()], true) {
                waiting.extend(self.graph.neighbors(node));
            }
        }
        self.graph
            .node_indices()
            .filter(|node| reached[node.index()])
            .map(|node| self.graph[node])
            .collect()
    }
}

fn full_name(node: &TypeNode<'_>) -> String {
    let name = format!("{}.{}", node.package, node.name);
    match nfc(&name) {
        Cow::Borrowed(_) => name,
        Cow::Owned(normal) => normal,
    }
}

/// Shows `name_type` every type that a field names. A loop and not a recursion: a value holds at
/// most one other.
fn visit(
    types: &TypeGraph<'_>,
    ty: &str,
    member: &str,
    mut value: &Value,
    mut name_type: impl FnMut(Leaf) -> Result<(), GraphError>,
) -> Result<(), GraphError> {
    let key = |leaf: Leaf| {
        let is_key = match leaf {
            Leaf::Primitive(primitive) => primitive.is_key(),
            // an id that the graph lacks is reported as that
            Leaf::Type(id) => types
                .types
                .get(id.0 as usize)
                .is_none_or(|node| matches!(node.body, Body::Enum(_))),
        };
        let error = || GraphError::NotAKey {
            ty: ty.to_owned(),
            member: member.to_owned(),
        };
        if is_key { Ok(leaf) } else { Err(error()) }
    };
    for _ in 0..=MAX_CONTAINERS {
        match &value.shape {
            Shape::Leaf(leaf) => return name_type(*leaf),
            Shape::Set(element) => return name_type(key(*element)?),
            Shape::List(element) => value = element,
            Shape::Map(map_key, element) => {
                name_type(key(*map_key)?)?;
                value = element;
            }
        }
    }
    Err(GraphError::TooDeep {
        ty: ty.to_owned(),
        member: member.to_owned(),
    })
}

fn check_names<'a>(ty: &str, names: impl Iterator<Item = &'a str>) -> Result<(), GraphError> {
    let mut seen = FxHashSet::default();
    for name in names.map(nfc) {
        if let Some(name) = seen.replace(name) {
            return Err(GraphError::DuplicateMember {
                ty: ty.to_owned(),
                name: name.into_owned(),
            });
        }
    }
    Ok(())
}

fn check_numbers(ty: &str, mut numbers: impl Iterator<Item = i32>) -> Result<(), GraphError> {
    let mut seen = FxHashSet::default();
    match numbers.find(|number| !seen.insert(*number)) {
        None => Ok(()),
        Some(number) => Err(GraphError::DuplicateNumber {
            ty: ty.to_owned(),
            number,
        }),
    }
}
