//! Our Tarjan beside petgraph's.

use std::collections::BTreeSet;

use aster_contract::graph::components;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use proptest::prelude::*;

fn graph(nodes: usize, edges: &[(usize, usize)]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::new();
    for _ in 0..nodes {
        graph.add_node(());
    }
    for (from, to) in edges {
        graph.add_edge(NodeIndex::new(from % nodes), NodeIndex::new(to % nodes), ());
    }
    graph
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn components_are_those_of_petgraph(
        nodes in 1_usize..12,
        edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..30),
    ) {
        let graph = graph(nodes, &edges);
        let found = components(&graph);

        let sets = |components: &[Vec<NodeIndex>]| -> BTreeSet<BTreeSet<NodeIndex>> {
            components.iter().map(|members| members.iter().copied().collect()).collect()
        };
        prop_assert_eq!(sets(&found.members), sets(&tarjan_scc(&graph)));

        prop_assert!(found.members.iter().all(|members| members.is_sorted()));
        for (place, members) in found.members.iter().enumerate() {
            prop_assert!(members.iter().all(|member| found.of[member.index()] == place));
        }
        for edge in graph.raw_edges() {
            let leaves_first = found.of[edge.target().index()] <= found.of[edge.source().index()];
            prop_assert!(leaves_first, "{edge:?}");
        }
    }
}
