//! Turns what a server answers into whether a counted call surely did not run, so that its charges are given back.
//!
//! Where it cannot tell, the count stays.

use super::answer::AnswerReader;
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
    watch: AnswerReader,
}

/// Most answers are results, which need not be read to know that they give nothing back.
const NEEDLES: &[&str] = &["\"error\"", "\"isError\""];

impl RefundTracker {
    /// `None` where nothing would be given back whatever comes.
    pub(crate) fn new(
        id: &str,
        charges: Arc<[Charge]>,
        counts: Vec<Count>,
        depth: usize,
    ) -> Option<Self> {
        let mut both = charges.iter().zip(&counts);
        both.any(|(charge, count)| count.added && charge.refunds > Refunds::Never)
            .then(|| Self {
                charges,
                counts,
                watch: AnswerReader::new(id, NEEDLES, depth),
            })
    }

    /// More has to be seen.
    pub(crate) fn is_open(&self) -> bool {
        self.watch.is_open()
    }

    /// Looks at what came, in its order, and says what is given back, once.
    pub(crate) fn see(&mut self, response: &Response) -> Option<Refund> {
        if let Response::Delivery(Delivery::Unsent) = response {
            self.watch.close();
            return self.refund(CallOutcome::NotExecuted);
        }
        let mut said = CallOutcome::Executed;
        let over = self
            .watch
            .see(response, &mut |answer| said = outcome(answer));
        over.then(|| self.refund(said)).flatten()
    }

    fn refund(&mut self, outcome: CallOutcome) -> Option<Refund> {
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
