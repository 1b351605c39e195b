//! Which limits a call's outcome refunds, by their `refund`.
//!
//! It gives nothing back: the engine does.

use super::outcome::Outcome;
use mcp_policy::document::LimitInfo;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// When a limit refunds, from seldom to often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refunds {
    Never,
    Unsent,
    OnError,
    OnToolError,
}

impl Refunds {
    fn of(limit: &LimitInfo, policy: &Json) -> Self {
        let own = policy
            .pointer(&limit.pointer)
            .and_then(|limit| limit.get("refund"));
        match own.and_then(Json::as_str) {
            Some("never") => Self::Never,
            Some("on_error") => Self::OnError,
            Some("on_tool_error") => Self::OnToolError,
            _ => Self::Unsent,
        }
    }

    /// Whether it is certain if a call with this outcome is refunded. `seen` are the refunds of the policy that decided, whose
    /// lines the log has. A call without any line is taken to have reached the server.
    pub(super) fn is_certain(self, outcome: &Outcome, seen: Option<Self>) -> bool {
        match outcome.told {
            Some(_) => true,
            None => {
                let kept = seen.filter(|_| outcome.id.is_some());
                self <= Self::Unsent || kept.is_some_and(|seen| self <= seen)
            }
        }
    }
}

/// The refunds of each counter of these limits: those of the limit that refunds most seldom.
pub(super) fn of_counters<'l>(
    limits: impl Iterator<Item = &'l LimitInfo>,
    policy: &Json,
) -> BTreeMap<&'l str, Refunds> {
    let mut counters = BTreeMap::new();
    for limit in limits {
        let refunds = Refunds::of(limit, policy);
        let least = counters.entry(&*limit.counter).or_insert(refunds);
        *least = refunds.min(*least);
    }
    counters
}
