//! Which lines of a log a user asks for.
//!
//! It never admits a line that lacks a fact that it asks for.

use super::moment::Moment;
use crate::audit_line::{AuditLine, Decision};
use crate::name_patterns::matches;
use mcp_policy::document::Star;

/// The lines that are asked for: those that have all of these facts.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of this time or later.
    pub since: Option<Moment>,
    /// Those before this time.
    pub until: Option<Moment>,
    /// Those of the callers of this grant.
    pub grant: Option<String>,
    /// Those of requests for this server.
    pub server: Option<String>,
    /// Those of calls of this tool; in a pattern such as `get_*`, a `*` stands for any text.
    pub tool: Option<String>,
    /// Those with this outcome.
    pub outcome: Option<Outcome>,
    /// Refusals for this reason, enforced or in shadow mode.
    pub reason: Option<String>,
}

/// How a decision came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Let through.
    Allowed,
    /// Let through, though a rule in shadow mode would have refused it.
    Shadowed,
    /// Refused.
    Refused,
}

impl Filter {
    pub(super) fn admits(&self, line: &AuditLine) -> bool {
        self.is_in_time(line)
            && is_wanted(self.grant.as_deref(), line.caller())
            && is_wanted(self.server.as_deref(), line.server.as_deref())
            && self.is_of_tool(line)
            && self.outcome.is_none_or(|outcome| is(line, outcome))
            && self.has_reason(line)
    }

    fn is_in_time(&self, line: &AuditLine) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        Moment::read(&line.time).is_some_and(|time| {
            self.since.is_none_or(|since| time >= since)
                && self.until.is_none_or(|until| time < until)
        })
    }

    fn is_of_tool(&self, line: &AuditLine) -> bool {
        let Some(wanted) = &self.tool else {
            return true;
        };
        let tool = line.tool.as_ref();
        tool.is_some_and(|tool| matches(wanted, tool, Star::Any))
    }

    fn has_reason(&self, line: &AuditLine) -> bool {
        let Some(wanted) = &self.reason else {
            return true;
        };
        let shadow = line.shadow.iter().map(|shadow| &shadow.reason);
        line.reason.iter().chain(shadow).any(|one| one == wanted)
    }
}

fn is(line: &AuditLine, outcome: Outcome) -> bool {
    let is_allowed = line.decision == Decision::Allow;
    match outcome {
        Outcome::Allowed => is_allowed,
        Outcome::Shadowed => is_allowed && !line.shadow.is_empty(),
        Outcome::Refused => !is_allowed,
    }
}

fn is_wanted(wanted: Option<&str>, found: Option<&str>) -> bool {
    wanted.is_none() || wanted == found
}
