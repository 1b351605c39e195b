//! Keeps approvals in the host's shared data: their standings under one key, so that several are used in one step, and
//! their descriptions each under its own.
//!
//! It never approves by loss: what is missing, changed or of another key is no approval.

use super::approval_cell::{ApprovalCell, Entry, NoPlace};
use super::cell::low;
use super::cells::{Cells, Unavailable};
use super::prepare::{ATTEMPTS, ApprovalTable, Store};
use crate::words::Millis;
use crate::words::approval::{
    Approval, ApprovalAnswer, ApprovalAsk, ApprovalDecision, ApprovalId, ApprovalReport,
    ApprovalRequest, Awaited, CallDigest, DESCRIPTION, Standing, is_among, lacks_awaited,
};
use crate::words::json::{Document, ObjectLine, Value, push_text};

/// One question, and the approvals that expired before its change.
struct Turn<'t> {
    table: &'t ApprovalTable,
    now: Millis,
    expired: Vec<ApprovalId>,
}

/// The approvals of one caller that a page shows beside the one that is decided.
const MOST_SHOWN: usize = 8;

const PURPOSE: &str = "description of an approval";

impl Store {
    /// Answers a question about approvals.
    pub fn approvals(
        &self,
        cells: &mut impl Cells,
        ask: &ApprovalAsk,
        now: Millis,
    ) -> ApprovalReport {
        let Some(table) = &self.approvals else {
            return ApprovalReport::UNAVAILABLE;
        };
        let mut turn = Turn {
            table,
            now,
            expired: Vec::new(),
        };
        let turn_of = &mut turn;
        let answer = match ask {
            ApprovalAsk::Find(requests, waits_for) => {
                self.find(cells, turn_of, requests, *waits_for)
            }
            ApprovalAsk::Use(approved) => self.use_all(cells, turn_of, approved),
            ApprovalAsk::Cancel(id) => self.cancel(cells, turn_of, *id),
            ApprovalAsk::Show(id) => self.show(cells, table, *id, now),
            ApprovalAsk::List => self.list(cells, table, now),
            ApprovalAsk::Decide(decision) => self.decide(cells, turn_of, decision),
        };
        ApprovalReport {
            answer: answer.unwrap_or(ApprovalAnswer::Unavailable),
            expired: turn.expired,
        }
    }

    /// The approvals of these calls, up to the first that no person has approved.
    fn find(
        &self,
        cells: &mut impl Cells,
        turn: &mut Turn<'_>,
        requests: &[ApprovalRequest],
        waits_for: Option<Awaited>,
    ) -> Result<ApprovalAnswer, Unavailable> {
        let (table, now) = (turn.table, turn.now);
        let mut found: Vec<Approval> = Vec::with_capacity(requests.len());
        for request in requests {
            let caller = low(self.hash([(&*request.caller, "approvals")]));
            let step = |cell: &mut ApprovalCell| {
                if let Some(place) = cell.deciding(&request.digest, &table.keys) {
                    return (Ok(Some((place, false))), false);
                }
                if waits_for.is_some_and(|awaited| !is_among(awaited, &found)) {
                    return (Ok(None), false);
                }
                let asked = cell.advance(now);
                let id = self.new_id(cell, table, request, asked);
                let entry = Entry::pending(id, request.digest, caller, asked, request.ttl);
                let added = cell.add(entry, table.most_pending, &table.keys);
                (added.map(|place| Some((place, true))), added.is_ok())
            };
            let (cell, added) = self.change_approvals(cells, turn, step)?;
            let (place, is_new) = match added {
                Ok(Some(added)) => added,
                Ok(None) => return Ok(over(&cell, table, waits_for)),
                Err(NoPlace::TooMany) => return Ok(ApprovalAnswer::TooMany),
                Err(NoPlace::Full) => return Ok(ApprovalAnswer::Full),
            };
            let entry = cell.at(place, &table.keys).ok_or(Unavailable)?;
            if is_new {
                self.describe(cells, table, (place, entry.id), &request.text, None)?;
            }
            let standing = entry.standing(cell.clock());
            let mut approval = approval(entry, standing, is_new);
            if standing == Standing::Refused {
                approval.decision = self
                    .texts(cells, table, (place, entry.id))
                    .and_then(|texts| texts.1);
            }
            found.push(approval);
            if standing != Standing::Approved {
                break;
            }
        }
        if lacks_awaited(waits_for, &found) {
            let cell = self.read_approvals(cells, now)?;
            return Ok(over(&cell, table, waits_for));
        }
        Ok(ApprovalAnswer::Found(found))
    }

