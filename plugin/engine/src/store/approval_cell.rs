//! The bytes under the key of all approvals: a fixed number of places, each with the standing of one approval and a code
//! that proves it.
//!
//! It calls no host, and never displaces an approval that a person may still decide, or that may still pass a call.

use crate::words::Millis;
use crate::words::approval::{ApprovalId, CallDigest, Standing};
use crate::words::mac::Keys;
use crate::words::sorted::insert;

/// The standings of all approvals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ApprovalCell {
    /// The latest time of a change. The time of the cell never runs backwards.
    clock: Millis,
    entries: Vec<Entry>,
}

/// The standing of one approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: ApprovalId,
    pub(super) digest: CallDigest,
    /// The hash of the caller.
    pub(super) caller: u64,
    /// As it was written: its time may be over.
    standing: Standing,
    pub(super) asked: Millis,
    pub(super) expires: Millis,
    /// Proves all of it at its place.
    code: [u8; 16],
}

/// The number of places.
pub(super) const PLACES: usize = 256;

/// The most approvals that one line of the log reports as expired.
const MOST_EXPIRED: usize = 16;

/// The bytes of an entry.
const LENGTH: usize = 89;

const PURPOSE: &str = "standing of an approval";

/// Why there is no place for another approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The caller has as many as it may have.
    TooMany,
    /// Every place is taken.
    Full,
}

impl Entry {
    /// A pending approval. It has no code until it has a place.
    pub(super) fn pending(
        id: ApprovalId,
        digest: CallDigest,
        caller: u64,
        asked: Millis,
        ttl: Millis,
    ) -> Self {
        Self {
            id,
            digest,
            caller,
            standing: Standing::Pending,
            asked,
            expires: Millis(asked.0.saturating_add(ttl.0)),
            code: [0; 16],
        }
    }

    /// The standing at this time.
    pub(super) fn standing(&self, now: Millis) -> Standing {
        let ends = matches!(self.standing, Standing::Pending | Standing::Approved);
        match ends && now >= self.expires {
            true => Standing::Expired,
            false => self.standing,
        }
    }

    /// Whether the place is taken: a person may decide it, or a call may pass by it.
    fn is_live(&self, now: Millis) -> bool {
        matches!(self.standing(now), Standing::Pending | Standing::Approved)
    }

    /// Whether it decides calls with its digest: it is live, or a person has refused them not long ago.
    fn decides(&self, now: Millis) -> bool {
        self.is_live(now) || self.standing == Standing::Refused && now < self.expires
    }

    fn code(&self, place: usize, keys: &Keys) -> [u8; 16] {
        let place = u64::try_from(place).unwrap_or(u64::MAX).to_le_bytes();
        let code = keys.code(PURPOSE, &[&place, &self.proved()]);
        code.first_chunk().copied().unwrap_or_default()
    }

    fn proved(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&self.id.0);
        bytes.extend_from_slice(&self.digest);
        bytes.extend_from_slice(&self.caller.to_le_bytes());
        bytes.push(byte_of(self.standing));
        bytes.extend_from_slice(&self.asked.0.to_le_bytes());
        bytes.extend_from_slice(&self.expires.0.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8; LENGTH]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (digest, rest) = rest.split_first_chunk::<32>()?;
        let (caller, rest) = word(rest)?;
        let (standing, rest) = rest.split_first()?;
        let (asked, rest) = word(rest)?;
        let (expires, code) = word(rest)?;
        Some(Self {
            id: ApprovalId(*id),
            digest: *digest,
            caller,
            standing: STANDINGS.get(usize::from(*standing)).copied()?,
            asked: Millis(asked),
            expires: Millis(expires),
            code: *code.first_chunk()?,
        })
    }
}

/// The standings that are written, at the place of their byte.
const STANDINGS: [Standing; 6] = [
    Standing::Pending,
    Standing::Approved,
    Standing::Refused,
    Standing::Cancelled,
    Standing::Used,
    Standing::Expired,
];

fn byte_of(standing: Standing) -> u8 {
    let place = STANDINGS.iter().position(|own| *own == standing);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(u8::MAX)
}

impl ApprovalCell {
    /// Advances the cell to the present time, and returns it.
    pub(super) fn advance(&mut self, now: Millis) -> Millis {
        self.clock = self.clock.max(now);
        self.clock
    }

    /// The time of the cell.
    pub(super) fn clock(&self) -> Millis {
        self.clock
    }

    /// The entry at a place, if its code proves it.
    pub(super) fn at(&self, place: usize, keys: &Keys) -> Option<&Entry> {
        let entry = self.entries.get(place)?;
        keys_prove(entry, place, keys).then_some(entry)
    }

