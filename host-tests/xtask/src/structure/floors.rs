//! Turns edges between files into breaches of the layers: a layer imports only from itself and from the layers above it.
//!
//! It knows layers, not names: a person decides which type belongs where.

use super::edges::Edge;
use std::path::Path;

/// A layer of a crate's files.
pub(crate) struct Floor {
    pub(crate) name: &'static str,
    /// The files and folders (with `/` at the end) of the layer, in the crate's `src`.
    pub(crate) holds: &'static [&'static str],
    /// The other layers that may import from it.
    pub(crate) serves: Serves,
}

/// Who may import from a layer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// All layers below it.
    Below,
    /// Only the last layer, `lib.rs`.
    Door,
}

/// The crate whose files have layers.
pub(crate) const CRATE: &str = "mcp-policy-engine";

/// The layers of the engine, from the most independent to the most dependent.
pub(crate) const ENGINE: &[Floor] = &[
    below("words", &["words/"]),
    below("pages", &["page/"]),
    below("message and policy", &["read/", "model/"]),
    Floor {
        name: "parse",
        holds: &["parse/"],
        serves: Serves::Door,
    },
    below("decide", &["decide/"]),
    below("count and answer", &["count/", "answer.rs"]),
    below(
        "hosts",
        &[
            "store/",
            "approval/",
            "audit/",
            "log_batches.rs",
            "measures.rs",
            "step.rs",
        ],
    ),
    below("response", &["response/"]),
    below("exchange", &["exchange/", "session.rs", "held.rs"]),
    below("door", &["lib.rs"]),
];

const fn below(name: &'static str, holds: &'static [&'static str]) -> Floor {
    Floor {
        name,
        holds,
        serves: Serves::Below,
    }
}

/// The breaches of the layers: a file outside all layers, or an edge to a layer that is not above. Paths begin with
/// `source`.
pub(crate) fn breaches<'a>(
    floors: &[Floor],
    source: &Path,
    files: impl IntoIterator<Item = &'a Path>,
    edges: &[Edge],
) -> Vec<String> {
    let strangers = files
        .into_iter()
        .filter(|file| floor(floors, source, file).is_none())
        .map(|file| format!("{} belongs to no layer", file.display()));
    let edges = edges.iter().filter_map(|edge| breach(floors, source, edge));
    strangers.chain(edges).collect()
}

fn breach(floors: &[Floor], source: &Path, edge: &Edge) -> Option<String> {
    let from = floor(floors, source, &edge.from)?;
    let to = floor(floors, source, &edge.to)?;
    if admits(floors, from, to) {
        return None;
    }
    let name = |index: usize| floors.get(index).map_or("", |floor| floor.name);
    let (from, to) = (name(from), name(to));
    Some(format!("{from} must not import from {to}: {edge}"))
}

fn admits(floors: &[Floor], from: usize, to: usize) -> bool {
    let serves = floors.get(to).map_or(Serves::Below, |floor| floor.serves);
    match serves {
        Serves::Below => to <= from,
        Serves::Door => to == from || from + 1 == floors.len(),
    }
}

/// The index of the layer that holds the file.
fn floor(floors: &[Floor], source: &Path, file: &Path) -> Option<usize> {
    let file = file.strip_prefix(source).ok()?.to_str()?;
    let holds = |held: &&str| *held == file || (held.ends_with('/') && file.starts_with(*held));
    floors
        .iter()
        .position(|floor| floor.holds.iter().any(holds))
}
