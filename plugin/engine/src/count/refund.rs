//! Charges to refund, and the outcomes of a call for which a limit refunds.
//!
//! It never observes a call: the outcome is an argument, which `response` observes.

use super::charge::{Charge, Count};
use crate::model::Refunds;
use crate::words::Millis;
use crate::words::state::StateKey;
use std::sync::Arc;

/// Charges that are refunded, each to the window that it came from. A charge that cannot be refunded stays counted.
#[derive(Clone, Debug)]
pub struct Refund {
    pub(crate) charges: Arc<[Charge]>,
    pub(crate) counts: Vec<Count>,
    pub(crate) outcome: CallOutcome,
    /// The task that the call became. The charges are refunded when it ends, and not before.
    pub(crate) task: Option<Box<StateKey>>,
}

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    /// No byte of it reached the server.
    Unsent,
    /// It certainly did not run.
    NotExecuted,
    /// Its result says that it failed.
    ToolError,
    /// The gateway refused it after it was counted.
    Refused,
    /// It ran, or that is unknown. It is no longer under way.
    Executed,
    /// It became a task, which is under way.
    Task,
}

impl Refund {
    /// The charges to refund, each with the end of its window.
    pub fn returned(&self) -> impl Iterator<Item = (&Charge, Millis)> {
        let both = self.charges.iter().zip(&self.counts);
        both.filter(|(charge, count)| count.added && charge.refunds.cover(self.outcome))
            .map(|(charge, count)| (charge, count.ends))
    }

    /// The task at whose end the charges are refunded; `None` where they are refunded at once.
    pub fn task(&self) -> Option<&StateKey> {
        self.task.as_deref()
    }

    /// False for a place that became free as expected.
    pub(crate) fn is_logged(&self) -> bool {
        !matches!(self.outcome, CallOutcome::Executed | CallOutcome::Task)
    }

    /// The reason, for the log.
    pub(crate) fn why(&self) -> &'static str {
        match self.outcome {
            CallOutcome::Unsent => "The call did not reach the server, so it is refunded.",
            CallOutcome::NotExecuted => "The call was not executed, so it is refunded.",
            CallOutcome::ToolError => "The call failed, so it is refunded.",
            CallOutcome::Refused => "The call was refused, so it is not counted.",
            CallOutcome::Executed => "The call was answered, so it is no longer under way.",
            CallOutcome::Task => "The call became a task, which is under way.",
        }
    }
}

impl Refunds {
    fn cover(self, outcome: CallOutcome) -> bool {
        match outcome {
            CallOutcome::Unsent => self > Self::Never,
            CallOutcome::NotExecuted => self >= Self::OnError,
            CallOutcome::ToolError => self >= Self::OnToolError,
            CallOutcome::Refused => true,
            CallOutcome::Executed | CallOutcome::Task => self == Self::Answered,
        }
    }
}
