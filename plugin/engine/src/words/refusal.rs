//! Refusals: the closed list of reasons, and the details for the client and the log.
//!
//! It decides nothing and knows no wire format; `answer` writes the response.

use super::pointer::Rule;
use serde::Serialize;
use std::fmt;

/// Why a request was refused: the closed list that clients and logs see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No rule admits it; it is hidden, unlisted or does not exist.
    NotAllowed,
    /// A rule denies it by name.
    Denied,
    /// The content of the call does not meet a rule.
    Arguments,
    /// A limit is used up.
    RateLimited,
    /// An earlier call rules this one out.
    Sequence,
    /// The tool is not, or not yet known to be, the one that was reviewed.
    Pinned,
    /// A kill switch is set.
    Frozen,
    /// The policy does not know the caller.
    Identity,
    /// The request is not exactly one MCP message.
    Unreadable,
    /// The gateway could not count, so it could not know.
    Unavailable,
}

/// A refusal: the details for the client and the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) rule: Option<Rule>,
    pub(crate) message: String,
}

/// The best next step for a model after a refusal that waiting does not end.
pub(crate) const ASK: &str = "Do not retry; use another way, or ask the user.";

impl Reason {
    /// The name that clients and logs see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::Denied => "denied",
            Self::Arguments => "arguments",
            Self::RateLimited => "rate_limited",
            Self::Sequence => "sequence",
            Self::Pinned => "pinned",
            Self::Frozen => "frozen",
            Self::Identity => "identity",
            Self::Unreadable => "unreadable",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
