//! Walks a policy document value by value and collects every mistake with its place.
//!
//! It knows no key of the language: the files beside it bring the lists of keys.

use super::error::{PolicyError, Problem};
use crate::model::Table;
use crate::words::json::{Kind, Value};
use crate::words::text::clip;
use crate::words::text::one_line;
use crate::words::work::Budget;
use crate::words::{Millis, Place, Token};
use std::borrow::Cow;
use std::fmt;

/// The place of a value in the document. Its text is written only when there is a mistake to report.
#[derive(Clone, Copy)]
pub(crate) struct Location<'p> {
    parent: Option<&'p Self>,
    step: Segment<'p>,
}

#[derive(Clone, Copy)]
enum Segment<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl<'p> Location<'p> {
    pub(super) const ROOT: Location<'static> = Location {
        parent: None,
        step: Segment::Root,
    };

    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Self {
            parent: Some(self),
            step: Segment::Key(key),
        }
    }

    /// True for the document's `grants` and everything below, but for the rules that a grant has of its own.
    fn may_hold_a_token(&self) -> bool {
        let mut keys = Vec::new();
        let mut place = Some(self);
        while let Some(Location { parent, step }) = place {
            keys.push(*step);
            place = *parent;
        }
        let key = |at: usize| match keys.iter().rev().nth(at) {
            Some(Segment::Key(key)) => Some(*key),
            _ => None,
        };
        key(1) == Some("grants") && key(3) != Some("tools")
    }

    pub(super) fn index(&'p self, index: usize) -> Self {
        Self {
            parent: Some(self),
            step: Segment::Index(index),
        }
    }
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Segment::Root => Ok(()),
            Segment::Key(key) => write!(f, "/{}", Token(key)),
            Segment::Index(index) => write!(f, "/{index}"),
        }
    }
}

/// The keys that an object may have.
pub(crate) struct Keys {
    /// Keys that this build enforces.
    pub(super) supported: &'static [&'static str],
    /// Keys of the language that this build refuses.
    pub(super) reserved: &'static [&'static str],
}

/// The members of an object whose keys were checked.
pub(super) struct Members<'a> {
    members: Vec<(Cow<'a, str>, Value<'a>)>,
    /// False where the value is not an object. That is reported already, so no missing key of it is.
    pub(super) is_object: bool,
}

impl<'a> Members<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        self.members
            .iter()
            .find(|(name, _)| name == key)
            .map(|&(_, value)| value)
    }
}

/// The approvers that rules may name.
#[derive(Default)]
pub(super) struct KnownApprovers {
    /// `None` where a service knows them.
    pub(super) names: Option<Vec<Box<str>>>,
    /// The `ttl` of rules that write none.
    pub(super) ttl: Option<Millis>,
}

/// Collects the mistakes of a policy.
pub(crate) struct PolicyReader {
    pub(super) errors: Vec<PolicyError>,
    /// The place of the rule set that is being read.
    pub(super) place: Place,
    /// The approvers that rules may name; `None` where the document has no `approvals`.
    pub(super) approvers: Option<KnownApprovers>,
    /// The document has `grants`.
    pub(super) has_grants: bool,
    /// The document has `counters`: a service counts the limits.
    pub(super) counts_elsewhere: bool,
    /// The trusted headers whose value is JSON.
    pub(super) json_headers: Vec<Box<str>>,
    /// The table of the calls that the rules being read apply to.
    pub(super) table: Table,
    /// The number of instructions of the expressions read so far.
    pub(super) instructions: usize,
    /// The number of table entries of the automata prepared so far.
    pub(super) automata: usize,
    /// The steps left to prepare automata, for all of them together: about ten milliseconds of one core.
    pub(super) preparing: Budget,
}

impl Default for PolicyReader {
    fn default() -> Self {
        Self {
            errors: Vec::new(),
            place: Place::default(),
            approvers: None,
            has_grants: false,
            counts_elsewhere: false,
            json_headers: Vec::new(),
            table: Table::Tools,
            instructions: 0,
            automata: 0,
            preparing: Budget::of(512 * 1024),
        }
    }
}

/// The value for the error line. What identifies the callers of a grant is not quoted: a misplaced text there may be a
/// token.
fn found(at: &Location<'_>, value: Value<'_>) -> String {
    if at.may_hold_a_token() {
        kind(value).into()
    } else {
        format!("`{}`", value.excerpt())
    }
}

/// The kind of a value that is not quoted.
fn kind(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "null",
        Kind::Bool => "true or false",
        Kind::Number => "a number",
        Kind::String if value.string().is_some_and(|text| text.is_empty()) => "an empty text",
        Kind::String => "another text",
        Kind::Array => "a list",
        Kind::Object if value.named().next().is_none() => "an empty object",
        Kind::Object => "an object",
    }
}

