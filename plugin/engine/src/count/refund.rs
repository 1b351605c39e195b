//! Charges to give back, and when a limit gives them back.
//!
//! What happened to the call is an argument: `response` observes it.

use super::charge::{Charge, Count};
use crate::model::Refunds;
use crate::words::Millis;
use std::sync::Arc;

/// Charges that are given back, each to the window that it came from. What cannot be given back stays counted.
#[derive(Clone, Debug)]
pub struct Refund {
    pub(crate) charges: Arc<[Charge]>,
    pub(crate) counts: Vec<Count>,
    pub(crate) outcome: CallOutcome,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    /// Nothing of it reached the server.
    Unsent,
    /// It surely did not run.
    NotExecuted,
    /// Its result says that it failed.
    ToolError,
    /// It ran, or nobody can tell.
    Executed,
}

impl Refund {
    /// The charges to give back, and when their windows end.
    pub fn returned(&self) -> impl Iterator<Item = (&Charge, Millis)> {
        let both = self.charges.iter().zip(&self.counts);
        both.filter(|(charge, count)| count.added && charge.refunds.cover(self.outcome))
            .map(|(charge, count)| (charge, count.ends))
    }

    /// Why, for the log.
    pub(crate) fn why(&self) -> &'static str {
        match self.outcome {
            CallOutcome::Unsent | CallOutcome::NotExecuted => {
                "The call did not run, so it does not count."
            }
            CallOutcome::ToolError => "The call failed, so it does not count.",
            CallOutcome::Executed => "The call counts.",
        }
    }
}

impl Refunds {
    fn cover(self, outcome: CallOutcome) -> bool {
        match outcome {
            CallOutcome::Unsent => self > Self::Never,
            CallOutcome::NotExecuted => self >= Self::OnError,
            CallOutcome::ToolError => self == Self::OnToolError,
            CallOutcome::Executed => false,
        }
    }
}
