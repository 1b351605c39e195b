//! The questions to the host's state that are asked before a message may go.
//!
//! It answers none.

use crate::count::Charge;
use crate::decide::{Check, PinCheck, TaskCheck};
use crate::model::{Limit, Mode};
use crate::step::Ask;
use crate::words::state::StateKey;
use crate::words::under_way::RequestKey;
use std::sync::Arc;

/// A question to the host's state that is asked before a message may go.
#[derive(Debug)]
pub(super) enum Pending {
    /// No mark of a sequence stands against the call.
    Sequence(Arc<[Charge]>),
    /// The tool is the one that was reviewed.
    Pin(PinCheck),
    /// The tasks were issued to the caller; with the marks that their calls may have left.
    Tasks(TaskCheck, Vec<Charge>),
    /// The id of the message is not another's.
    Id(RequestKey),
    /// The charges of the call fit its limits.
    Limits(Arc<[Charge]>),
    /// What has to be known to judge the response.
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
            Self::Id(request) => Ask::Open(request.clone()),
            Self::Response(keys) => Ask::Lookup(keys.as_slice().into()),
        }
    }
}
