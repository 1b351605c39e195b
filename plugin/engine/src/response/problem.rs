//! Why a part of a response is not passed on, in the words that the client and the log get.
//!
//! It never quotes what a server sent, but for the name of a member.

use super::ask::Denied;
use super::list::Unclear;
use super::pin::Drift;
use super::result::{Redaction, Told};
use crate::decide::{Reason, Refusal, Rule};
use crate::parse::Mode;
use std::fmt;

/// Something in a response that cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Compressed,
    Header(&'static str),
    TooLong(usize),
    Unclear(Unclear),
    /// The server asks or tells what it may not.
    Denied(Denied),
    /// Tools are not as they are pinned.
    Drifted(Vec<Drift>),
    /// A result is longer than the policy lets it be.
    TooMuch {
        rule: Rule,
        length: usize,
        max: usize,
    },
    /// Something was taken out of a result.
    Redacted(Vec<Redaction>),
    /// What was too long to be held holds a list after all.
    Late,
    /// The transport of 2024-11-05.
    Endpoint,
}

impl Problem {
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Denied(_) => Reason::NotAllowed,
            Self::Drifted(_) => Reason::Pinned,
            Self::TooMuch { .. } | Self::Redacted(_) => Reason::Denied,
            _ => Reason::Unreadable,
        }
    }

    /// True where it is told, and the response passes as if it were none.
    pub(crate) fn is_shadow(&self) -> bool {
        let shadow = |drift: &Drift| drift.mode == Mode::Shadow;
        let redacted = |redaction: &Redaction| redaction.mode == Mode::Shadow;
        match self {
            Self::Drifted(drifts) => drifts.iter().all(shadow),
            Self::Redacted(redactions) => redactions.iter().all(redacted),
            _ => false,
        }
    }

    /// True where the response passes all the same, without what was taken out of it.
    pub(crate) fn is_redacted(&self) -> bool {
        matches!(self, Self::Redacted(_))
    }

    fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Denied(denied) => Some(&denied.rule),
            Self::Drifted(drifts) => drifts.first().map(|drift| &drift.rule),
            Self::TooMuch { rule, .. } => Some(rule),
            Self::Redacted(redactions) => redactions.first().map(|redaction| &redaction.rule),
            _ => None,
        }
    }
}

impl From<&Problem> for Refusal {
    fn from(problem: &Problem) -> Self {
        Self {
            reason: problem.reason(),
            rule: problem.rule().cloned(),
            message: problem.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compressed => f.write_str(
                "The server's response is compressed (Content-Encoding) though the gateway asked it not to be, so it cannot be judged.",
            ),
            Self::Header(name) => write!(
                f,
                "The server's header `{name}` can be read in two ways, so its response cannot be judged."
            ),
            Self::TooLong(max) => write!(
                f,
                "The server's message is longer than the {max} bytes that the gateway can judge."
            ),
            Self::Unclear(why) => write!(f, "The server's message cannot be read: {why}."),
            Self::Denied(denied) => {
                write!(f, "The server sent `{}`, which is not allowed here.", denied.method)
            }
            Self::Drifted(drifts) => {
                let tools: Vec<_> = drifts.iter().map(ToString::to_string).collect();
                write!(f, "The server lists tools that are not as they are pinned: {}.", tools.join(", "))
            }
            Self::TooMuch { length, max, .. } => write!(
                f,
                "The result has {length} bytes, more than the {max} that this tool may return. Ask for less."
            ),
            Self::Redacted(redactions) => {
                write!(f, "Taken out of the result: {}.", Told(redactions))
            }
            Self::Late => f.write_str(
                "The server's message is longer than the gateway can judge, and has a list or a request in it.",
            ),
            Self::Endpoint => f.write_str(
                "The server speaks the transport of 2024-11-05 (HTTP with SSE), whose answers the gateway cannot judge. Use Streamable HTTP.",
            ),
        }
    }
}
