//! The conclusions of the rules about a message, before a count or a lookup.
//!
//! It holds conclusions, and never the message itself.

use super::pin::PinCheck;
use super::task::TaskCheck;
use crate::model::{ApprovalRule, Limit, Mode};
use crate::read::RequestError;
use crate::words::Refusal;
use crate::words::trace::Trace;
use crate::words::work::Budgets;
use std::sync::Arc;

/// The conclusions of the rules before a count or a lookup.
#[derive(Debug)]
pub(crate) struct Verdict<'p> {
    /// The first refusal that is enforced.
    pub(crate) refusal: Option<Refusal>,
    /// The trace of the rules after the last check, or of all rules without a check.
    pub(crate) trace: Trace,
    /// The checks that may refuse the call before `refusal`, in their order, each with the trace of the rules before
    /// it.
    pub(crate) checks: Vec<(Trace, Check<'p>)>,
    /// The rules by which a person must approve the call, in their order.
    pub(crate) approvals: Vec<&'p Arc<ApprovalRule>>,
    /// The limits that the call must fit where no rule refuses it.
    pub(crate) limits: Vec<(&'p Arc<Limit>, Mode)>,
    /// The marks of sequences that come after all limits, so that a full limit is found before a mark is set: only a call
    /// that is forwarded leaves a mark.
    pub(crate) marks: Vec<(&'p Arc<Limit>, Mode)>,
    /// The headers do not repeat the arguments as the tool's schema says. The request is then answered as unreadable.
    pub(crate) contradiction: Option<RequestError>,
    /// The number of groups of conditions that are unknown.
    pub(crate) unknown_groups: u64,
    /// The rest of the message's steps.
    pub(crate) budgets: Budgets,
}

/// A condition on the host's state. The rules after it matter only where it holds.
#[derive(Debug)]
pub(crate) enum Check<'p> {
    /// No mark of a sequence forbids the call.
    Marks(Vec<(&'p Arc<Limit>, Mode)>),
    /// The tool is still the reviewed one.
    Pin(PinCheck),
    /// The tasks were issued to the caller; with the marks that their calls may have left.
    Tasks(TaskCheck, Vec<(&'p Arc<Limit>, Mode)>),
}
