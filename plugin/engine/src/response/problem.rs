//! Turns the reason why a part of a response is blocked or changed into the message for the client and the log.
//!
//! It never quotes what a server sent.

use super::framing::Framing;
use crate::model::Mode;
use crate::words::json;
use crate::words::text::clip;
use crate::words::{Reason, Refusal, Rule};
use std::fmt;

/// A request or notification of a server that the policy denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    /// `None` for a method that MCP does not have.
    pub(crate) method: Option<&'static str>,
    pub(crate) rule: Rule,
}

/// Why a message that may contain a list cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListError {
    Json(json::JsonFault),
    /// A member that some reader mistakes for this member of the protocol.
    LookAlike(&'static str),
    /// An element of a batch is an array.
    NoMessage,
    NoList(&'static str),
    NoName(&'static str, &'static str),
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(json::JsonFault::Duplicate(_)) => {
                f.write_str("an object has a member twice")
            }
            Self::Json(fault) => fault.fmt(f),
            Self::LookAlike(known) => {
                write!(f, "the name of a member is confusable with `{known}`")
            }
            Self::NoMessage => f.write_str("a batch contains an array in place of a message"),
            Self::NoList(member) => write!(f, "its `{member}` is not an array"),
            Self::NoName(member, key) => {
                write!(f, "its `{member}` has an element without a `{key}`")
            }
        }
    }
}

/// A listed tool whose definition does not match its pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PinMismatch {
    pub(crate) tool: Box<str>,
    pub(crate) rule: Rule,
    pub(crate) mode: Mode,
    /// The digest of the listed definition; `None` if it cannot be read in one way only, or is not read.
    pub(crate) now: Option<String>,
    pub(crate) changed: Vec<String>,
}

impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool: String = clip(&self.tool, 64);
        write!(f, "`{tool}`")?;
        match (&self.now, &self.changed[..]) {
            (None, _) => f.write_str(" (its definition can be read in two ways)"),
            (Some(now), []) => write!(f, " (it is {now})"),
            (Some(now), names) => write!(f, " (it is {now}; changed: {})", names.join(", ")),
        }
    }
}

/// A fault in a response, or a decision of a rule about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Compressed,
    Header(&'static str),
    TooLong(usize),
    ListError(ListError),
    /// The server sent a denied request or notification.
    Denied(Denied),
    /// Listed tools do not match their pins.
    PinMismatch(Vec<PinMismatch>),
    /// A result exceeds the maximum length of a rule. `length` and `max` are bytes.
    TooMuch {
        rule: Rule,
        length: usize,
        max: usize,
    },
    /// A rule withholds the result for a match of this kind in it.
    Blocked {
        rule: Rule,
        what: &'static str,
    },
    /// The search of a result takes more steps than the budget for its length.
    TooMuchWork(Rule),
    /// Texts were redacted in a result, or would be in shadow mode.
    Redacted(Vec<Redaction>),
    /// The passing rest of a message that is too long to be held contains a list or a fault.
    Late,
    /// The server uses the transport of 2024-11-05.
    Endpoint,
    /// The gateway has no room to hold more of responses.
    NoRoom,
    /// The gateway sent the request to another server than that of this rule, for which it was judged.
    Elsewhere(Rule),
    /// Clients may read the stream differently.
    Framing(Framing),
    /// The server redirects to this path, which is empty if it cannot be shown.
    Redirect(String),
}

