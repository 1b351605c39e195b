//! The approvals of one message, from the verdict of the rules to the end of its request.
//!
//! It asks nothing: it holds what is to ask for, and what was found.

use crate::approval::{ApprovableCall, Round};
use crate::count::{Charge, Count};
use crate::model::ApprovalRule;
use crate::words::Rule;
use crate::words::approval::{
    Approval, ApprovalAsk, ApprovalId, ApprovalRequest, Awaited, CallDigest,
};
use std::sync::Arc;

/// The approvals of one message.
#[derive(Debug)]
pub(super) struct ApprovalStep {
    /// The approvals to find before the message is counted; empty once they are found.
    pub(super) wanted: Vec<Wanted>,
    /// The approvals by which it may exceed a limit.
    pub(super) over: Vec<Wanted>,
    /// The approvals that it uses up.
    pub(super) approved: Vec<(ApprovalId, CallDigest)>,
    /// The round of a client that waits.
    pub(super) round: Option<Round>,
    /// The approval that the client waits for; `None` once it is found.
    pub(super) waits_for: Option<ApprovalId>,
    /// The client's user did not open the address.
    pub(super) declines: bool,
    /// How the client can wait; `None` where it cannot.
    pub(super) waits: Option<Waits>,
    /// The body without the gateway's own members.
    pub(super) body: Option<Vec<u8>>,
    pub(super) counted: Option<(Arc<[Charge]>, Vec<Count>)>,
}

/// How a client waits by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) shows_urls: bool,
}

/// An approval that a rule asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) request: ApprovalRequest,
    pub(super) rule: Arc<ApprovalRule>,
    /// What needs it, in a sentence.
    pub(super) reason: String,
}

/// A caller has to wait for a person.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) approval: Approval,
    /// The description for persons.
    pub(super) text: String,
    pub(super) rule: Rule,
    pub(super) reason: String,
}

impl ApprovalStep {
    /// The round of a client whose user declined, once.
    pub(super) fn declined(&mut self) -> Option<ApprovalId> {
        let declines = std::mem::take(&mut self.declines);
        self.waits_for.filter(|_| declines)
    }

    /// The approval that the client waits for, as a question names it that asks for so many of `over`.
    pub(super) fn awaited(&self, asked: usize) -> Option<Awaited> {
        let or_later = self.over.len() > asked;
        self.waits_for.map(|id| Awaited { id, or_later })
    }

    /// Notes that these approvals were found.
    pub(super) fn found(&mut self, found: &[Approval]) {
        let waits_for = self.waits_for;
        self.waits_for = waits_for.filter(|id| found.iter().all(|found| found.id != *id));
    }
}

impl Wanted {
    pub(super) fn new(call: &ApprovableCall, rule: &Arc<ApprovalRule>, reason: String) -> Self {
        Self {
            request: call.request(rule),
            rule: rule.clone(),
            reason: rule.message.as_deref().map_or(reason, Into::into),
        }
    }
}

/// The question for these approvals.
pub(super) fn find(wanted: &[Wanted], waits_for: Option<Awaited>) -> ApprovalAsk {
    let requests = wanted.iter().map(|wanted| wanted.request.clone());
    ApprovalAsk::Find(requests.collect(), waits_for)
}
