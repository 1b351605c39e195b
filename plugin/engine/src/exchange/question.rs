//! The questions to the host's state that an exchange asks before it forwards a message.
//!
//! It never answers one.

use super::approval_step::{Wanted, find};
use crate::count::Charge;
use crate::decide::{Check, PinCheck, TaskCheck};
use crate::model::{Limit, Mode};
use crate::step::Ask;
use crate::words::approval::{ApprovalAsk, ApprovalId, Awaited, CallDigest};
use crate::words::state::StateKey;
use crate::words::under_way::RequestKey;
use std::sync::Arc;

/// A question to the host's state, which is asked before a message is forwarded.
#[derive(Debug)]
pub(super) enum Pending {
    /// Whether no mark of a sequence forbids the call.
    Sequence(Arc<[Charge]>),
    /// Whether the tool is still the reviewed one.
    Pin(PinCheck),
    /// Whether the tasks were issued to the caller; with the marks that their calls may have left.
    Tasks(TaskCheck, Vec<Charge>),
    /// Whether no other request has the id of the message.
    Id(RequestKey),
    /// Whether the charges of the call fit its limits.
    Limits(Arc<[Charge]>),
    /// Whether a person has approved the message; with the approval that its caller waits for.
    Approvals(Vec<Wanted>, Option<Awaited>),
    /// The caller's user does not want to wait for this approval.
    Cancelled(ApprovalId),
    /// Whether a person has approved that the message exceeds a limit; with its charges.
    Over(Box<Wanted>, Arc<[Charge]>, Option<Awaited>),
    /// Whether these approvals pass this message.
    Use(Vec<(ApprovalId, CallDigest)>),
    /// The state that the response is judged by.
    Response(Vec<StateKey>),
}

impl Pending {
    pub(super) fn of<'p>(
        check: Check<'p>,
        charges: impl Fn(&[(&'p Arc<Limit>, Mode)]) -> Vec<Charge>,
    ) -> Self {
        match check {
            Check::Marks(limits) => Self::Sequence(charges(&limits).into()),
            Check::Pin(pin) => Self::Pin(pin),
            Check::Tasks(tasks, marks) => Self::Tasks(tasks, charges(&marks)),
        }
    }

    pub(super) fn ask(&self) -> Ask {
        match self {
            Self::Sequence(charges) | Self::Limits(charges) => Ask::Reserve(charges.clone()),
            Self::Pin(pin) => Ask::Lookup(pin.keys().into()),
            Self::Tasks(tasks, _) => Ask::Lookup(tasks.keys().into()),
            Self::Approvals(wanted, waits_for) => Ask::Approvals(find(wanted, *waits_for)),
            Self::Over(wanted, _, waits_for) => {
                Ask::Approvals(find(std::slice::from_ref(&**wanted), *waits_for))
            }
            Self::Cancelled(id) => Ask::Approvals(ApprovalAsk::Cancel(*id)),
            Self::Use(approved) => Ask::Approvals(ApprovalAsk::Use(approved.clone())),
            Self::Id(request) => Ask::Open(request.clone()),
            Self::Response(keys) => Ask::Lookup(keys.as_slice().into()),
        }
    }
}
