//! Turns what a server answers into whether a counted call surely did not run, so that its charges are given back.
//!
//! Where it cannot tell, the count stays.

use super::watch::Watch;
use crate::count::{Charge, Fate, Refund, Tally};
use crate::model::Refunds;
use crate::step::{Outcome, Response};
use crate::words::json::Value;
use std::sync::Arc;

/// The charges of a call that was passed on, until it is known what became of it.
#[derive(Debug)]
pub(crate) struct Settlement {
    charges: Arc<[Charge]>,
    tallies: Vec<Tally>,
    watch: Watch,
}

/// Most answers are results, which need not be read to know that they give nothing back.
const NEEDLES: &[&str] = &["\"error\"", "\"isError\""];

impl Settlement {
    /// `None` where nothing would be given back whatever comes.
    pub(crate) fn new(
        id: &str,
        charges: Arc<[Charge]>,
        tallies: Vec<Tally>,
        depth: usize,
    ) -> Option<Self> {
        let mut both = charges.iter().zip(&tallies);
        both.any(|(charge, tally)| tally.added && charge.refunds > Refunds::Never)
            .then(|| Self {
                charges,
                tallies,
                watch: Watch::new(id, NEEDLES, depth),
            })
    }

    /// More has to be seen.
    pub(crate) fn is_open(&self) -> bool {
        self.watch.is_open()
    }

    /// Looks at what came, in its order, and says what is given back, once.
    pub(crate) fn see(&mut self, response: &Response) -> Option<Refund> {
        if let Response::Outcome(Outcome::Unsent) = response {
            self.watch.close();
            return self.refund(Fate::NotRun);
        }
        let mut said = Fate::Ran;
        let over = self.watch.see(response, &mut |answer| said = fate(answer));
        over.then(|| self.refund(said)).flatten()
    }

    fn refund(&mut self, fate: Fate) -> Option<Refund> {
        let refund = Refund {
            charges: self.charges.clone(),
            tallies: std::mem::take(&mut self.tallies),
            fate,
        };
        let any = refund.returned().next().is_some();
        any.then_some(refund)
    }
}

/// What the answer says of the call.
fn fate(message: Value<'_>) -> Fate {
    let code = message.get("error").and_then(|error| error.get("code"));
    let result = message.get("result");
    let failed = result.and_then(|result| result.get("isError"));
    match (code, failed) {
        (Some(code), None) if never_ran(code.raw()) => Fate::NotRun,
        (None, Some(failed)) if failed.bool() == Some(true) => Fate::Failed,
        _ => Fate::Ran,
    }
}

/// Codes of errors that are found before anything runs: JSON-RPC 2.0 §5.1, MCP 2026-07-28 for the last three.
fn never_ran(code: &str) -> bool {
    matches!(
        code,
        "-32700" | "-32600" | "-32601" | "-32602" | "-32020" | "-32021" | "-32022"
    )
}