    /// The place of the approval that decides calls with this digest.
    pub(super) fn deciding(&self, digest: &CallDigest, keys: &Keys) -> Option<usize> {
        let now = self.clock;
        self.find(|entry| entry.digest == *digest && entry.decides(now), keys)
    }

    /// The place of the approval with this id.
    pub(super) fn of(&self, id: ApprovalId, keys: &Keys) -> Option<usize> {
        self.find(|entry| entry.id == id, keys)
    }

    fn find(&self, is: impl Fn(&Entry) -> bool, keys: &Keys) -> Option<usize> {
        let mut places = self.entries.iter().enumerate();
        let found = places.find(|(place, entry)| is(entry) && keys_prove(entry, *place, keys));
        found.map(|(place, _)| place)
    }

    /// The places of the approvals of this kind, the latest first.
    pub(super) fn all(&self, is: impl Fn(&Entry) -> bool, keys: &Keys) -> Vec<usize> {
        let mut all = Vec::new();
        for (place, entry) in self.entries.iter().enumerate() {
            if is(entry) && keys_prove(entry, place, keys) {
                insert(&mut all, (entry.asked, place));
            }
        }
        all.iter().rev().map(|(_, place)| *place).collect()
    }

    /// Adds an approval, and returns its place. `most` is the largest number of pending approvals of its caller.
    pub(super) fn add(&mut self, entry: Entry, most: usize, keys: &Keys) -> Result<usize, NoPlace> {
        let now = self.clock;
        let pending =
            |own: &&Entry| own.caller == entry.caller && own.standing(now) == Standing::Pending;
        if self.entries.iter().filter(pending).count() >= most {
            return Err(NoPlace::TooMany);
        }
        let place = self.free().ok_or(NoPlace::Full)?;
        self.write(place, entry, keys);
        Ok(place)
    }

    /// A new place, or that of the oldest approval that is over.
    fn free(&self) -> Option<usize> {
        if self.entries.len() < PLACES {
            return Some(self.entries.len());
        }
        let places = self.entries.iter().enumerate();
        let over = places.filter(|(_, entry)| !entry.decides(self.clock));
        let oldest = over.min_by_key(|(_, entry)| entry.expires);
        oldest.map(|(place, _)| place)
    }

    /// Changes the standing of an approval that has the standing `from`; false where it has another one. `ttl` begins
    /// anew.
    pub(super) fn change(
        &mut self,
        place: usize,
        from: Standing,
        to: Standing,
        keys: &Keys,
    ) -> bool {
        let now = self.clock;
        let Some(entry) = self.at(place, keys).copied() else {
            return false;
        };
        if entry.standing(now) != from {
            return false;
        }
        let ttl = entry.expires.0.saturating_sub(entry.asked.0);
        let expires = match to {
            Standing::Approved | Standing::Refused => Millis(now.0.saturating_add(ttl)),
            _ => entry.expires,
        };
        let changed = Entry {
            standing: to,
            expires,
            ..entry
        };
        self.write(place, changed, keys);
        true
    }

    /// Marks approvals whose time is over, and returns them: each once, and at most [`MOST_EXPIRED`] at a time.
    pub(super) fn expire(&mut self, keys: &Keys) -> Vec<ApprovalId> {
        let mut expired = Vec::new();
        for place in 0..self.entries.len() {
            let Some(entry) = self.entries.get(place).copied() else {
                break;
            };
            let over = entry.standing(self.clock) == Standing::Expired;
            let new = over && entry.standing != Standing::Expired;
            if new && expired.len() < MOST_EXPIRED && keys_prove(&entry, place, keys) {
                let standing = Standing::Expired;
                self.write(place, Entry { standing, ..entry }, keys);
                expired.push(entry.id);
            }
        }
        expired
    }

    fn write(&mut self, place: usize, entry: Entry, keys: &Keys) {
        let code = entry.code(place, keys);
        let entry = Entry { code, ..entry };
        match self.entries.get_mut(place) {
            Some(own) => *own = entry,
            None => self.entries.push(entry),
        }
    }

    /// `None` for invalid bytes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (clock, rest) = word(bytes)?;
        let (entries, []) = rest.as_chunks::<LENGTH>() else {
            return None;
        };
        Some(Self {
            clock: Millis(clock),
            entries: entries.iter().map(Entry::read).collect::<Option<_>>()?,
        })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.clock.0.to_le_bytes().to_vec();
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.proved());
            bytes.extend_from_slice(&entry.code);
        }
        bytes
    }
}

fn keys_prove(entry: &Entry, place: usize, keys: &Keys) -> bool {
    let place = u64::try_from(place).unwrap_or(u64::MAX).to_le_bytes();
    keys.prove_start(PURPOSE, &[&place, &entry.proved()], &entry.code)
}

fn word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*word), rest))
}

#[cfg(test)]
mod tests;