impl Problem {
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Denied(_) => Reason::NotAllowed,
            Self::PinMismatch(_) => Reason::Pinned,
            Self::TooMuch { .. }
            | Self::Blocked { .. }
            | Self::TooMuchWork(_)
            | Self::Redacted(_) => Reason::Denied,
            Self::NoRoom | Self::Elsewhere(_) => Reason::Unavailable,
            _ => Reason::Unreadable,
        }
    }

    /// Whether the problem is only reported, in shadow mode, and the response passes unchanged.
    pub(crate) fn is_shadow(&self) -> bool {
        let shadow = |mismatch: &PinMismatch| mismatch.mode == Mode::Shadow;
        let redacted = |redaction: &Redaction| redaction.mode == Mode::Shadow;
        match self {
            Self::PinMismatch(mismatches) => mismatches.iter().all(shadow),
            Self::Redacted(redactions) => redactions.iter().all(redacted),
            _ => false,
        }
    }

    /// Whether the response passes after redaction.
    pub(crate) fn is_redacted(&self) -> bool {
        matches!(self, Self::Redacted(_))
    }

    /// The kinds of texts that were redacted.
    pub(crate) fn redactions(&self) -> &[Redaction] {
        match self {
            Self::Redacted(redactions) => redactions,
            _ => &[],
        }
    }

    fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Denied(denied) => Some(&denied.rule),
            Self::PinMismatch(mismatches) => mismatches.first().map(|mismatch| &mismatch.rule),
            Self::TooMuch { rule, .. }
            | Self::Blocked { rule, .. }
            | Self::TooMuchWork(rule)
            | Self::Elsewhere(rule) => Some(rule),
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
                "The server compressed its response (Content-Encoding) although the gateway asked it not to, so the response cannot be checked.",
            ),
            Self::Header(name) => write!(
                f,
                "The server's header `{name}` can be read in two ways, so its response cannot be checked."
            ),
            Self::TooLong(max) => write!(
                f,
                "The server's message exceeds the {max} bytes that the gateway can check."
            ),
            Self::ListError(why) => write!(f, "The server's message cannot be read: {why}."),
            Self::Denied(Denied {
                method: Some(method),
                ..
            }) => write!(f, "The server sent `{method}`, which is not allowed here."),
            Self::Denied(_) => {
                f.write_str("The server sent a method that MCP does not define, which is not allowed here.")
            }
            Self::PinMismatch(mismatches) => {
                let tools: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
                write!(f, "The server lists tools that differ from their pins: {}.", tools.join(", "))
            }
            Self::TooMuch { length, max, .. } => write!(
                f,
                "The result has {length} bytes, more than the {max} that this tool may return. Ask for less."
            ),
            Self::Blocked { what, .. } => write!(
                f,
                "The result contains data that must not reach you ({what}), so all of it is withheld. The call was carried out. Do not repeat it."
            ),
            Self::TooMuchWork(_) => f.write_str(
                "The search of the result for data to redact exceeds the gateway's budget for its length, so the result is withheld. Ask for less.",
            ),
            Self::Redacted(redactions) => {
                write!(f, "Redacted from the result: {}.", RedactedKinds(redactions))
            }
            Self::Late => f.write_str(
                "The server's message is longer than the gateway can hold, and a part that must be checked as a whole comes late in it.",
            ),
            Self::Endpoint => f.write_str(
                "The server uses the HTTP+SSE transport of revision 2024-11-05, whose answers the gateway cannot check. Use Streamable HTTP.",
            ),
            Self::NoRoom => f.write_str(
                "The gateway holds too many responses right now to check this one. Try again later, or ask for less.",
            ),
            Self::Elsewhere(_) => f.write_str(
                "The gateway sent the request to another server than the one that it was judged for, so the answer is withheld. The call may have been carried out. Do not repeat it; ask the gateway's operator.",
            ),
            Self::Framing(framing) => write!(
                f,
                "The server's event stream can be read in two ways, so it ends here: {framing}."
            ),
            Self::Redirect(path) => redirected(f, path),
        }
    }
}

fn redirected(f: &mut fmt::Formatter<'_>, path: &str) -> fmt::Result {
    match path {
        "" => f.write_str(
            "The server redirects the request to another address, and MCP has no redirects. Configure the server's own address instead.",
        ),
        path => write!(
            f,
            "The server redirects the request to `{path}`, and MCP has no redirects. Configure this path instead."
        ),
    }
}

/// One kind of text that a rule redacts, or would redact in shadow mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redaction {
    pub(crate) what: &'static str,
    pub(crate) rule: Rule,
    pub(crate) mode: Mode,
    /// The number of matches.
    pub(crate) times: usize,
}

/// Displays each kind with its number of redactions, in the order of the first ones.
pub(super) struct RedactedKinds<'r>(pub(super) &'r [Redaction]);

impl fmt::Display for RedactedKinds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut named: Vec<&str> = Vec::new();
        for redaction in self.0 {
            if named.contains(&redaction.what) {
                continue;
            }
            let same = self.0.iter().filter(|other| other.what == redaction.what);
            let comma = if named.is_empty() { "" } else { ", " };
            write!(
                f,
                "{comma}{} ({})",
                redaction.what,
                same.map(|same| same.times).sum::<usize>()
            )?;
            named.push(redaction.what);
        }
        Ok(())
    }
}
