//! What an import says about what it carried over: lines with a place in the YAML.
//!
//! A line that says nothing about decisions is a note; everything else keeps the import from being called complete.

use super::yaml::{Mark, Node, Value};
use serde::Serialize;
use std::fmt;

/// What is told of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub(crate) level: Level,
    /// The place as a path, such as `tools.pay.rules[0].state`.
    pub(crate) at: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// Every call is decided alike.
    Note,
    /// Some calls that Intercept lets through are refused, and none the other way round.
    Stricter,
    /// It cannot be carried over, and without it calls may be let through that Intercept refuses.
    Cannot,
}

/// A place in the YAML.
#[derive(Clone, Debug)]
pub(super) struct At {
    path: String,
    mark: Mark,
}

#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) lines: Vec<Line>,
}

impl At {
    pub(super) fn root(node: &Node) -> Self {
        Self {
            path: String::new(),
            mark: node.mark,
        }
    }

    pub(super) fn key(&self, key: &str, node: &Node) -> Self {
        let plain = |c: char| c.is_alphanumeric() || "_-*/".contains(c);
        let step = match key.chars().all(plain) && !key.is_empty() {
            true if self.path.is_empty() => key.to_owned(),
            true => format!(".{key}"),
            false => format!("[{key:?}]"),
        };
        self.step(&step, node)
    }

    pub(super) fn index(&self, index: usize, node: &Node) -> Self {
        self.step(&format!("[{index}]"), node)
    }

    fn step(&self, step: &str, node: &Node) -> Self {
        Self {
            path: format!("{}{step}", self.path),
            mark: node.mark,
        }
    }
}

impl Report {
    pub(super) fn note(&mut self, at: &At, message: &str) {
        self.add(Level::Note, at, message);
    }

    pub(super) fn stricter(&mut self, at: &At, message: &str) {
        self.add(Level::Stricter, at, message);
    }

    pub(super) fn cannot(&mut self, at: &At, message: &str) {
        self.add(Level::Cannot, at, message);
    }

    fn add(&mut self, level: Level, at: &At, message: &str) {
        let Mark { line, column } = at.mark;
        self.lines.push(Line {
            level,
            at: at.path.clone(),
            line,
            column,
            message: message.into(),
        });
    }

    /// The most that was said.
    pub(super) fn worst(&self) -> Level {
        let levels = self.lines.iter().map(|line| line.level);
        levels.max().unwrap_or(Level::Note)
    }

    /// The members of a map, each key of which is one of `known`.
    pub(super) fn members<'a>(&mut self, at: &At, node: &'a Node, known: &[&str]) -> Members<'a> {
        let members = self.map(at, node);
        for (key, value) in members {
            if known.contains(&key.as_str()) {
                continue;
            }
            let near = known
                .iter()
                .map(|known| (strsim::damerau_levenshtein(key, known), known))
                .min()
                .filter(|(distance, known)| distance.saturating_mul(3) <= known.len().max(3));
            let meant = near.map_or_else(
                || "take it out".into(),
                |(_, known)| format!("did you mean `{known}`?"),
            );
            let message = format!("Intercept 1.1 ignores the key `{key}` without a word; {meant}");
            self.cannot(&at.key(key, value), &message);
        }
        Members(members)
    }

    /// The members of a map whose keys are names; nothing in the place of a map is an empty one.
    pub(super) fn map<'a>(&mut self, at: &At, node: &'a Node) -> &'a [(String, Node)] {
        match &node.value {
            Value::Map(members) => return members,
            Value::Null => {}
            _ => self.cannot(at, "a map belongs here"),
        }
        &[]
    }

    pub(super) fn list<'a>(&mut self, at: &At, node: &'a Node) -> &'a [Node] {
        match &node.value {
            Value::List(list) => return list,
            Value::Null => {}
            _ => self.cannot(at, "a list belongs here"),
        }
        &[]
    }
}

/// The members of a map with a closed set of keys.
#[derive(Clone, Copy)]
pub(super) struct Members<'a>(&'a [(String, Node)]);

impl<'a> Members<'a> {
    pub(super) fn get(self, key: &str) -> Option<&'a Node> {
        let found = self.0.iter().find(|(name, _)| name == key);
        // Nothing in the place of a value is as good as no key.
        found
            .map(|(_, node)| node)
            .filter(|node| !matches!(node.value, Value::Null))
    }

    /// A text that is not empty.
    pub(super) fn text(self, key: &str) -> Option<String> {
        self.get(key)
            .and_then(Node::text)
            .filter(|text| !text.is_empty())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Stricter => "stricter",
            Self::Cannot => "cannot",
        })
    }
}
