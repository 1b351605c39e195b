//! Entries: the rules of one tool, prompt, resource or method.
//!
//! It says what an entry holds, not what an entry does; `decide` and `response` do.

use super::condition::Group;
use super::limit::Limit;
use super::options::Mode;
use super::schema::Schema;
use crate::read::Digest;
use crate::words::Rule;
use crate::words::expression::Expression;
use std::sync::Arc;

impl Entry {
    /// The name or the pattern that it stands under.
    pub(crate) fn key(&self) -> &str {
        self.rule.named()
    }
}

pub(crate) fn hides(entry: &Entry) -> bool {
    entry.action == Action::Hide
}

/// The rules of one tool, prompt, resource or method.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its place in the document.
    pub(crate) rule: Rule,
    pub(crate) action: Action,
    pub(crate) reason: Option<Box<str>>,
    pub(crate) mode: Option<Mode>,
    pub(crate) frozen: bool,
    /// What the arguments of a tool must match.
    pub(crate) schema: Option<Schema>,
    /// By what the tool's definition is known.
    pub(crate) pin: Option<Pin>,
    pub(crate) rules: Rules,
}

/// What a call that is allowed must still fit: an entry's own rules, or those of all tools.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) require: Vec<Group>,
    pub(crate) deny_if: Vec<Group>,
    pub(crate) limits: Vec<Arc<Limit>>,
    /// What is not about the call but about its result.
    pub(crate) result: Option<Arc<ResultRules>>,
}

/// What an entry does before its other rules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Deny,
    Hide,
}

/// By what a tool's definition is known to be the one that was reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    Digest(Digest),
    /// It is the first that was seen in the life of the process.
    FirstUse,
}

/// What the results of a tool, or of all tools, must meet.
#[derive(Debug)]
pub(crate) struct ResultRules {
    /// The longest result in bytes.
    pub(crate) max_bytes: Option<usize>,
    /// What is taken out, in the order of the list.
    pub(crate) redact: Vec<Pattern>,
    /// The rules that they belong to.
    pub(crate) rule: Rule,
}

/// What is taken out of texts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    /// Every kind of [`SECRETS`].
    Secrets,
    /// The kind of that position.
    Secret(usize),
    Regex(Expression),
    /// Nothing: it was a mistake, which is told elsewhere.
    Mistake,
}

impl ResultRules {
    pub(crate) fn max_bytes_rule(&self) -> Rule {
        self.rule.clone().member("result/max_bytes")
    }

    pub(crate) fn redact_rule(&self, index: usize) -> Rule {
        self.rule.clone().member("result/redact").index(index)
    }
}
