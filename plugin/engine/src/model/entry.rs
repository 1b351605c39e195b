//! Entries: the rules of one tool, prompt, resource or method.
//!
//! It applies no rule; `decide` and `response` do.

use super::approval_rule::ApprovalRule;
use super::condition::{Clause, Group};
use super::frozen::Frozen;
use super::limit::Limit;
use super::options::Mode;
use super::schema::Schema;
use crate::read::Digest;
use crate::words::Rule;
use crate::words::expression::Expression;
use std::sync::Arc;

pub(crate) fn hides(entry: &Entry) -> bool {
    entry.action == Action::Hide
}

/// The rules of one tool, prompt, resource or method.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The entry's place in the document.
    pub(crate) rule: Rule,
    pub(crate) action: Action,
    pub(crate) reason: Option<Box<str>>,
    pub(crate) mode: Option<Mode>,
    pub(crate) frozen: Option<Frozen>,
    /// The schema that the arguments of a tool must match.
    pub(crate) schema: Option<Schema>,
    /// The message of a refusal by the schema.
    pub(crate) schema_on_deny: Option<Box<str>>,
    /// The reviewed definition of the tool.
    pub(crate) pin: Option<Pin>,
    /// Part of the name of what the pin remembers.
    pub(crate) reset: Option<Box<str>>,
    pub(crate) rules: Rules,
}

/// The rules that an allowed call must still meet: an entry's own, or those of all tools.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) require: Vec<Group>,
    pub(crate) deny_if: Vec<Group>,
    /// The rule that asks for a person's approval.
    pub(crate) approval: Option<Arc<ApprovalRule>>,
    pub(crate) limits: Vec<Arc<Limit>>,
    /// The rules of the call's result.
    pub(crate) result: Option<Arc<ResultRules>>,
}

impl Rules {
    /// The groups of conditions in the order of evaluation: `require`, then `deny_if`.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&Group, Clause)> {
        let require = self.require.iter().map(|group| (group, Clause::Require));
        let deny_if = self.deny_if.iter().map(|group| (group, Clause::DenyIf));
        require.chain(deny_if)
    }
}

/// The effect of an entry before its other rules are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Deny,
    Hide,
}

/// The definition of a tool that counts as reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    Digest(Digest),
    /// The first definition that was seen in the life of the process.
    FirstUse,
}

/// The rules that the results of a tool, or of all tools, must meet.
#[derive(Debug)]
pub(crate) struct ResultRules {
    /// The longest result in bytes.
    pub(crate) max_bytes: Option<usize>,
    /// The patterns that texts are searched for.
    pub(crate) patterns: Vec<Sought>,
    /// The place in the document of the rules that these belong to.
    pub(crate) rule: Rule,
}

/// A pattern that texts of results are searched for.
#[derive(Debug)]
pub(crate) struct Sought {
    pub(crate) treatment: Treatment,
    pub(crate) pattern: Pattern,
    /// Its place in the list of its treatment.
    pub(crate) index: usize,
}

/// What becomes of a result in which a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Treatment {
    /// The whole result is withheld.
    Block,
    /// Each match is replaced.
    Redact,
}

/// What a text is searched for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    /// Every kind of secret that the engine knows.
    Secrets,
    /// The kind of secret at that position of the engine's list.
    Secret(usize),
    Regex(Expression),
    /// An invalid pattern, which matches nothing; the parser reports it.
    Mistake,
}

impl ResultRules {
    pub(crate) fn max_bytes_rule(&self) -> Rule {
        self.rule.clone().member("result/max_bytes")
    }

    pub(crate) fn rule_of(&self, sought: &Sought) -> Rule {
        let list = match sought.treatment {
            Treatment::Block => "result/block",
            Treatment::Redact => "result/redact",
        };
        self.rule.clone().member(list).index(sought.index)
    }
}
