//! Names a rule by its place in the policy document.
//!
//! It is written out as a JSON Pointer only when somebody is told about it.

use crate::parse::Token;
use std::fmt;
use std::sync::Arc;

/// A JSON Pointer (RFC 6901) to a rule: `/section/key/member/index`, the last three where the rule has them.
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

    /// The rule at `index` of the list that this rule is.
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
