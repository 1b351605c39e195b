//! Names a rule by its place in the policy document, as a JSON Pointer (RFC 6901).
//!
//! The pointer is written out only where a log, an explanation or a client shows it.

use super::text::length_prefixed;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

/// The place of a set of rules in the document: its top, one of its `policies`, or one of its `grants`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place(Option<Arc<(&'static str, Box<str>)>>);

/// A JSON Pointer (RFC 6901) to a rule: `/section/key/member/index` below its place, where the last three are optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    place: Place,
    section: &'static str,
    key: Option<Arc<str>>,
    member: Option<&'static str>,
    index: Option<usize>,
}

impl Place {
    /// The place of `policies/<name>` or `grants/<name>`.
    pub(crate) fn within(section: &'static str, name: &str) -> Self {
        Self(Some(Arc::new((section, name.into()))))
    }

    /// A rule of this place.
    pub(crate) fn rule(&self, section: &'static str) -> Rule {
        Rule {
            place: self.clone(),
            ..Rule::new(section)
        }
    }

    /// True for the rules of a grant, which have no `default`.
    pub(crate) fn is_of_grant(&self) -> bool {
        let section = self.0.as_deref().map(|(section, _)| *section);
        section == Some("grants")
    }

    /// The name of the place in names of counters and of state. No two places share one.
    pub(crate) fn id(&self) -> String {
        match self.0.as_deref() {
            None => "main".into(),
            Some((section, name)) => [section, " ", &length_prefixed(name)].concat(),
        }
    }
}

impl Rule {
    pub(crate) fn new(section: &'static str) -> Self {
        Self {
            place: Place::default(),
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
        if let Some((section, name)) = self.place.0.as_deref() {
            write!(f, "/{section}/{}", Token(name))?;
        }
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
