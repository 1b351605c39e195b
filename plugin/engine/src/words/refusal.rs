//! Refusals: the closed list of reasons, and the details for the client and the log.
//!
//! It decides nothing and knows no wire format; `answer` writes the response.

use super::pointer::Rule;
use serde::Serialize;
use std::fmt;

/// The reason for a refusal: the closed list that clients and logs see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No rule admits the target: it is hidden, unlisted, or does not exist.
    NotAllowed,
    /// A rule denies the target by its name.
    Denied,
    /// The content of the call does not meet a rule.
    Arguments,
    /// A person has not approved the call.
    ApprovalRequired,
    /// A limit is used up.
    RateLimited,
    /// An earlier call excludes this one for a time.
    Sequence,
    /// The tool's definition differs from the pinned one, or is not known yet.
    Pinned,
    /// A kill switch is set.
    Frozen,
    /// The policy does not know the caller.
    Identity,
    /// The request is not exactly one MCP message.
    Unreadable,
    /// Counts or state were unavailable, so the decision is unknown.
    Unavailable,
}

/// A refusal: the details for the client and the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) rule: Option<Rule>,
    pub(crate) message: String,
}

/// The next step that a refusal suggests to the model, where waiting does not help.
pub(crate) const ASK: &str = "Do not retry; use another way, or ask the user.";

/// The next step of a model that only the operator of the gateway can help.
pub(crate) const ASK_OPERATOR: &str = "Do not retry; ask the operator.";

impl Reason {
    /// The name that clients and logs see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::Denied => "denied",
            Self::Arguments => "arguments",
            Self::ApprovalRequired => "approval_required",
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
