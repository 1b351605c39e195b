//! An exchange together with the state that an embedder would keep between two of its steps: the open question, the
//! pending header edit, and the effects of the last step.
//!
//! It decides nothing: each step is the exchange's own.

use crate::count::Reservation;
use crate::exchange::Exchange;
use crate::model::Policy;
use crate::read::{HeaderEdit, Headers};
use crate::step::{Ask, Event, HostContext, Next, Step};
use crate::store::{Cells, Effects, Store};
use crate::words::Millis;
use std::sync::Arc;

/// An exchange for embedders that get steps by value and pass them to a store later, such as programs across a language
/// boundary. A host in Rust uses [`Exchange`] itself.
#[derive(Debug)]
pub struct Session {
    exchange: Exchange,
    asked: Option<Ask>,
    edit: HeaderEdit,
    effects: Effects,
}

impl Session {
    /// Begins an exchange, as [`Exchange::new`] does.
    pub fn begin(
        policy: Arc<Policy>,
        headers: &Headers,
        end_of_stream: bool,
        host: HostContext,
        now: Millis,
    ) -> (Self, Step) {
        let (exchange, step) = Exchange::new(policy, headers, end_of_stream, host, &now);
        let mut session = Self {
            exchange,
            asked: None,
            edit: HeaderEdit::default(),
            effects: Effects::default(),
        };
        let step = session.keep(step);
        (session, step)
    }

    /// Continues with an event, as [`Exchange::feed`] does. Each step carries the header edit until the headers are
    /// forwarded.
    pub fn feed(&mut self, event: Event, now: Millis) -> Step {
        let step = self.exchange.feed(event, &now);
        self.keep(step)
    }

    /// The name of the caller, as [`Exchange::caller`] gives it.
    pub fn caller(&self) -> Option<&str> {
        self.exchange.caller()
    }

    /// The number of held bytes, as [`Exchange::held_bytes`] gives it.
    pub fn held_bytes(&self) -> usize {
        self.exchange.held_bytes()
    }

    /// Holds no more than so many bytes, as [`Exchange::hold_at_most`] does.
    pub fn hold_at_most(&mut self, bytes: usize) {
        self.exchange.hold_at_most(bytes);
    }

    /// Drops the held bytes, as [`Exchange::drop_held`] does.
    pub fn drop_held(&mut self) {
        self.exchange.drop_held();
    }

    /// Lets a store carry out the effects of the last step and, where the embedder says that this step `asks`, answer
    /// its question. `None` where it does not ask: the last step stays valid.
    pub fn resolve(
        &mut self,
        asks: bool,
        store: &Store,
        cells: &mut impl Cells,
        now: Millis,
    ) -> Option<Step> {
        store.carry_out(cells, std::mem::take(&mut self.effects), &now);
        asks.then(|| self.answer(store, cells, now))
    }

    /// Lets a store answer a question about approvals, and no other: for an embedder that counts elsewhere, and carries out
    /// the effects itself. `None` where the last step does not ask about approvals: it stays valid.
    pub fn resolve_approvals(
        &mut self,
        store: &Store,
        cells: &mut impl Cells,
        now: Millis,
    ) -> Option<Step> {
        let Some(Ask::Approvals(ask)) = &self.asked else {
            return None;
        };
        let report = store.approvals(cells, ask, now);
        Some(self.feed(Event::Approvals(Box::new(report)), now))
    }

    fn answer(&mut self, store: &Store, cells: &mut impl Cells, now: Millis) -> Step {
        let step = match self.asked.take() {
            Some(ask) => {
                let asked = Step::next(Next::Ask(ask));
                self.exchange.resolve(asked, store, cells, &now)
            }
            // The step is stale or another exchange's: no charge was counted for this one.
            None => {
                let uncounted = Event::Reserved(Reservation::Unavailable);
                self.exchange.feed(uncounted, &now)
            }
        };
        self.keep(step)
    }

    fn keep(&mut self, mut step: Step) -> Step {
        if !step.edit.is_empty() {
            self.edit = std::mem::take(&mut step.edit);
        }
        step.edit = match step.next {
            Next::Forward | Next::ForwardBody(_) | Next::ReplaceBody(_) => {
                std::mem::take(&mut self.edit)
            }
            _ => self.edit.clone(),
        };
        self.asked = match &step.next {
            Next::Ask(ask) => Some(ask.clone()),
            _ => None,
        };
        self.effects = step.effects.clone();
        step
    }
}
