//! Counts what became of approvals: of whose calls, and by which approvers.
//!
//! It never holds an approver's reason.

use super::answers::increment;
use super::counts::cut;
use super::tally::{Count, Tally, add_all};
use crate::audit_line::{AuditLine, Decision, Event};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most approvals that are waited for at a time: those of four gateways.
const PENDING: usize = 1024;

/// A caller, and the target of its calls that need approval.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct ApprovalOf {
    /// `None` where the log does not hold the call that asked.
    pub(super) caller: Option<String>,
    /// The tool, the prompt or the URI.
    pub(super) name: Option<String>,
}

/// What became of approvals.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Approvals {
    pub(super) asked: u64,
    pub(super) approved: u64,
    pub(super) refused: u64,
    pub(super) cancelled: u64,
    pub(super) expired: u64,
    pub(super) used: u64,
}

/// A person who visits the page.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Approver {
    pub(super) approver: String,
}

/// An approver's decisions.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Decisions {
    pub(super) approved: u64,
    pub(super) refused: u64,
    /// Visits that were refused, such as of a call of the approver's own.
    pub(super) denied: u64,
}

/// The sums of the approvals in a log.
#[derive(Debug)]
pub(super) struct ApprovalSums {
    pub(super) calls: Tally<ApprovalOf, Approvals>,
    pub(super) approvers: Tally<Approver, Decisions>,
    /// The calls of approvals that are not over, by their ids.
    asked: BTreeMap<String, ApprovalOf>,
}

impl ApprovalSums {
    pub(super) fn new(rows: usize) -> Self {
        Self {
            calls: Tally::new(rows),
            approvers: Tally::new(rows),
            asked: BTreeMap::new(),
        }
    }

    /// Adds the changes of approvals by a call.
    pub(super) fn add_call(&mut self, line: &AuditLine) {
        for (id, standing) in line.approvals() {
            match standing {
                "asked" => self.add_asked(id, line),
                // A call that a person refused is refused again and again.
                "used" | "cancelled" | "expired" => self.add_end(id, standing),
                _ => {}
            }
        }
    }

    /// Adds a visit of the page.
    pub(super) fn add_visit(&mut self, line: &AuditLine) {
        let decides = line.caller().is_some() && line.decision == Decision::Allow;
        for (id, standing) in line.approvals() {
            match standing {
                "approved" | "refused" if decides => self.add_decision(id, standing, line),
                "expired" if decides => self.add_end(id, standing),
                _ => {}
            }
        }
        if line.approver().is_some() && line.decision == Decision::Deny {
            increment(&mut self.approvers.of(Approver::of(line)).denied);
        }
    }

    fn add_asked(&mut self, id: &str, line: &AuditLine) {
        let of = ApprovalOf::of(line);
        if self.asked.len() < PENDING {
            self.asked.insert(id.into(), of.clone());
        }
        increment(&mut self.calls.of(of).asked);
    }

    fn add_decision(&mut self, id: &str, standing: &str, line: &AuditLine) {
        let call = self.calls.of(ApprovalOf::of(line));
        let approver = self.approvers.of(Approver::of(line));
        if standing == "approved" {
            increment(&mut call.approved);
            increment(&mut approver.approved);
        } else {
            increment(&mut call.refused);
            increment(&mut approver.refused);
            self.asked.remove(id);
        }
    }

    fn add_end(&mut self, id: &str, standing: &str) {
        let of = self.asked.remove(id);
        let call = self.calls.of(of.unwrap_or(ApprovalOf {
            caller: None,
            name: None,
        }));
        increment(match standing {
            "used" => &mut call.used,
            "cancelled" => &mut call.cancelled,
            _ => &mut call.expired,
        });
    }
}

impl ApprovalOf {
    fn of(line: &AuditLine) -> Self {
        Self {
            caller: line.caller().map(cut),
            name: line.name().map(|name| cut(name)),
        }
    }
}

impl Approver {
    fn of(line: &AuditLine) -> Self {
        Self {
            approver: line.approver().map(cut).unwrap_or_default(),
        }
    }
}

impl AuditLine {
    /// The caller of the call that the line is about; `None` for one that the policy does not admit.
    pub(super) fn caller(&self) -> Option<&str> {
        match self.event {
            Event::Approval => self.rest.get("caller")?.as_str(),
            _ => self.grant.as_deref(),
        }
    }

    pub(super) fn approver(&self) -> Option<&str> {
        self.rest.get("approver")?.as_str()
    }

    /// The standing of the first approval that the line names.
    pub(super) fn standing(&self) -> Option<&str> {
        self.approvals().next().map(|(_, standing)| standing)
    }

    /// The approvals that the line names, each with its id and its standing.
    fn approvals(&self) -> impl Iterator<Item = (&str, &str)> {
        let approvals = self.rest.get("approvals").and_then(|list| list.as_array());
        approvals.into_iter().flatten().filter_map(|approval| {
            let text = |name| approval.get(name)?.as_str();
            Some((text("id")?, text("standing")?))
        })
    }
}

impl Count for Approvals {
    fn merge(&mut self, other: Self) {
        add_all([
            (&mut self.asked, other.asked),
            (&mut self.approved, other.approved),
            (&mut self.refused, other.refused),
            (&mut self.cancelled, other.cancelled),
            (&mut self.expired, other.expired),
            (&mut self.used, other.used),
        ]);
    }

    fn weight(&self) -> u64 {
        self.asked.max(self.approved)
    }
}

impl Count for Decisions {
    fn merge(&mut self, other: Self) {
        add_all([
            (&mut self.approved, other.approved),
            (&mut self.refused, other.refused),
            (&mut self.denied, other.denied),
        ]);
    }

    fn weight(&self) -> u64 {
        self.approved.saturating_add(self.refused)
    }
}
