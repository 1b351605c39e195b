//! Turns the code of a target into edges between its files: one for each use of another file's
//! definition.
//!
//! A `mod` declaration creates no edge, nor does a re-export from a module below the own one.

use super::resolve::Found;
use super::tree::Tree;
use super::written::{Written, written};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

/// The names that one file imports from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
    /// The line of the first use.
    pub(crate) line: usize,
    pub(crate) names: BTreeSet<String>,
}

/// Edges by their two files.
type Edges = BTreeMap<(PathBuf, PathBuf), Edge>;

impl Tree {
    /// Every edge between two files of the target, ordered by them.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = Edges::new();
        for (index, module) in self.modules.iter().enumerate() {
            for import in &module.imports {
                self.add(&mut edges, index, &import.written, import.reexport);
            }
            for path in written(&module.items) {
                self.add(&mut edges, index, &path, false);
            }
        }
        edges.into_values().collect()
    }

    fn add(&self, edges: &mut Edges, from: usize, written: &Written, reexport: bool) {
        for found in self.resolve(from, &written.path) {
            let Found::Item { module: to, name } = found else {
                continue;
            };
            let at_door = reexport && self.is_below(to, from);
            let (Some(source), Some(target)) = (self.module(from), self.module(to)) else {
                continue;
            };
            if at_door || source.file == target.file {
                continue;
            }
            let files = (source.file.clone(), target.file.clone());
            let edge = edges.entry(files).or_insert_with_key(|(from, to)| Edge {
                from: from.clone(),
                to: to.clone(),
                line: written.line,
                names: BTreeSet::new(),
            });
            edge.line = edge.line.min(written.line);
            edge.names.insert(name);
        }
    }

    fn is_below(&self, module: usize, ancestor: usize) -> bool {
        let parent = self.module(module).and_then(|module| module.parent);
        parent.is_some_and(|parent| parent == ancestor || self.is_below(parent, ancestor))
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to, line) = (self.from.display(), self.to.display(), self.line);
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        write!(
            formatter,
            "{from}:{line} imports {to}: {}",
            names.join(", ")
        )
    }
}
