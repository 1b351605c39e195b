//! Why a part of a response is not passed on, in the words that the client and the log get.
//!
//! It never quotes what a server sent.

use super::framing::Framing;
use crate::model::Mode;
use crate::words::json;
use crate::words::text::clip;
use crate::words::{Reason, Refusal, Rule};
use std::fmt;

/// Something that a server may not ask or tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    /// `None` for a method that MCP does not have.
    pub(crate) method: Option<&'static str>,
    pub(crate) rule: Rule,
}

/// Why a message that may hold a list is not passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListError {
    Json(json::Fault),
    /// A member that some reader takes for this one of the protocol's.
    LookAlike(&'static str),
    /// An element of a batch is none.
    NoMessage,
    NoList(&'static str),
    NoName(&'static str, &'static str),
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(json::Fault::Duplicate(_)) => {
                f.write_str("a member is given twice in one object")
            }
            Self::Json(fault) => fault.fmt(f),
            Self::LookAlike(known) => {
                write!(f, "the name of a member is too like `{known}`")
            }
            Self::NoMessage => f.write_str("a batch holds a list in the place of a message"),
            Self::NoList(member) => write!(f, "its `{member}` is no array"),
            Self::NoName(member, key) => {
                write!(f, "its `{member}` has an element without a `{key}`")
            }
        }
    }
}

/// A tool that is not as it is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PinMismatch {
    pub(crate) tool: Box<str>,
    pub(crate) rule: Rule,
    pub(crate) mode: Mode,
    /// What it is now, where that can be told, and what of it has changed.
    pub(crate) now: Option<String>,
    pub(crate) changed: Vec<String>,
}

impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool: String = clip(&self.tool, 64);
        write!(f, "`{tool}`")?;
        match (&self.now, &self.changed[..]) {
            (None, _) => f.write_str(" (two readers may take its definition for different ones)"),
            (Some(now), []) => write!(f, " (it is {now})"),
            (Some(now), names) => write!(f, " (it is {now}; changed: {})", names.join(", ")),
        }
    }
}

/// Something in a response that cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Compressed,
    Header(&'static str),
    TooLong(usize),
    ListError(ListError),
    /// The server asks or tells what it may not.
    Denied(Denied),
    /// Tools are not as they are pinned.
    PinMismatch(Vec<PinMismatch>),
    /// A result is longer than the policy lets it be.
    TooMuch {
        rule: Rule,
        length: usize,
        max: usize,
    },
    /// To search a result for what must be taken out takes more steps than its length allows.
    TooMuchWork(Rule),
    /// Something was taken out of a result.
    Redacted(Vec<Redaction>),
    /// What was too long to be held holds a list after all.
    Late,
    /// The transport of 2024-11-05.
    Endpoint,
    /// The gateway holds as much of responses as it may.
    NoRoom,
    /// Clients may read different streams.
    Framing(Framing),
    /// The server redirects, to this path where it can be shown.
    Redirect(String),
}

impl Problem {
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Denied(_) => Reason::NotAllowed,
            Self::PinMismatch(_) => Reason::Pinned,
            Self::TooMuch { .. } | Self::TooMuchWork(_) | Self::Redacted(_) => Reason::Denied,
            Self::NoRoom => Reason::Unavailable,
            _ => Reason::Unreadable,
        }
    }

    /// True where it is told, and the response passes as if it were none.
    pub(crate) fn is_shadow(&self) -> bool {
        let shadow = |mismatch: &PinMismatch| mismatch.mode == Mode::Shadow;
        let redacted = |redaction: &Redaction| redaction.mode == Mode::Shadow;
        match self {
            Self::PinMismatch(mismatches) => mismatches.iter().all(shadow),
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
            Self::PinMismatch(mismatches) => mismatches.first().map(|mismatch| &mismatch.rule),
            Self::TooMuch { rule, .. } | Self::TooMuchWork(rule) => Some(rule),
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
            Self::ListError(why) => write!(f, "The server's message cannot be read: {why}."),
            Self::Denied(Denied {
                method: Some(method),
                ..
            }) => write!(f, "The server sent `{method}`, which is not allowed here."),
            Self::Denied(_) => {
                f.write_str("The server sent a method that MCP does not have, which is not allowed here.")
            }
            Self::PinMismatch(mismatches) => {
                let tools: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
                write!(f, "The server lists tools that are not as they are pinned: {}.", tools.join(", "))
            }
            Self::TooMuch { length, max, .. } => write!(
                f,
                "The result has {length} bytes, more than the {max} that this tool may return. Ask for less."
            ),
            Self::TooMuchWork(_) => f.write_str(
                "The result takes more work to search for what must be taken out of it than the gateway does for one of its length, so it is withheld. Ask for less.",
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
            Self::NoRoom => f.write_str(
                "The gateway holds too many responses at a time to judge this one. Try again later, or ask for less.",
            ),
            Self::Framing(framing) => write!(
                f,
                "The server's event stream can be read in two ways, so it ends here: {framing}."
            ),
            Self::Redirect(path) if path.is_empty() => f.write_str(
                "The server redirects the request to another address, and MCP has no redirects. Configure the server's own address instead.",
            ),
            Self::Redirect(path) => write!(
                f,
                "The server redirects the request to `{path}`, and MCP has no redirects. Configure this path instead."
            ),
        }
    }
}

/// Something that was taken out, or would be in shadow mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redaction {
    pub(super) what: &'static str,
    pub(crate) rule: Rule,
    pub(crate) mode: Mode,
    /// How often it was found.
    pub(super) times: usize,
}

/// How often each was taken out, in the order in which they came.
pub(super) struct Told<'r>(pub(super) &'r [Redaction]);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<&str> = Vec::new();
        for redaction in self.0 {
            if told.contains(&redaction.what) {
                continue;
            }
            let same = self.0.iter().filter(|other| other.what == redaction.what);
            let comma = if told.is_empty() { "" } else { ", " };
            write!(
                f,
                "{comma}{} ({})",
                redaction.what,
                same.map(|same| same.times).sum::<usize>()
            )?;
            told.push(redaction.what);
        }
        Ok(())
    }
}
