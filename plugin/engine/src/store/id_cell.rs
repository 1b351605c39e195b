//! The bytes under one key of the ids under way: the ids of some sessions that belong to a live exchange, and the ids
//! that are unclear.
//!
//! It never drops an open id to make room: without room, more ids become unclear.

use crate::words::Millis;
use crate::words::under_way::Opening;

/// The ids that share one key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct IdCell {
    /// The latest time of a change here. The time of a cell never runs backwards.
    clock: Millis,
    /// Every id without an entry is unclear until then.
    unclear: Millis,
    entries: Vec<Entry>,
}

/// The hashes by which a request's id is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    /// The hash of the caller and the session.
    pub(super) session: u64,
    pub(super) id: u64,
}

/// The present time, and the longest duration of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) now: Millis,
    pub(super) longest_call: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    id: Id,
    kind: Kind,
    until: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An exchange with the id is alive. At the entry's end the id becomes unclear.
    Open,
    /// The id is unclear.
    Unclear,
    /// Every id of the session without an entry of its own is unclear.
    Session,
}

/// The number of entries that a cell holds.
pub(super) const ROOM: usize = 32;

/// The bytes of an entry.
const LENGTH: usize = 25;

impl IdCell {
    /// Opens an id for an exchange that begins now. `keep` is false where no entry may be kept for it.
    pub(super) fn open(&mut self, id: Id, keep: bool, clock: Clock) -> Opening {
        let now = self.advance(clock);
        // The exchange lasts until `ends` at most, and its answer comes by `last` at most.
        let ends = plus(now, clock.longest_call);
        let last = plus(ends, clock.longest_call);
        if self
            .position(|entry| entry.id == id && entry.kind == Kind::Open)
            .is_some()
        {
            return Opening::InUse;
        }
        if !keep {
            return Opening::Unclear;
        }
        self.make_room(id.session);
        if self.extend(id, last) {
            return Opening::Unclear;
        }
        match self.add(id, Kind::Open, ends) {
            true => Opening::Open(ends),
            false => {
                self.give_up(last, clock);
                Opening::Unclear
            }
        }
    }

    /// Ends the exchange that opened the id. The id is free if the answer came, else unclear.
    pub(super) fn end(&mut self, id: Id, opening: Millis, is_answered: bool, clock: Clock) {
        let now = self.advance(clock);
        let open = self.position(|entry| entry.id == id && entry.kind == Kind::Open);
        let own =
            |entry: &Entry| entry.id == id && entry.kind == Kind::Open && entry.until == opening;
        self.entries.retain(|entry| !own(entry));
        let others = open.is_some()
            && self
                .position(|entry| entry.id == id && entry.kind == Kind::Open)
                .is_some();
        if is_answered || others {
            return;
        }
        let until = plus(now, clock.longest_call);
        self.make_room(id.session);
        if !self.extend(id, until) && !self.add(id, Kind::Unclear, until) {
            self.give_up(until, clock);
        }
    }

    /// Advances the cell to the present time, and returns it.
    fn advance(&mut self, clock: Clock) -> Millis {
        self.clock = self.clock.max(clock.now);
        let now = self.clock;
        let late = |entry: &&mut Entry| entry.kind == Kind::Open && entry.until <= now;
        for entry in self.entries.iter_mut().filter(late) {
            entry.kind = Kind::Unclear;
            entry.until = plus(entry.until, clock.longest_call);
        }
        self.entries.retain(|entry| entry.until > now);
        now
    }

    /// Extends the entry that makes the id unclear, at least until then; false where the id is not unclear.
    fn extend(&mut self, id: Id, until: Millis) -> bool {
        let covers = |entry: &&mut Entry| match entry.kind {
            Kind::Open => false,
            Kind::Unclear => entry.id == id,
            Kind::Session => entry.id.session == id.session,
        };
        if let Some(entry) = self.entries.iter_mut().find(covers) {
            entry.until = entry.until.max(until);
            return true;
        }
        let unclear = self.unclear > self.clock;
        if unclear {
            self.unclear = self.unclear.max(until);
        }
        unclear
    }

    /// Without room, the session with the most unclear ids becomes unclear as a whole; where no session has two, the
    /// session that needs the room does.
    fn make_room(&mut self, own: u64) {
        if self.entries.len() < ROOM {
            return;
        }
        let many = |session: u64| self.unclear_of(session).count();
        let sessions = self.entries.iter().map(|entry| entry.id.session);
        let most = sessions.max_by_key(|session| (many(*session), *session == own));
        match most.filter(|most| many(*most) > 1) {
            Some(most) => self.merge(most),
            None => self.merge(own),
        }
    }

    fn unclear_of(&self, session: u64) -> impl Iterator<Item = &Entry> {
        let of = move |entry: &&Entry| entry.id.session == session && entry.kind != Kind::Open;
        self.entries.iter().filter(of)
    }

    /// Replaces all unclear ids of a session by one entry.
    fn merge(&mut self, session: u64) {
        let Some(until) = self.unclear_of(session).map(|entry| entry.until).max() else {
            return;
        };
        self.entries
            .retain(|entry| entry.id.session != session || entry.kind == Kind::Open);
        self.add(Id { session, id: 0 }, Kind::Session, until);
    }

    /// Makes every id without an entry unclear, until `until` and until no present entry matters any more.
    fn give_up(&mut self, until: Millis, clock: Clock) {
        let over = |entry: &Entry| match entry.kind {
            Kind::Open => plus(entry.until, clock.longest_call),
            Kind::Unclear | Kind::Session => entry.until,
        };
        let last = self.entries.iter().map(over).max();
        self.unclear = self.unclear.max(until).max(last.unwrap_or_default());
    }

    fn add(&mut self, id: Id, kind: Kind, until: Millis) -> bool {
        let room = self.entries.len() < ROOM;
        if room {
            self.entries.push(Entry { id, kind, until });
        }
        room
    }

    fn position(&self, is: impl Fn(&Entry) -> bool) -> Option<usize> {
        self.entries.iter().position(is)
    }

    /// `None` for invalid bytes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (clock, rest) = word(bytes)?;
        let (unclear, rest) = word(rest)?;
        let (entries, []) = rest.as_chunks::<LENGTH>() else {
            return None;
        };
        Some(Self {
            clock: Millis(clock),
            unclear: Millis(unclear),
            entries: entries.iter().map(Entry::read).collect::<Option<_>>()?,
        })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.clock.0.to_le_bytes(), self.unclear.0.to_le_bytes()].concat();
        for Entry { id, kind, until } in &self.entries {
            for number in [id.session, id.id, until.0] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.push(kind.byte());
        }
        bytes
    }
}

impl Entry {
    fn read(bytes: &[u8; LENGTH]) -> Option<Self> {
        let (session, rest) = word(bytes)?;
        let (id, rest) = word(rest)?;
        let (until, rest) = word(rest)?;
        Some(Self {
            id: Id { session, id },
            kind: Kind::of(*rest.first()?)?,
            until: Millis(until),
        })
    }
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Open => 1,
            Self::Unclear => 2,
            Self::Session => 3,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        let kinds = [Self::Open, Self::Unclear, Self::Session];
        kinds.into_iter().find(|kind| kind.byte() == byte)
    }
}

fn word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*word), rest))
}

fn plus(time: Millis, more: Millis) -> Millis {
    Millis(time.0.saturating_add(more.0))
}

#[cfg(test)]
mod tests;
