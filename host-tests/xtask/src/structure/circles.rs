//! Turns edges between files into circles: sets of files that all reach one another.
//!
//! One file alone is never a circle.

use super::edges::Edge;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use std::collections::BTreeSet;
use std::path::Path;

/// A set of more than one file whose files all reach one another.
pub(crate) struct Circle<'a> {
    pub(crate) files: BTreeSet<&'a Path>,
    /// The edges between its files.
    pub(crate) edges: Vec<&'a Edge>,
}

/// The circles, the largest first.
pub(crate) fn circles(edges: &[Edge]) -> Vec<Circle<'_>> {
    let pairs = edges.iter().map(|edge| (&*edge.from, &*edge.to));
    let graph: DiGraphMap<&Path, ()> = pairs.collect();
    let mut circles: Vec<Circle<'_>> = tarjan_scc(&graph)
        .into_iter()
        .filter(|files| files.len() > 1)
        .map(|files| Circle::new(files.into_iter().collect(), edges))
        .collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.files.len()));
    circles
}

impl<'a> Circle<'a> {
    fn new(files: BTreeSet<&'a Path>, edges: &'a [Edge]) -> Self {
        let inside = |edge: &&Edge| files.contains(&*edge.from) && files.contains(&*edge.to);
        Self {
            edges: edges.iter().filter(inside).collect(),
            files,
        }
    }
}
