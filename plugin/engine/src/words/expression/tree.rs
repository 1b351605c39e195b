//! Expressions as trees: characters, places, repetitions, sequences and choices.
//!
//! No tree is deeper than it may be, so that walking it needs no more stack than there is.

use super::look::Look;
use super::set::Set;

/// A part of an expression.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) node: Node,
    /// How many parts stand inside one another here.
    depth: usize,
    /// It may match an empty text.
    pub(super) empty: bool,
    /// It matches only where the text starts.
    pub(super) anchored: bool,
}

#[derive(Debug)]
pub(super) enum Node {
    One(Set),
    Look(Look),
    Repeat {
        sub: Box<Tree>,
        min: u32,
        max: Option<u32>,
        greedy: bool,
    },
    /// One after the other; nothing where there are none.
    Sequence(Vec<Tree>),
    /// The first that matches.
    Choice(Vec<Tree>),
}

/// The reason why a text is not a valid expression.
pub(super) type Mistake = &'static str;

/// The most parts inside one another.
pub(super) const DEEPEST: usize = 50;

impl Tree {
    pub(super) fn new(node: Node) -> Result<Self, Mistake> {
        let (depth, empty, anchored) = match &node {
            Node::One(_) => (0, false, false),
            Node::Look(look) => (0, true, *look == Look::Start),
            Node::Repeat { sub, min, .. } => {
                (sub.depth, *min == 0 || sub.empty, *min > 0 && sub.anchored)
            }
            Node::Sequence(parts) => (
                deepest(parts),
                parts.iter().all(|part| part.empty),
                parts.first().is_some_and(|part| part.anchored),
            ),
            Node::Choice(parts) => (
                deepest(parts),
                parts.iter().any(|part| part.empty),
                parts.iter().all(|part| part.anchored),
            ),
        };
        let depth = depth.saturating_add(1);
        let tree = Self {
            node,
            depth,
            empty,
            anchored,
        };
        match depth > DEEPEST.saturating_add(1) {
            true => Err("groups nested too deeply"),
            false => Ok(tree),
        }
    }

    pub(super) fn one(set: Set) -> Result<Self, Mistake> {
        Self::new(Node::One(set))
    }

    pub(super) fn sequence(mut parts: Vec<Self>) -> Result<Self, Mistake> {
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            last => {
                parts.extend(last);
                Self::new(Node::Sequence(parts))
            }
        }
    }

    pub(super) fn repeat(self, min: u32, max: Option<u32>, greedy: bool) -> Result<Self, Mistake> {
        match (min, max) {
            (0, Some(0)) => Self::sequence(Vec::new()),
            (1, Some(1)) => Ok(self),
            _ => Self::new(Node::Repeat {
                sub: Box::new(self),
                min,
                max,
                greedy,
            }),
        }
    }
}

fn deepest(parts: &[Tree]) -> usize {
    parts.iter().map(|part| part.depth).max().unwrap_or(0)
}
