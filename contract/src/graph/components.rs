//! Strongly connected components, and the walk through one that tells tree edges from back edges.
//!
//! Source: contract identity, "Cycles", rules 2 to 4.

use petgraph::graph::{DiGraph, NodeIndex, WalkNeighbors};

/// The strongly connected components of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Components {
    /// Leaves first: what a component points to comes before it. Members ascend.
    pub members: Vec<Vec<NodeIndex>>,
    /// The place in `members` that each node has.
    pub of: Vec<usize>,
}

/// Finds the components by Tarjan's algorithm, in one pass over nodes and edges.
///
/// `petgraph::algo::tarjan_scc` does the same and recurses on the machine stack, once for each node
/// on a path; a schema with 100,000 types in a chain is ordinary input and would end the process.
/// Here the path is on the heap. See `docs/decisions/0001-iterative-tarjan.md`.
pub fn components<N>(graph: &DiGraph<N, ()>) -> Components {
    const UNSEEN: usize = usize::MAX;
    let count = graph.node_count();
    let mut found = Components {
        members: Vec::new(),
        of: vec![UNSEEN; count],
    };
    // when a node was seen, and the earliest node known to be in its component
    let mut order = vec![UNSEEN; count];
    let mut low = vec![UNSEEN; count];
    let mut seen = 0;
    // seen and not yet in a component
    let mut open: Vec<NodeIndex> = Vec::new();
    // the path from a root, each node with the edges that were not examined yet
    let mut path: Vec<(NodeIndex, WalkNeighbors<u32>)> = Vec::new();

    for root in graph.node_indices() {
        let mut entered = (order[root.index()] == UNSEEN).then_some(root);
        loop {
            if let Some(node) = entered.take() {
                order[node.index()] = seen;
                low[node.index()] = seen;
                seen += 1;
                open.push(node);
                path.push((node, graph.neighbors(node).detach()));
            }
            let Some((node, edges)) = path.last_mut() else {
                break;
            };
            let node = *node;
            if let Some(next) = edges.next_node(graph) {
                if order[next.index()] == UNSEEN {
                    entered = Some(next);
                } else if found.of[next.index()] == UNSEEN {
                    low[node.index()] = low[node.index()].min(order[next.index()]);
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[parent.index()] = low[parent.index()].min(low[node.index()]);
            }
            if low[node.index()] == order[node.index()] {
                let first = open
                    .iter()
                    .rposition(|member| *member == node)
                    .unwrap_or_default();
                let mut members = open.split_off(first);
                for member in &members {
                    found.of[member.index()] = found.members.len();
                }
                members.sort_unstable();
                found.members.push(members);
            }
        }
    }
    found
}

/// The tree edges inside components.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// The node from which the walk came to each node, unless it began there.
    parents: Vec<Option<NodeIndex>>,
}

impl Tree {
    /// Walks each component depth first from its smallest member, and hands out its members in
    /// post-order: the targets of a node's tree edges before the node.
    pub(crate) fn walk<N>(graph: &DiGraph<N, ()>, components: &Components) -> (Self, Vec<Vec<NodeIndex>>) {
        let mut parents = vec![None; graph.node_count()];
        let mut visited = vec![false; graph.node_count()];
        let mut post_orders = Vec::with_capacity(components.members.len());
        let mut path: Vec<(NodeIndex, WalkNeighbors<u32>)> = Vec::new();
        for (place, members) in components.members.iter().enumerate() {
            let mut post_order = Vec::with_capacity(members.len());
            // every member can be come to from any other, so one root is enough
            let mut entered = members.first().copied();
            loop {
                if let Some(node) = entered.take() {
                    visited[node.index()] = true;
                    path.push((node, graph.neighbors(node).detach()));
                }
                let Some((node, edges)) = path.last_mut() else {
                    break;
                };
                let Some(next) = edges.next_node(graph) else {
                    post_order.push(*node);
                    path.pop();
                    continue;
                };
                if components.of[next.index()] == place && !visited[next.index()] {
                    parents[next.index()] = Some(*node);
                    entered = Some(next);
                }
            }
            post_orders.push(post_order);
        }
        (Self { parents }, post_orders)
    }

    /// Whether the edge is one by which the walk came to `to`; every other edge inside a component
    /// is a back edge. There is at most one edge between two nodes, so the parent tells.
    pub(crate) fn has(&self, from: NodeIndex, to: NodeIndex) -> bool {
        self.parents[to.index()] == Some(from)
    }
}
