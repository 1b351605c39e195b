//! Turns what a server answers into whether a counted call surely did not run, so that its charges are given back.
//!
//! Where that is unknown, the count stays.

use crate::count::{CallOutcome, Charge, Count, Refund};
use crate::model::Refunds;
use crate::step::{Delivery, Response};
use crate::words::json::Value;
use std::sync::Arc;

/// The charges of a call that was passed on, until it is known what became of it.
#[derive(Debug)]
pub(crate) struct RefundTracker {
    charges: Arc<[Charge]>,
    counts: Vec<Count>,
    /// The answer may say that the call did not run.
    reads_answer: bool,
    open: bool,
}

/// Most answers are results, which need not be read to know that they give nothing back.
const NEEDLES: &[&str] = &["\"error\"", "\"isError\""];

impl RefundTracker {
    /// `None` where nothing would be given back whatever comes.
    /// `is_unclear` where the answer may be that of another call.
    pub(crate) fn new(
        charges: Arc<[Charge]>,
        counts: Vec<Count>,
        is_unclear: bool,
    ) -> Option<Self> {
        let added = || charges.iter().zip(&counts).filter(|(_, count)| count.added);
        let most = added().map(|(charge, _)| charge.refunds).max()?;
        (most > Refunds::Never).then(|| Self {
            charges,
            counts,
            reads_answer: most > Refunds::Unsent && !is_unclear,
            open: true,
        })
    }

    /// More has to be seen.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// An answer in which none of these stands need not be read.
    pub(super) fn needles(&self) -> &'static [&'static str] {
        match self.open {
            true => NEEDLES,
            false => &[],
        }
    }

    /// Notes how far the response is, and says what is given back where nothing reached the server.
    pub(super) fn see(&mut self, response: &Response) -> Option<Refund> {
        match response {
            Response::Delivery(Delivery::Unsent) => self.refund(CallOutcome::Unsent),
            Response::Head { status, .. } if *status >= 200 => {
                self.open &= self.reads_answer;
                None
            }
            Response::Closed => {
                self.open = false;
                None
            }
            _ => None,
        }
    }

    /// What the answer gives back, once.
    pub(super) fn answered(&mut self, answer: Value<'_>) -> Option<Refund> {
        let answered = self.refund(outcome(answer));
        answered.filter(|_| self.reads_answer)
    }

    fn refund(&mut self, outcome: CallOutcome) -> Option<Refund> {
        if !std::mem::take(&mut self.open) {
            return None;
        }
        let refund = Refund {
            charges: self.charges.clone(),
            counts: std::mem::take(&mut self.counts),
            outcome,
        };
        let any = refund.returned().next().is_some();
        any.then_some(refund)
    }
}

/// What the answer says of the call.
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

/// Codes of errors that are found before anything runs: JSON-RPC 2.0 §5.1, MCP 2026-07-28 for the last three.
fn never_ran(code: &str) -> bool {
    matches!(
        code,
        "-32700" | "-32600" | "-32601" | "-32602" | "-32020" | "-32021" | "-32022"
    )
}