    /// An id that nobody can predict, because nobody knows the key.
    fn new_id(
        &self,
        cell: &ApprovalCell,
        table: &ApprovalTable,
        request: &ApprovalRequest,
        now: Millis,
    ) -> ApprovalId {
        let mut id = ApprovalId::default();
        for attempt in 0..=u8::MAX {
            let time = now.0.to_le_bytes();
            let parts = [&self.seed()[..], &request.digest, &time, &[attempt]];
            let code = table.keys.code("id of an approval", &parts);
            id = ApprovalId(code.first_chunk().copied().unwrap_or_default());
            if cell.of(id, &table.keys).is_none() {
                break;
            }
        }
        id
    }

    /// Uses all of these, or none.
    fn use_all(
        &self,
        cells: &mut impl Cells,
        turn: &mut Turn<'_>,
        approved: &[(ApprovalId, CallDigest)],
    ) -> Result<ApprovalAnswer, Unavailable> {
        let keys = &turn.table.keys;
        let (_, used) = self.change_approvals(cells, turn, |cell| {
            let mut used = !approved.is_empty();
            for (id, digest) in approved {
                let place = cell.of(*id, keys);
                let same = |place: &usize| {
                    let entry = cell.at(*place, keys);
                    entry.is_some_and(|entry| entry.digest == *digest)
                };
                let place = place.filter(same);
                used &= place.is_some_and(|place| {
                    cell.change(place, Standing::Approved, Standing::Used, keys)
                });
            }
            (used, used)
        })?;
        Ok(done(used))
    }

    fn cancel(
        &self,
        cells: &mut impl Cells,
        turn: &mut Turn<'_>,
        id: ApprovalId,
    ) -> Result<ApprovalAnswer, Unavailable> {
        let keys = &turn.table.keys;
        let (_, cancelled) = self.change_approvals(cells, turn, |cell| {
            let place = cell.of(id, keys);
            let cancelled = place.is_some_and(|place| {
                cell.change(place, Standing::Pending, Standing::Cancelled, keys)
            });
            (cancelled, cancelled)
        })?;
        Ok(done(cancelled))
    }

    /// One approval, and after it the latest others of its caller.
    fn show(
        &self,
        cells: &mut impl Cells,
        table: &ApprovalTable,
        id: ApprovalId,
        now: Millis,
    ) -> Result<ApprovalAnswer, Unavailable> {
        let cell = self.read_approvals(cells, now)?;
        let Some(place) = cell.of(id, &table.keys) else {
            return Ok(ApprovalAnswer::NotDone);
        };
        let caller = cell.at(place, &table.keys).map(|entry| entry.caller);
        let others = |entry: &Entry| Some(entry.caller) == caller && entry.id != id;
        let mut places = vec![place];
        places.extend(cell.all(others, &table.keys).into_iter().take(MOST_SHOWN));
        Ok(self.described(cells, table, &cell, &places))
    }

    fn list(
        &self,
        cells: &mut impl Cells,
        table: &ApprovalTable,
        now: Millis,
    ) -> Result<ApprovalAnswer, Unavailable> {
        let cell = self.read_approvals(cells, now)?;
        let time = cell.clock();
        let pending = |entry: &Entry| entry.standing(time) == Standing::Pending;
        let places = cell.all(pending, &table.keys);
        Ok(self.described(cells, table, &cell, &places))
    }

    /// Decides a pending approval whose description is whole.
    fn decide(
        &self,
        cells: &mut impl Cells,
        turn: &mut Turn<'_>,
        decision: &ApprovalDecision,
    ) -> Result<ApprovalAnswer, Unavailable> {
        let (table, now) = (turn.table, turn.now);
        let keys = &table.keys;
        let before = self.read_approvals(cells, now)?;
        let place = before.of(decision.id, keys);
        let texts = place.and_then(|place| self.texts(cells, table, (place, decision.id)));
        let (Some(place), Some((text, None))) = (place, texts) else {
            return Ok(ApprovalAnswer::NotDone);
        };
        let to = match decision.approves {
            true => Standing::Approved,
            false => Standing::Refused,
        };
        let (cell, decided) = self.change_approvals(cells, turn, |cell| {
            let same = cell
                .at(place, keys)
                .is_some_and(|entry| entry.id == decision.id);
            let decided = same && cell.change(place, Standing::Pending, to, keys);
            (decided, decided)
        })?;
        if !decided {
            return Ok(ApprovalAnswer::NotDone);
        }
        let at = (place, decision.id);
        let _ = self.describe(cells, table, at, &text, Some(&decision.text));
        Ok(self.described(cells, table, &cell, &[place]))
    }

    pub(super) fn read_approvals(
        &self,
        cells: &mut impl Cells,
        now: Millis,
    ) -> Result<ApprovalCell, Unavailable> {
        let (bytes, _) = cells.read(&self.approvals_key())?.ok_or(Unavailable)?;
        let mut cell = ApprovalCell::read(&bytes).ok_or(Unavailable)?;
        cell.advance(now);
        Ok(cell)
    }

