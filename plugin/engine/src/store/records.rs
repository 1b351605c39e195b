//! Looks up and writes the state that outlives a request.
//!
//! It never reports an error of the host as a value: a caller then gets less, never more.

use super::cell::low;
use super::cells::{Cells, Unavailable};
use super::prepare::{ATTEMPTS, Store};
use super::record;
use super::record::{Id, IssuedIds};
use crate::words::state::{Lookup, OF_ANOTHER, StateKey, StateWrite};

impl Store {
    /// The values of the keys, in their order.
    pub fn lookup(&self, cells: &mut impl Cells, keys: &[StateKey]) -> Lookup {
        let each = keys.iter().map(|key| self.lookup_one(cells, key));
        match each.collect::<Result<_, Unavailable>>() {
            Ok(value) => Lookup::Found(value),
            Err(Unavailable) => Lookup::Unavailable,
        }
    }

    fn lookup_one(
        &self,
        cells: &mut impl Cells,
        state: &StateKey,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        let (key, id) = self.place_of(state);
        match (cells.read(&key)?, id) {
            (Some((bytes, _)), None) => Ok(record::value(&bytes).map(Into::into)),
            (None, None) => Err(Unavailable),
            (Some((bytes, _)), Some(id)) => {
                let issued = IssuedIds::read(&bytes).ok_or(Unavailable)?;
                let own = issued.holds(id).then(Vec::new);
                let foreign = issued.holds_for_another(id).then(|| OF_ANOTHER.to_vec());
                Ok(own.or(foreign))
            }
            (None, Some(_)) => Ok(None),
        }
    }

    /// Writes values. Nothing depends on its success: a host that fails loses them.
    pub(super) fn write(&self, cells: &mut impl Cells, writes: &[StateWrite]) {
        for write in writes {
            let _ = self.write_one(cells, write);
        }
    }

    fn write_one(&self, cells: &mut impl Cells, write: &StateWrite) -> Result<(), Unavailable> {
        let (key, id) = self.place_of(&write.key);
        for _ in 0..ATTEMPTS {
            let (before, version) = match (cells.read(&key)?, id) {
                (Some((before, version)), _) => (before, Some(version)),
                (None, Some(_)) => (record::NOTHING.into(), None),
                (None, None) => return Err(Unavailable),
            };
            let after = match id {
                Some(id) => issued(&before, id)?,
                None if write.if_absent && record::value(&before).is_some() => return Ok(()),
                None => record::bytes(&write.value),
            };
            if before == after || cells.swap(&key, &after, version)? {
                return Ok(());
            }
        }
        Err(Unavailable)
    }

    /// The cell of a key, and the id among those that share it.
    fn place_of(&self, state: &StateKey) -> (String, Option<Id>) {
        let Some(owner) = &state.owner else {
            return (self.state_key(&state.name), None);
        };
        let fingerprint = self.hash([(&*state.name, "")]);
        let owner = low(self.hash([(&**owner, "")]));
        let key = self.bucket_key("issued", self.bucket(fingerprint));
        (key, Some(Id { fingerprint, owner }))
    }
}

/// The bytes of a record with the id added to it.
fn issued(before: &[u8], id: Id) -> Result<Vec<u8>, Unavailable> {
    let mut issued = IssuedIds::read(before).ok_or(Unavailable)?;
    if issued.holds(id) {
        return Ok(before.into());
    }
    issued.add(id);
    Ok(issued.bytes())
}
