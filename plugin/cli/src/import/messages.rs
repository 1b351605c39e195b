//! The messages of an import, each with a place in the YAML.
//!
//! A message without an effect on decisions is a note; any other means that the import is not complete. It never drops a
//! message.

use super::advice;
use crate::yaml::{Mark, Node, Value};
use serde::Serialize;
use std::fmt;

/// A message about one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Message {
    pub(super) level: Level,
    /// The place as a path, such as `tools.pay.rules[0].state`.
    pub(super) at: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// Every call is decided alike, apart from calls that a person approves here and that pass in Intercept.
    Note,
    /// Some calls that Intercept lets through are refused, and no call the other way round.
    Stricter,
    /// A rule cannot be imported, and without it a call may pass that Intercept refuses.
    Cannot,
}

/// A place in the YAML.
#[derive(Clone, Debug)]
pub(super) struct Location {
    path: String,
    mark: Mark,
}

#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) list: Vec<Message>,
}

impl Location {
    pub(super) fn root(mark: Mark) -> Self {
        Self {
            path: String::new(),
            mark,
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

impl Messages {
    pub(super) fn note(&mut self, at: &Location, message: &str) {
        self.add(Level::Note, at, message);
    }

    pub(super) fn stricter(&mut self, at: &Location, message: &str) {
        self.add(Level::Stricter, at, message);
    }

    pub(super) fn cannot(&mut self, at: &Location, message: &str) {
        self.add(Level::Cannot, at, message);
    }

    fn add(&mut self, level: Level, at: &Location, message: &str) {
        let Mark { line, column } = at.mark;
        self.list.push(Message {
            level,
            at: at.path.clone(),
            line,
            column,
            message: message.into(),
        });
    }

    /// In the order of the text.
    pub(super) fn sort(&mut self) {
        self.list
            .sort_by_key(|message| (message.line, message.column));
    }

    /// The worst level of all messages.
    pub(super) fn worst(&self) -> Level {
        let levels = self.list.iter().map(|line| line.level);
        levels.max().unwrap_or(Level::Note)
    }

    /// The members of a map, each key of which is one of `known`.
    pub(super) fn members<'a>(
        &mut self,
        at: &Location,
        node: &'a Node,
        known: &[&str],
    ) -> Members<'a> {
        let members = self.map(at, node);
        for (key, value) in members {
            if !known.contains(&key.as_str()) {
                self.unknown_key(&at.key(key, value), key, known);
            }
        }
        Members(members)
    }

    fn unknown_key(&mut self, at: &Location, key: &str, known: &[&str]) {
        if advice::is_for_readers(key) {
            let message = "words for readers, which are left out; Intercept ignores them too";
            return self.note(at, message);
        }
        let advice = advice::about_key(key, known);
        let message = format!("Intercept 1.1 silently ignores the key `{key}`; {advice}");
        self.cannot(at, &message);
    }

    /// The members of a map whose keys are names; null counts as an empty map.
    pub(super) fn map<'a>(&mut self, at: &Location, node: &'a Node) -> &'a [(String, Node)] {
        match &node.value {
            Value::Map(members) => return members,
            Value::Null => {}
            _ => self.cannot(at, "expected a map"),
        }
        &[]
    }

    pub(super) fn list<'a>(&mut self, at: &Location, node: &'a Node) -> &'a [Node] {
        match &node.value {
            Value::List(list) => return list,
            Value::Null => {}
            _ => self.cannot(at, "expected a list"),
        }
        &[]
    }
}

/// The members of a map with a closed set of keys.
#[derive(Clone, Copy)]
pub(super) struct Members<'a>(&'a [(String, Node)]);

impl<'a> Members<'a> {
    /// Without a word about the keys.
    pub(super) fn of(node: &'a Node) -> Self {
        match &node.value {
            Value::Map(members) => Self(members),
            _ => Self(&[]),
        }
    }

    pub(super) fn get(self, key: &str) -> Option<&'a Node> {
        let found = self.0.iter().find(|(name, _)| name == key);
        // A null value counts as a missing key.
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
