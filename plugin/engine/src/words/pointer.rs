//! Names a rule by its place in the policy document, as a JSON Pointer (RFC 6901).
//!
//! The pointer is written out only where a log, an explanation or a client shows it.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

/// A JSON Pointer (RFC 6901) to a rule: `/section/key/member/index`, where the last three are optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    section: &'static str,
    key: Option<Arc<str>>,
    member: Option<&'static str>,
    index: Option<usize>,
}

impl Rule {
    pub(crate) fn new(section: &'static str) -> Self {
        Self {
            section,
            key: None,
            member: None,
            index: None,
        }
    }

    pub(crate) fn key(self, key: &str) -> Self {
        Self {
            key: Some(key.into()),
            ..self
        }
    }

    /// The rule's key; empty where it has none.
    pub(crate) fn named(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    pub(crate) fn member(self, member: &'static str) -> Self {
        Self {
            member: Some(member),
            ..self
        }
    }

    pub(crate) fn index(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// The rule at `index` of this rule, which is a list.
    pub(crate) fn at_index(&self, index: usize) -> Self {
        self.clone().index(index)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.section)?;
        if let Some(key) = &self.key {
            write!(f, "/{}", Token(key))?;
        }
        if let Some(member) = self.member {
            write!(f, "/{member}")?;
        }
        self.index.map_or(Ok(()), |index| write!(f, "/{index}"))
    }
}

/// A reference token of a JSON Pointer, escaped as RFC 6901 §3 requires.
pub(crate) struct Token<'a>(pub(crate) &'a str);

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '~' => f.write_str("~0"),
            '/' => f.write_str("~1"),
            c => f.write_char(c),
        })
    }
}