    /// Changes the standings, again if another worker wrote to them meanwhile. `change` returns an outcome, and whether it
    /// changed something.
    fn change_approvals<T>(
        &self,
        cells: &mut impl Cells,
        turn: &mut Turn<'_>,
        mut change: impl FnMut(&mut ApprovalCell) -> (T, bool),
    ) -> Result<(ApprovalCell, T), Unavailable> {
        let key = self.approvals_key();
        for _ in 0..ATTEMPTS {
            let (bytes, version) = cells.read(&key)?.ok_or(Unavailable)?;
            let mut cell = ApprovalCell::read(&bytes).ok_or(Unavailable)?;
            cell.advance(turn.now);
            let before = cell.clone();
            let expired = cell.expire(&turn.table.keys);
            let (outcome, changed) = change(&mut cell);
            if !changed {
                return Ok((before, outcome));
            }
            if cells.swap(&key, &cell.bytes(), Some(version))? {
                turn.expired.extend(expired);
                return Ok((cell, outcome));
            }
        }
        Err(Unavailable)
    }

    fn described(
        &self,
        cells: &mut impl Cells,
        table: &ApprovalTable,
        cell: &ApprovalCell,
        places: &[usize],
    ) -> ApprovalAnswer {
        let mut found = Vec::with_capacity(places.len());
        for place in places {
            let Some(entry) = cell.at(*place, &table.keys) else {
                continue;
            };
            let texts = self.texts(cells, table, (*place, entry.id));
            let (text, decision) =
                texts.map_or((None, None), |(text, decision)| (Some(text), decision));
            found.push(Approval {
                text,
                decision,
                ..approval(entry, entry.standing(cell.clock()), false)
            });
        }
        ApprovalAnswer::Found(found)
    }

    /// Writes the description of an approval. Only the worker that took its place does.
    fn describe(
        &self,
        cells: &mut impl Cells,
        table: &ApprovalTable,
        (place, id): (usize, ApprovalId),
        text: &str,
        decision: Option<&str>,
    ) -> Result<(), Unavailable> {
        let mut line = ObjectLine::new();
        push_text(line.name("text"), text);
        if let Some(decision) = decision {
            push_text(line.name("decision"), decision);
        }
        let line = line.end();
        let code = table.keys.code(PURPOSE, &[&id.0, line.as_bytes()]);
        let bytes = [&code, line.as_bytes()].concat();
        let key = self.description_key(place);
        for _ in 0..ATTEMPTS {
            let version = cells.read(&key)?.map(|(_, version)| version);
            if cells.swap(&key, &bytes, version)? {
                return Ok(());
            }
        }
        Err(Unavailable)
    }

    /// The description of an approval, and of its decision; `None` where it is lost, another one's, or changed.
    fn texts(
        &self,
        cells: &mut impl Cells,
        table: &ApprovalTable,
        (place, id): (usize, ApprovalId),
    ) -> Option<(String, Option<String>)> {
        let (bytes, _) = cells.read(&self.description_key(place)).ok()??;
        let (code, line) = bytes.split_first_chunk::<32>()?;
        if !table.keys.prove(PURPOSE, &[&id.0, line], code) {
            return None;
        }
        let document = Document::read(line, DESCRIPTION).ok()?;
        let text = |name| document.root().get(name).and_then(Value::string);
        Some((text("text")?.into_owned(), text("decision").map(Into::into)))
    }

    fn approvals_key(&self) -> String {
        self.named_key("approvals")
    }

    fn description_key(&self, place: usize) -> String {
        self.named_key(&format!("approvals/{place}"))
    }

    /// Creates the cell of the standings.
    pub(super) fn prepare_approvals(&self, cells: &mut impl Cells) -> Result<(), Unavailable> {
        let empty = ApprovalCell::default().bytes();
        let keys = [self.approvals_key()].into_iter();
        self.create(cells, "approvals", keys, &empty)
    }
}

fn approval(entry: &Entry, standing: Standing, is_new: bool) -> Approval {
    Approval {
        id: entry.id,
        standing,
        asked: entry.asked,
        expires: entry.expires,
        text: None,
        decision: None,
        is_new,
        url: None,
    }
}

/// The approval that a caller waits for is over, or is another call's.
fn over(cell: &ApprovalCell, table: &ApprovalTable, waits_for: Option<Awaited>) -> ApprovalAnswer {
    let place = waits_for.and_then(|awaited| cell.of(awaited.id, &table.keys));
    let entry = place.and_then(|place| cell.at(place, &table.keys));
    match entry {
        Some(entry) => ApprovalAnswer::Over(entry.id, entry.standing(cell.clock())),
        None => ApprovalAnswer::NotDone,
    }
}

fn done(done: bool) -> ApprovalAnswer {
    match done {
        true => ApprovalAnswer::Done,
        false => ApprovalAnswer::NotDone,
    }
}

#[cfg(test)]
mod tests;
