//! The options of the audit log, under `audit` in the document.
//!
//! They decide nothing about a call.

use super::path::Segment;

/// What the log says beside the decisions.
#[derive(Debug, Default)]
pub(crate) struct AuditOptions {
    /// The arguments whose values lines hold.
    pub(crate) arguments: Vec<OpenedArgument>,
    /// The facts about the caller that lines hold.
    pub(crate) facts: Vec<OpenedFact>,
    /// A line tells how the server answered each request that was forwarded.
    pub(crate) answers: bool,
}

/// An argument, or all of them, whose value lines hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenedArgument {
    /// Its path, such as `args.command`, as a JSON string.
    pub(crate) path: Box<str>,
    pub(crate) steps: Vec<Segment>,
}

/// A fact about the caller that lines hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenedFact {
    /// Its name, such as `header.x-team`, as a JSON string.
    pub(crate) name: Box<str>,
    pub(crate) fact: Fact,
}

/// A fact about the caller that some rule could read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Ip,
    /// The session, by a keyed hash.
    Session,
    Header(Box<str>),
    Claim(Vec<Segment>),
}

impl AuditOptions {
    /// The most arguments whose values lines hold, and the most facts.
    pub(crate) const MOST_OPENED: usize = 16;

    /// Whether lines hold some claim.
    pub(crate) fn opens_claims(&self) -> bool {
        let mut facts = self.facts.iter();
        facts.any(|opened| matches!(opened.fact, Fact::Claim(_)))
    }
}

impl OpenedArgument {
    /// The name of the member that holds the value; empty for an element of a list.
    pub(crate) fn name(&self) -> &str {
        last_name(&self.steps)
    }
}

impl OpenedFact {
    /// The name of the header or the claim; empty for another fact.
    pub(crate) fn own_name(&self) -> &str {
        match &self.fact {
            Fact::Header(name) => name,
            Fact::Claim(steps) => last_name(steps),
            Fact::Ip | Fact::Session => "",
        }
    }
}

fn last_name(steps: &[Segment]) -> &str {
    match steps.last() {
        Some(Segment::Member(name)) => name,
        _ => "",
    }
}
