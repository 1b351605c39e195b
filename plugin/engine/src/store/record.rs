//! The bytes under the keys of remembered state: the value of a key, or the ids that servers issued.
//!
//! They are never empty: a host may read an empty value as an absent one.

use super::cell::BUCKET;

/// No value.
pub(super) const NOTHING: &[u8] = b"-";

const VALUE: &[u8] = b"+";

pub(super) fn value(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(VALUE)
}

pub(super) fn bytes(value: &[u8]) -> Vec<u8> {
    [VALUE, value].concat()
}

/// Ids that servers issued and that share one key, in the order of their issue.
#[derive(Debug, Default)]
pub(super) struct IssuedIds(Vec<Id>);

/// The hashes of an id and of the caller that it was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) fingerprint: u128,
    pub(super) owner: u64,
}

/// The bytes of an id.
const LENGTH: usize = 24;

impl IssuedIds {
    /// `None` for invalid bytes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (ids, []) = value(bytes).unwrap_or_default().as_chunks::<LENGTH>() else {
            return None;
        };
        Some(Self(ids.iter().filter_map(Id::read).collect()))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let ids = self.0.iter().flat_map(|id| {
            let owner = id.owner.to_le_bytes();
            id.fingerprint.to_le_bytes().into_iter().chain(owner)
        });
        bytes(&ids.collect::<Vec<_>>())
    }

    pub(super) fn holds(&self, id: Id) -> bool {
        self.0.contains(&id)
    }

    /// True where the id was issued, but not to this caller.
    pub(super) fn holds_for_another(&self, id: Id) -> bool {
        let same = |other: &Id| other.fingerprint == id.fingerprint;
        !self.holds(id) && self.0.iter().any(same)
    }

    /// Adds an id that is not there. Without room, the caller with the most ids loses its oldest: a flood displaces its
    /// own ids.
    pub(super) fn add(&mut self, id: Id) {
        self.0.push(id);
        if self.0.len() <= BUCKET {
            return;
        }
        let many = |owner| self.0.iter().filter(|id| id.owner == owner).count();
        let most = self.0.iter().map(|id| many(id.owner)).max();
        let oldest = self.0.iter().position(|id| Some(many(id.owner)) == most);
        oldest.map(|oldest| self.0.remove(oldest));
    }
}

impl Id {
    fn read(bytes: &[u8; LENGTH]) -> Option<Self> {
        let (fingerprint, owner) = bytes.split_first_chunk()?;
        Some(Self {
            fingerprint: u128::from_le_bytes(*fingerprint),
            owner: u64::from_le_bytes(owner.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(fingerprint: u128, owner: u64) -> Id {
        Id { fingerprint, owner }
    }

    #[test]
    fn flood_of_issued_ids_displaces_its_own() {
        let mut issued = IssuedIds::default();
        issued.add(id(1, 1));
        issued.add(id(2, 2));
        (100..1000).for_each(|flood| issued.add(id(flood, 3)));
        assert!(
            issued.holds(id(1, 1)) && issued.holds(id(2, 2)),
            "{issued:?}"
        );
        assert!(
            issued.holds(id(999, 3)) && !issued.holds(id(985, 3)),
            "{issued:?}"
        );
        assert_eq!(issued.0.len(), BUCKET);
    }

    #[test]
    fn full_record_of_one_caller_forgets_its_oldest_id() {
        let mut issued = IssuedIds::default();
        (0..17).for_each(|fingerprint| issued.add(id(fingerprint, 1)));
        assert!(!issued.holds(id(0, 1)) && issued.holds(id(1, 1)) && issued.holds(id(16, 1)));
    }

    #[test]
    fn issued_id_is_foreign_to_other_callers() {
        let mut issued = IssuedIds::default();
        issued.add(id(1, 1));
        let seen = |id| (issued.holds(id), issued.holds_for_another(id));
        assert_eq!(seen(id(1, 1)), (true, false));
        assert_eq!(seen(id(1, 2)), (false, true));
        assert_eq!(seen(id(2, 2)), (false, false));
    }

    #[test]
    fn written_ids_are_read_back_and_short_bytes_refused() {
        let mut issued = IssuedIds::default();
        for fingerprint in [u128::MAX, 0, 7] {
            issued.add(id(fingerprint, u64::MAX));
            let read = IssuedIds::read(&issued.bytes()).expect("ids");
            assert_eq!(read.0, issued.0);
        }
        assert!(IssuedIds::read(NOTHING).is_some_and(|none| none.0.is_empty()));
        assert!(IssuedIds::read(b"+too short").is_none());
    }
}
