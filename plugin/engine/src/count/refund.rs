//! Charges to give back, and when a limit gives them back.
//!
//! What happened to the call is an argument: `response` observes it.

use super::charge::{Charge, Tally};
use crate::model::Refunds;
use crate::words::Millis;
use std::sync::Arc;

/// Charges that are given back, each to the window that it came from. What cannot be given back stays counted.
#[derive(Debug)]
pub struct Refund {
    pub(crate) charges: Arc<[Charge]>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) fate: Fate,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It surely did not run.
    NotRun,
    /// Its result says that it failed.
    Failed,
    /// It ran, or nobody can tell.
    Ran,
}

impl Refund {
    /// The charges to give back, and when their windows end.
    pub fn returned(&self) -> impl Iterator<Item = (&Charge, Millis)> {
        let both = self.charges.iter().zip(&self.tallies);
        both.filter(|(charge, tally)| tally.added && charge.refunds.cover(self.fate))
            .map(|(charge, tally)| (charge, tally.ends))
    }

    /// Why, for the log.
    pub(crate) fn why(&self) -> &'static str {
        match self.fate {
            Fate::NotRun => "The call did not run, so it does not count.",
            Fate::Failed => "The call failed, so it does not count.",
            Fate::Ran => "The call counts.",
        }
    }
}

impl Refunds {
    fn cover(self, fate: Fate) -> bool {
        match fate {
            Fate::NotRun => self > Self::Never,
            Fate::Failed => self == Self::OnToolError,
            Fate::Ran => false,
        }
    }
}
