//! Turns the tools that a server lists into their mismatches with the pins of the policy, and into the definitions to
//! remember.
//!
//! It never remembers a definition outside the answer to a list request, which may be old or of another origin.

use super::problem::{PinMismatch, Problem};
use crate::model::{Mode, Pin, Pinned};
use crate::read::Definition;
use crate::words::json::Value;
use crate::words::state::{Lookup, StateWrite};
use crate::words::text::clip;

/// Compares the listed tools of one response with their pins.
#[derive(Debug, Default)]
pub(crate) struct PinTracker {
    /// The current message is the answer to the request.
    answers: bool,
    /// The tools listed in the message so far with the number of times, sorted by the names of their keys.
    listed: Vec<(String, usize)>,
    /// The request asks for the list of tools.
    lists: bool,
    /// A message with the request's id may be the answer to another request.
    pub(super) is_unclear: bool,
    /// The definitions to compare with, sorted by the names of their keys; `None` where no reviewed definition is known.
    reviewed: Vec<(String, Option<Definition>)>,
    writes: Vec<StateWrite>,
    mismatches: Vec<PinMismatch>,
}

/// The most definitions of one tool that are read in one message. Honest servers list a tool once.
const MOST_OF_ONE: usize = 4;

impl PinTracker {
    /// Begins a message. `answers` is true for the answer to the request.
    pub(super) fn begin(&mut self, answers: bool) {
        self.answers = answers;
        self.listed.clear();
    }

    /// Whether the definition is read. A list that repeats a tool often would take too much work.
    fn may_read(&mut self, key: &str) -> bool {
        let listed = &mut self.listed;
        let at = listed.partition_point(|(other, _)| **other < *key);
        match listed.get_mut(at).filter(|(other, _)| **other == *key) {
            Some((_, times)) => {
                *times = times.saturating_add(1);
                *times <= MOST_OF_ONE
            }
            None => {
                listed.insert(at, (key.into(), 1));
                true
            }
        }
    }

    /// Notes that the request asks for the list of tools, and the reviewed definitions that the lookup found.
    pub(super) fn reviewed_before(&mut self, tools: &[Pinned], found: Lookup) {
        self.lists = true;
        let mut values = match found {
            Lookup::Found(values) => values.into_iter(),
            Lookup::Unavailable => Vec::new().into_iter(),
        };
        for pinned in tools {
            let reviewed = values.next().flatten();
            let reviewed = reviewed.as_deref().and_then(Definition::of_bytes);
            let key = pinned.reviewed().name;
            let at = self.reviewed.partition_point(|(other, _)| *other < key);
            self.reviewed.insert(at, (key, reviewed));
        }
    }

    fn reviewed(&mut self, key: &str) -> Option<&mut Option<Definition>> {
        let at = self.reviewed.partition_point(|(other, _)| **other < *key);
        let found = self.reviewed.get_mut(at);
        found.and_then(|(other, reviewed)| (**other == *key).then_some(reviewed))
    }

    /// Notes a listed tool, and returns whether it may be shown.
    pub(super) fn see(&mut self, pinned: &Pinned, tool: Value<'_>) -> bool {
        let key = pinned.reviewed().name;
        let may_read = self.may_read(&key);
        let definition = may_read.then(|| Definition::read(tool)).flatten();
        let answers = self.answers && self.lists && !self.is_unclear;
        let mut reviewed = self.reviewed(&key);
        let compared_with = reviewed.as_deref().and_then(Option::as_ref);
        // Only the answer to the request can establish a first definition: outside it, earlier definitions are unknown.
        let known = answers || pinned.pin != Pin::FirstUse || compared_with.is_some();
        let is = |definition: &&Definition| known && pinned.is(definition, compared_with);
        let same = definition.as_ref().filter(is).cloned();
        let changed = changed(definition.as_ref(), compared_with);
        if let (Some(reviewed), Some(same)) = (&mut reviewed, &same) {
            **reviewed = Some(same.clone());
        }
        if same.is_none() {
            self.mismatch(PinMismatch {
                tool: pinned.tool().into(),
                rule: pinned.rule(),
                mode: pinned.mode,
                now: definition.as_ref().map(|now| now.digest.to_string()),
                changed,
            });
        }
        if answers {
            self.remember(pinned, definition.as_ref(), same.as_ref());
        }
        same.is_some() || pinned.mode == Mode::Shadow
    }

    fn remember(&mut self, pinned: &Pinned, last: Option<&Definition>, same: Option<&Definition>) {
        // A definition without a canonical form is remembered as empty bytes, which match no reviewed definition.
        let last = last.map(Definition::bytes).unwrap_or_default();
        let first = pinned.pin == Pin::FirstUse;
        let reviewed = same.map(|same| StateWrite {
            key: pinned.reviewed(),
            value: same.bytes(),
            if_absent: first,
        });
        reviewed.into_iter().for_each(|write| self.write(write));
        self.write(StateWrite {
            key: pinned.last(),
            value: last,
            if_absent: false,
        });
    }

    /// Adds a write, one for each key, so that a list with repeated tools writes no more than one without.
    fn write(&mut self, write: StateWrite) {
        let writes = &mut self.writes;
        match writes.binary_search_by(|other| other.key.cmp(&write.key)) {
            // The first definition in the list is the one of first use.
            Ok(_) if write.if_absent => {}
            Ok(at) => writes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|other| *other = write.clone()),
            Err(at) => writes.insert(at, write),
        }
    }

    fn mismatch(&mut self, mismatch: PinMismatch) {
        let mismatches = &mut self.mismatches;
        if let Err(at) = mismatches.binary_search_by(|other| other.tool.cmp(&mismatch.tool)) {
            mismatches.insert(at, mismatch);
        }
    }

    pub(super) fn writes(&mut self) -> Vec<StateWrite> {
        std::mem::take(&mut self.writes)
    }

    pub(super) fn problem(&mut self) -> Option<Problem> {
        let mismatches = std::mem::take(&mut self.mismatches);
        (!mismatches.is_empty()).then_some(Problem::PinMismatch(mismatches))
    }
}

fn changed(now: Option<&Definition>, reviewed: Option<&Definition>) -> Vec<String> {
    let names = now
        .zip(reviewed)
        .map(|(now, reviewed)| now.changed(reviewed));
    names
        .into_iter()
        .flatten()
        .map(|name| clip(name, 64))
        .collect()
}
