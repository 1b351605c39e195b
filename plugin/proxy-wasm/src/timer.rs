//! Turns the intervals at which parts of the plugin want to be called into the one timer of the host.
//!
//! It sets the host's timer only where the interval changes.

use crate::host::{self, Status};
use std::cell::Cell;

/// A part of the plugin that wants to be called.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    HeaderHold,
    Collector,
    Table,
    HeldReplies,
    Notices,
}

/// The timer of the root context.
#[derive(Default)]
pub(crate) struct Timer {
    header_hold: Cell<u32>,
    collector: Cell<u32>,
    table: Cell<u32>,
    held_replies: Cell<u32>,
    notices: Cell<u32>,
    /// The interval of the host's timer in milliseconds, zero where it does not run.
    period: Cell<u32>,
}

impl Timer {
    /// Calls this part at least at this interval in milliseconds from now on; zero for never.
    pub(crate) fn set(&self, part: Part, millis: u32) -> Result<(), Status> {
        match part {
            Part::HeaderHold => self.header_hold.set(millis),
            Part::Collector => self.collector.set(millis),
            Part::Table => self.table.set(millis),
            Part::HeldReplies => self.held_replies.set(millis),
            Part::Notices => self.notices.set(millis),
        }
        let period = shorter(self.header_hold.get(), self.collector.get());
        let period = shorter(period, self.table.get());
        let period = shorter(period, self.held_replies.get());
        let period = shorter(period, self.notices.get());
        match self.period.replace(period) == period {
            true => Ok(()),
            false => host::set_tick_period(period),
        }
    }
}

/// The shorter of two intervals, of which zero is the longest.
fn shorter(one: u32, other: u32) -> u32 {
    match (one, other) {
        (0, only) | (only, 0) => only,
        _ => one.min(other),
    }
}
