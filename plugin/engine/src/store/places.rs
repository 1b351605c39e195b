//! Keeps the places of calls that became tasks, until the tasks end.
//!
//! It never gives a place back twice: it is taken out of the record first. Without room, a place ends by its time.

use super::cell::{BUCKET, Place};
use super::cells::{Cells, Unavailable};
use super::prepare::{ATTEMPTS, Store};
use super::record;
use crate::count::Refund;
use crate::words::state::StateKey;
use crate::words::{Amount, Millis};

/// A place that a task holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The hash of the task and its caller.
    task: u128,
    /// The hash of counter and subject.
    fingerprint: u128,
    ends: Millis,
    /// The amount to take off.
    cost: Amount,
    /// The key of the count's cell.
    key: String,
}

impl Store {
    /// Keeps the places of a call that became this task. Nothing depends on its success.
    pub(super) fn keep(
        &self,
        cells: &mut impl Cells,
        refund: &Refund,
        task: &StateKey,
        now: Millis,
    ) {
        let task = self.task_fingerprint(task);
        let mut held = Vec::new();
        for (charge, ends) in refund.returned() {
            if let Some(Place {
                key, fingerprint, ..
            }) = self.counted_at(cells, charge, ends)
            {
                held.push(Held {
                    task,
                    fingerprint,
                    ends,
                    cost: charge.cost(),
                    key,
                });
            }
        }
        let _ = self.change_places(cells, task, |places| {
            places.retain(|place| place.ends > now);
            // A flood of tasks displaces no place that is kept.
            let room = BUCKET.saturating_sub(places.len());
            places.extend(held.iter().take(room).cloned());
        });
    }

    /// Gives back the places of tasks that ended, each once. Nothing depends on its success.
    pub(super) fn finish(&self, cells: &mut impl Cells, tasks: &[StateKey]) {
        for task in tasks {
            let task = self.task_fingerprint(task);
            let mut freed = Vec::new();
            let taken = self.change_places(cells, task, |places| {
                freed.clone_from(places);
                freed.retain(|place| place.task == task);
                places.retain(|place| place.task != task);
            });
            if taken.is_ok() {
                for place in &freed {
                    self.take_off(cells, &place.key, place.fingerprint, place.cost, place.ends);
                }
            }
        }
    }

    fn task_fingerprint(&self, task: &StateKey) -> u128 {
        self.hash([(&*task.name, "places")])
    }

    /// Changes the places that share the task's cell, again if another worker wrote to it meanwhile.
    fn change_places(
        &self,
        cells: &mut impl Cells,
        task: u128,
        mut change: impl FnMut(&mut Vec<Held>),
    ) -> Result<(), Unavailable> {
        let key = self.bucket_key("places", self.bucket(task));
        for _ in 0..ATTEMPTS {
            let before = cells.read(&key)?;
            let version = before.as_ref().map(|(_, version)| *version);
            let mut places = match &before {
                Some((bytes, _)) => read(record::value(bytes).unwrap_or_default())?,
                None => Vec::new(),
            };
            let had = places.clone();
            change(&mut places);
            if places == had || cells.swap(&key, &record::bytes(&bytes(&places)), version)? {
                return Ok(());
            }
        }
        Err(Unavailable)
    }
}

/// The bytes of the numbers of a place; those of its key follow.
const NUMBERS: usize = 50;

fn read(mut bytes: &[u8]) -> Result<Vec<Held>, Unavailable> {
    let mut places = Vec::new();
    while !bytes.is_empty() {
        let place;
        (place, bytes) = Held::read(bytes).ok_or(Unavailable)?;
        places.push(place);
    }
    Ok(places)
}

fn bytes(places: &[Held]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for place in places {
        let Ok(length) = u16::try_from(place.key.len()) else {
            continue;
        };
        bytes.extend_from_slice(&place.task.to_le_bytes());
        bytes.extend_from_slice(&place.fingerprint.to_le_bytes());
        bytes.extend_from_slice(&place.ends.0.to_le_bytes());
        bytes.extend_from_slice(&place.cost.0.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(place.key.as_bytes());
    }
    bytes
}

impl Held {
    /// The place at the beginning, and the bytes after it.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (numbers, rest) = bytes.split_at_checked(NUMBERS)?;
        let (task, numbers) = numbers.split_first_chunk()?;
        let (fingerprint, numbers) = numbers.split_first_chunk()?;
        let (ends, numbers) = numbers.split_first_chunk()?;
        let (cost, numbers) = numbers.split_first_chunk()?;
        let length = u16::from_le_bytes(numbers.try_into().ok()?);
        let (key, rest) = rest.split_at_checked(length.into())?;
        let place = Self {
            task: u128::from_le_bytes(*task),
            fingerprint: u128::from_le_bytes(*fingerprint),
            ends: Millis(u64::from_le_bytes(*ends)),
            cost: Amount(u64::from_le_bytes(*cost)),
            key: std::str::from_utf8(key).ok()?.into(),
        };
        Some((place, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_places_are_read_back_and_short_bytes_refused() {
        let place = |task| Held {
            task,
            fingerprint: u128::MAX,
            ends: Millis(7),
            cost: Amount::ONE,
            key: "main/3/own/x".into(),
        };
        let places = [place(1), place(u128::MAX)];
        let written = bytes(&places);
        assert_eq!(read(&written), Ok(places.into()));
        assert!(
            written
                .get(..written.len() - 1)
                .is_some_and(|short| read(short).is_err())
        );
        assert_eq!(read(&[]), Ok(Vec::new()));
    }
}
