//! Opens and ends ids of requests in the host's shared data.
//!
//! It never waits. If the host fails, the id is unclear, which only makes the gateway stricter towards its response.

use super::cell::low;
use super::cells::{Cells, Unavailable};
use super::id_cell::{Clock, Id, IdCell};
use super::prepare::{ATTEMPTS, Store};
use crate::words::Millis;
use crate::words::under_way::{IdEnd, Opening, RequestKey};

impl Store {
    /// Opens the id of a request that is about to be forwarded.
    pub fn open(&self, cells: &mut impl Cells, request: &RequestKey, now: Millis) -> Opening {
        let clock = self.clock(now);
        let open = |cell: &mut IdCell, id| cell.open(id, request.is_issued, clock);
        self.change(cells, request, open)
            .unwrap_or(Opening::Unclear)
    }

    /// Ends an exchange whose id was open. Nothing depends on its success: an id that stays open becomes unclear.
    pub(super) fn end(&self, cells: &mut impl Cells, end: &IdEnd, now: Millis) {
        let clock = self.clock(now);
        let close = |cell: &mut IdCell, id| cell.end(id, end.opening, end.is_answered, clock);
        let _ = self.change(cells, &end.key, close);
    }

    fn clock(&self, now: Millis) -> Clock {
        Clock {
            now,
            longest_call: self.longest_call,
        }
    }

    /// Changes the cell of a session, again if another worker wrote to it meanwhile.
    fn change<T>(
        &self,
        cells: &mut impl Cells,
        request: &RequestKey,
        mut change: impl FnMut(&mut IdCell, Id) -> T,
    ) -> Result<T, Unavailable> {
        let (key, id) = self.place_of_request(request);
        for _ in 0..ATTEMPTS {
            let before = cells.read(&key)?;
            let version = before.as_ref().map(|(_, version)| *version);
            let mut cell = match &before {
                Some((bytes, _)) => IdCell::read(bytes).ok_or(Unavailable)?,
                None => IdCell::default(),
            };
            let outcome = change(&mut cell, id);
            let after = cell.bytes();
            let same = before.is_some_and(|(bytes, _)| bytes == after);
            // No entry is kept for a session that no server was seen to issue.
            let keeps = !same && request.is_issued;
            if !keeps || cells.swap(&key, &after, version)? {
                return Ok(outcome);
            }
        }
        Err(Unavailable)
    }

    /// All ids of a session share one cell. Without the seed, a client cannot choose sessions that share one.
    fn place_of_request(&self, request: &RequestKey) -> (String, Id) {
        let session = self.hash([(&*request.session, "session")]);
        let id = self.hash([(&*request.session, &*request.id)]);
        let key = self.bucket_key("ids", self.bucket(session));
        let id = Id {
            session: low(session >> 64),
            id: low(id),
        };
        (key, id)
    }
}

#[cfg(test)]
mod tests;
