//! Carries out what a step of an exchange asks of the store beside its question: refunds, state to write, ends.
//!
//! Nothing depends on the success of an effect, and no effect has an answer.

use super::cells::Cells;
use super::prepare::Store;
use crate::count::Refund;
use crate::words::Clock;
use crate::words::state::{StateKey, StateWrite};
use crate::words::under_way::IdEnd;

/// The effects of a step on the state of the host. Nothing depends on their success. Most steps have none.
#[derive(Clone, Debug, Default)]
pub struct Effects(Option<Box<List>>);

#[derive(Clone, Debug, Default)]
struct List {
    refund: Option<Refund>,
    finished: Vec<StateKey>,
    writes: Vec<StateWrite>,
    ended: Option<IdEnd>,
}

impl Effects {
    /// Charges of an earlier step to give back.
    pub fn refund(&self) -> Option<&Refund> {
        self.0.as_ref()?.refund.as_ref()
    }

    /// Tasks that ended: give back what [`Refund::task`] kept for them.
    pub fn finished(&self) -> &[StateKey] {
        self.0.as_deref().map_or(&[], |list| &list.finished)
    }

    /// State to write.
    pub fn writes(&self) -> &[StateWrite] {
        self.0.as_deref().map_or(&[], |list| &list.writes)
    }

    /// The id of a request that is no longer under way.
    pub fn ended(&self) -> Option<&IdEnd> {
        self.0.as_ref()?.ended.as_ref()
    }

    /// Adds a refund. The first one stays: a charge is given back once.
    pub(crate) fn give_back(&mut self, refund: Option<Refund>) {
        if let Some(refund) = refund {
            self.list().refund.get_or_insert(refund);
        }
    }

    pub(crate) fn finish(&mut self, task: Option<StateKey>) {
        if let Some(task) = task {
            self.list().finished.push(task);
        }
    }

    pub(crate) fn write(&mut self, writes: impl IntoIterator<Item = StateWrite>) {
        for write in writes {
            self.list().writes.push(write);
        }
    }

    /// Adds the end of a request id. The first one stays.
    pub(crate) fn end(&mut self, ended: Option<IdEnd>) {
        if let Some(ended) = ended {
            self.list().ended.get_or_insert(ended);
        }
    }

    fn list(&mut self) -> &mut List {
        self.0.get_or_insert_default()
    }
}

impl Store {
    /// Carries out effects. Charges and ids stay counted and open where it cannot.
    pub fn carry_out(&self, cells: &mut impl Cells, effects: Effects, clock: &dyn Clock) {
        let Some(list) = effects.0 else {
            return;
        };
        if let Some(refund) = &list.refund {
            self.refund(cells, refund, clock.now().unwrap_or_default());
        }
        self.finish(cells, &list.finished);
        self.write(cells, &list.writes);
        if let (Some(ended), Some(now)) = (&list.ended, clock.now()) {
            self.end(cells, ended, now);
        }
    }
}
