//! Types that name each other in a circle: a change of one re-hashes what refers to any of them.

use super::{Change, Element};
use crate::lock::Lock;
use aster_contract::graph::components;
use petgraph::graph::DiGraph;
use std::collections::BTreeMap;

/// The circles of a lock's types.
pub(super) struct Cycles<'a> {
    /// By type: all members of its circle; only of circles of several types.
    members: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Cycles<'a> {
    pub(super) fn find(lock: &'a Lock) -> Self {
        let mut graph: DiGraph<&str, ()> = DiGraph::new();
        let nodes: BTreeMap<&str, _> = lock
            .types
            .keys()
            .map(|name| (name.as_str(), graph.add_node(name)))
            .collect();
        for (name, ty) in &lock.types {
            for target in ty.references().filter_map(|target| nodes.get(target)) {
                graph.update_edge(nodes[name.as_str()], *target, ());
            }
        }
        let mut members = BTreeMap::new();
        for component in components(&graph)
            .members
            .iter()
            .filter(|members| members.len() > 1)
        {
            let names: Vec<&str> = component.iter().map(|node| graph[*node]).collect();
            for name in &names {
                members.insert(*name, names.clone());
            }
        }
        Self { members }
    }

    /// Says so, in one line, of each change inside a circle.
    pub(super) fn note(&self, changes: &mut [Change]) {
        /// More names than this are counted.
        const SHOWN: usize = 4;
        for change in changes {
            let (Element::Type { ty } | Element::Member { ty, .. }) = &change.element else {
                continue;
            };
            let Some(members) = self.members.get(ty.as_str()).filter(|_| change.identity) else {
                continue;
            };
            let others = members.iter().filter(|member| *member != ty);
            let shown: Vec<String> = others.take(SHOWN).map(|member| format!("`{member}`")).collect();
            let more = match members.len() - 1 - shown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            change.notes.push(format!(
                "it is in a cycle of {} types, with {}{more}: whatever refers to one of them has another hash too",
                members.len(),
                shown.join(", ")
            ));
        }
    }
}
