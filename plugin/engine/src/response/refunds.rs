//! Turns a server's answer into whether a counted call provably did not run, so that its charges are refunded.
//!
//! It never refunds a call whose outcome is unknown.

use crate::count::{CallOutcome, Charge, Count, Refund};
use crate::model::Refunds;
use crate::step::{Delivery, Response};
use crate::words::json::Value;
use crate::words::state::StateKey;
use std::sync::Arc;

/// The charges of a forwarded call, until its outcome is known.
#[derive(Debug)]
pub(crate) struct RefundTracker {
    charges: Arc<[Charge]>,
    counts: Vec<Count>,
    /// The answer can cause a refund, and is certain to answer this call.
    reads_answer: bool,
    /// Any answer ends a place under way.
    awaits_answer: bool,
    /// The answer is a stream: its end ends the place too.
    is_stream: bool,
    open: bool,
}

/// Most answers are successful results. They contain neither text, and need not be parsed for a refund or the log.
pub(super) const NEEDLES: &[&str] = &["\"error\"", "\"isError\""];

impl RefundTracker {
    /// A tracker for these charges; `None` if no outcome can refund any of them. `is_unclear` if the answer may belong
    /// to another call.
    pub(crate) fn new(
        charges: Arc<[Charge]>,
        counts: Vec<Count>,
        is_unclear: bool,
        is_stream: bool,
    ) -> Option<Self> {
        let added = || charges.iter().zip(&counts).filter(|(_, count)| count.added);
        let most = added().map(|(charge, _)| charge.refunds).max()?;
        (most > Refunds::Never).then(|| Self {
            charges,
            counts,
            reads_answer: most > Refunds::Unsent && !is_unclear,
            awaits_answer: most == Refunds::Answered && !is_unclear,
            is_stream,
            open: true,
        })
    }

    /// Whether later events can still cause a refund.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether any answer matters, also one that is not parsed.
    pub(super) fn awaits_answer(&self) -> bool {
        self.open && self.awaits_answer
    }

    /// An answer that contains none of these texts need not be parsed.
    pub(super) fn needles(&self) -> &'static [&'static str] {
        match self.open {
            true => NEEDLES,
            false => &[],
        }
    }

    /// Notes an event of the response. Returns the refund if the request did not reach the server.
    pub(super) fn see(&mut self, response: &Response) -> Option<Refund> {
        if self.is_stream && response.is_last() {
            return self.refund(CallOutcome::Executed);
        }
        match response {
            Response::Delivery(Delivery::Unsent) => self.refund(CallOutcome::Unsent),
            Response::Head { status, .. } if *status >= 200 => {
                self.open &= self.reads_answer || self.is_stream;
                None
            }
            Response::Closed => {
                self.open = false;
                None
            }
            _ => None,
        }
    }

    /// The refund that the answer causes, at most once. `task` is the task that the call became.
    pub(super) fn answered(&mut self, answer: Value<'_>, task: Option<StateKey>) -> Option<Refund> {
        let outcome = match task {
            Some(_) => CallOutcome::Task,
            None => outcome(answer),
        };
        let refund = self.refund(outcome).filter(|_| self.reads_answer)?;
        let task = task.map(Box::new);
        Some(Refund { task, ..refund })
    }

    /// The refund of a call whose answer was replaced by an error, or passed unread.
    pub(super) fn ended(&mut self) -> Option<Refund> {
        self.refund(CallOutcome::Executed)
            .filter(|_| self.reads_answer)
    }

    fn refund(&mut self, outcome: CallOutcome) -> Option<Refund> {
        if !std::mem::take(&mut self.open) {
            return None;
        }
        let refund = Refund {
            charges: self.charges.clone(),
            counts: std::mem::take(&mut self.counts),
            outcome,
            task: None,
        };
        let any = refund.returned().next().is_some();
        any.then_some(refund)
    }
}

/// The outcome of the call according to the answer.
fn outcome(message: Value<'_>) -> CallOutcome {
    let code = message.get("error").and_then(|error| error.get("code"));
    let result = message.get("result");
    let failed = result.and_then(|result| result.get("isError"));
    match (code, failed) {
        (Some(code), None) if never_ran(code.raw()) => CallOutcome::NotExecuted,
        (None, Some(failed)) if failed.bool() == Some(true) => CallOutcome::ToolError,
        _ => CallOutcome::Executed,
    }
}

/// Whether a server reports this error code before it executes anything: JSON-RPC 2.0 section 5.1, and MCP 2026-07-28
/// for the last three.
fn never_ran(code: &str) -> bool {
    matches!(
        code,
        "-32700" | "-32600" | "-32601" | "-32602" | "-32020" | "-32021" | "-32022"
    )
}
