//! A recorded call, and a policy's decision about it.
//!
//! A fact that was not recorded is never filled in.

use super::outcome::Outcome;
use super::recorded::Recorded;
use mcp_policy::host::Millis;
use serde::Serialize;

/// A call that was made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The number of its line, from 1.
    pub(super) line: usize,
    pub(super) at: Option<Millis>,
    pub(super) caller: Option<String>,
    pub(super) server: Option<String>,
    pub(super) method: String,
    /// The tool, the prompt or the URI of the call.
    pub(super) name: Option<String>,
    /// The message, with `null` for an unknown argument.
    pub(super) message: String,
    /// The values of its arguments and its caller.
    pub(super) recorded: Recorded,
    /// What the log decided; `None` for a message alone.
    pub(super) decision: Option<Decision>,
    pub(super) outcome: Outcome,
}

/// The decision that a line records.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    /// The hash of the policy that decided.
    pub(super) policy: Option<String>,
    pub(super) verdict: Verdict,
}

/// The decision of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    /// The rule that refuses, as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// A person decides, or has decided.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) needs_approval: bool,
}

impl Verdict {
    /// Whether both decide alike: a person's decision is none of a policy.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.needs_approval == other.needs_approval
            && (self.needs_approval || self.allowed == other.allowed)
    }

    pub(super) fn refused_by(rule: impl Into<String>) -> Self {
        Self {
            allowed: false,
            rule: Some(rule.into()),
            needs_approval: false,
        }
    }
}

impl Call {
    /// The recorded verdict of the policy with this hash.
    pub(super) fn verdict_of(&self, policy: &str) -> Option<&Verdict> {
        let decision = self.decision.as_ref()?;
        (decision.policy.as_deref() == Some(policy)).then_some(&decision.verdict)
    }
}