impl PolicyReader {
    pub(super) fn error(&mut self, at: &Location<'_>, problem: Problem) {
        self.errors.push(PolicyError {
            at: one_line(&at.to_string()),
            problem,
        });
    }

    /// Reports an invalid value.
    pub(super) fn invalid(&mut self, at: &Location<'_>, value: Value<'_>, write: &str) {
        let (found, write) = (found(at, value), write.into());
        self.error(at, Problem::InvalidValue { found, write });
    }

    /// Reports a key that cannot be at this place, and its value.
    pub(super) fn misplaced(&mut self, at: &Location<'_>, value: Value<'_>, write: &str) {
        let (found, write) = (found(at, value), write.into());
        self.error(at, Problem::InvalidKey { found, write });
    }

    /// Reports a key that is an invalid name, described by `found`.
    pub(super) fn invalid_key(&mut self, at: &Location<'_>, found: String, write: &str) {
        let write = write.into();
        self.error(at, Problem::InvalidKey { found, write });
    }

    pub(super) fn unsupported(&mut self, at: &Location<'_>, what: &str) {
        self.error(at, Problem::Unsupported(what.into()));
    }

    /// The members of an object with a closed set of keys.
    pub(super) fn object<'a>(
        &mut self,
        at: &Location<'_>,
        value: Value<'a>,
        keys: &Keys,
    ) -> Members<'a> {
        let members = self.map(at, value);
        for (key, _) in &members {
            let at = at.key(key);
            if keys.reserved.contains(&key.as_ref()) {
                self.unsupported(&at, key);
            } else if !keys.supported.contains(&key.as_ref()) {
                self.unknown(&at, key, keys);
            }
        }
        Members {
            members,
            is_object: value.kind() == Kind::Object,
        }
    }

    fn unknown(&mut self, at: &Location<'_>, key: &str, keys: &Keys) {
        let near = near(key, keys.supported.iter().chain(keys.reserved).copied());
        match at.parent {
            // A key that is not close to a known one may be a token too.
            Some(parent) if near.is_none() && at.may_hold_a_token() => {
                let found = "an unknown key".into();
                let write = format!("one of {}", keys.supported.join(", "));
                self.error(parent, Problem::InvalidValue { found, write });
            }
            _ => {
                let known = keys.supported.into();
                let key = clip(key, 64);
                self.error(at, Problem::UnknownKey { key, near, known });
            }
        }
    }

    /// The members of an object whose keys are names.
    pub(super) fn map<'a>(
        &mut self,
        at: &Location<'_>,
        value: Value<'a>,
    ) -> Vec<(Cow<'a, str>, Value<'a>)> {
        if value.kind() != Kind::Object {
            self.invalid(at, value, "an object");
        }
        value.members().collect()
    }

    pub(super) fn list<'a>(
        &mut self,
        at: &Location<'_>,
        value: Value<'a>,
        of: &str,
    ) -> impl Iterator<Item = Value<'a>> + use<'a> {
        if value.kind() != Kind::Array {
            self.invalid(at, value, &format!("a list of {of}"));
        }
        value.elements()
    }

    /// A string with more than white space in it.
    pub(super) fn string<'a>(
        &mut self,
        at: &Location<'_>,
        value: Value<'a>,
    ) -> Option<Cow<'a, str>> {
        let string = value.string().filter(|string| !string.trim().is_empty());
        if string.is_none() {
            self.invalid(at, value, "a string that is not empty");
        }
        string
    }

    pub(super) fn bool(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<bool> {
        let bool = value.bool();
        if bool.is_none() {
            self.invalid(at, value, "true or false");
        }
        bool
    }

    /// The meaning of one word of a closed list.
    pub(super) fn word<T: Copy>(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        words: &[(&str, T)],
    ) -> Option<T> {
        let string = value.string();
        let found = words
            .iter()
            .find(|(word, _)| Some(*word) == string.as_deref());
        if found.is_none() {
            let write: Vec<_> = words
                .iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect();
            self.invalid(at, value, &write.join(" or "));
        }
        found.map(|&(_, meaning)| meaning)
    }

    /// A whole number between `min` and `max`.
    pub(super) fn whole(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        min: u64,
        max: u64,
    ) -> Option<u64> {
        let number = whole(value).filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.invalid(at, value, &format!("a whole number from {min} to {max}"));
        }
        number
    }
}

/// A whole number that is written with digits alone.
pub(super) fn whole(value: Value<'_>) -> Option<u64> {
    (value.kind() == Kind::Number)
        .then(|| value.raw().parse().ok())
        .flatten()
}

/// The known key closest to this one. Up to a third of the letters may differ; a key that differs more is not a typo.
pub(crate) fn near<'k>(key: &str, all: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = all
        .map(|known| (strsim::damerau_levenshtein(key, known), known))
        .min();
    let near = near.filter(|&(distance, known)| distance.saturating_mul(3) <= known.len().max(3));
    near.map(|(_, known)| known)
}
