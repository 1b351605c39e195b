//! Adds charges to counts, all or none, and refunds them.
//!
//! It never waits: after too many lost races the counts are unavailable.

use super::cell::{Cell, Change, Kind, Place, Taken, low};
use super::cells::{Cells, Unavailable};
use super::prepare::{ATTEMPTS, CHOSEN, Store, VERIFIED};
use crate::count::{Charge, Chooser, Count, Full, Refund, Reservation, Subject};
use crate::model::Mode;
use crate::words::{Amount, Millis};

impl Store {
    /// Adds all charges, or none.
    pub fn reserve(&self, cells: &mut impl Cells, charges: &[Charge], now: Millis) -> Reservation {
        let mut taken = Vec::with_capacity(charges.len());
        let mut refused: Option<(usize, Full)> = None;
        let mut shadowed = Vec::new();
        for (index, charge) in charges.iter().enumerate() {
            let named = refused
                .as_ref()
                .and_then(|(index, full)| charges.get(*index)?.position(full.limit));
            // Once a limit is full, only an earlier one can still replace it in the refusal.
            if named.is_some_and(|named| charge.position(0) > Some(named)) {
                continue;
            }
            match self.charge(cells, charge, now) {
                Ok(Ok(count)) => {
                    shadowed.extend(count.shadowed.map(|limit| (index, limit)));
                    taken.push((index, count));
                }
                Ok(Err(full)) => {
                    shadowed.extend(full.shadowed.map(|limit| (index, limit)));
                    if named.is_none_or(|named| charge.position(full.limit) < Some(named)) {
                        refused = Some((index, full));
                    }
                }
                Err(Unavailable) => {
                    self.give_back(cells, charges, &taken);
                    return Reservation::Unavailable;
                }
            }
        }
        let Some((charge, full)) = refused else {
            return Reservation::Reserved(taken.into_iter().map(|(_, count)| count).collect());
        };
        self.give_back(cells, charges, &taken);
        let order = |(charge, limit): &(usize, usize)| {
            charges
                .get(*charge)
                .and_then(|charge| charge.position(*limit))
        };
        let named = order(&(charge, full.limit));
        shadowed.retain(|shadow| order(shadow) < named);
        Reservation::Full {
            charge,
            limit: full.limit,
            used: full.used,
            ends: full.ends,
            shadowed,
        }
    }

    fn charge(
        &self,
        cells: &mut impl Cells,
        charge: &Charge,
        now: Millis,
    ) -> Result<Result<Count, Full>, Unavailable> {
        let places = self.places(charge);
        if places.is_empty() {
            return Ok(unknown(charge, now));
        }
        let mut now = now;
        for _ in 0..ATTEMPTS {
            for place in &places {
                match update(cells, &place.key, |cell| cell.take(place, charge, now))? {
                    Taken::Counted(outcome) => return Ok(outcome),
                    Taken::UseOverflow(at) => now = at,
                }
            }
        }
        Err(Unavailable)
    }

    /// Refunds those charges of a call whose limits refund its outcome. No exchange depends on its success: a charge
    /// that cannot be refunded stays counted.
    pub(super) fn refund(&self, cells: &mut impl Cells, refund: &Refund, now: Millis) {
        if let Some(task) = refund.task() {
            return self.keep(cells, refund, task, now);
        }
        for (charge, ends) in refund.returned() {
            self.give_back_one(cells, charge, ends);
        }
    }

    /// Takes back charges that were added. A charge that cannot be taken back stays counted, which admits less, never
    /// more.
    fn give_back(&self, cells: &mut impl Cells, charges: &[Charge], taken: &[(usize, Count)]) {
        for (index, count) in taken.iter().filter(|(_, count)| count.added) {
            if let Some(charge) = charges.get(*index) {
                self.give_back_one(cells, charge, count.ends);
            }
        }
    }

    fn give_back_one(&self, cells: &mut impl Cells, charge: &Charge, ends: Millis) {
        let mut places = self.places(charge).into_iter();
        places.any(|place| self.take_off(cells, &place.key, place.fingerprint, charge.cost, ends));
    }

    /// The place that counts the charge with this end.
    pub(super) fn counted_at(
        &self,
        cells: &mut impl Cells,
        charge: &Charge,
        ends: Millis,
    ) -> Option<Place> {
        let mut places = self.places(charge).into_iter();
        places.find(|place| {
            let cell = cells.read(&place.key).ok().flatten();
            let cell = cell.and_then(|(bytes, _)| Cell::read(&bytes));
            cell.is_some_and(|cell| cell.counts(place.fingerprint, ends))
        })
    }

    /// Takes an amount off the count with this end. False where there is none.
    pub(super) fn take_off(
        &self,
        cells: &mut impl Cells,
        key: &str,
        fingerprint: u128,
        cost: Amount,
        ends: Millis,
    ) -> bool {
        update(cells, key, |cell| cell.refund(fingerprint, cost, ends)) == Ok(Some(()))
    }

    /// The places where a charge may be counted: the subject's own cell; or the table, and without room in it the
    /// overflow. A charge without a subject has no place.
    fn places(&self, charge: &Charge) -> Vec<Place> {
        let Subject::Open {
            name,
            overflow,
            chosen_by,
        } = &charge.subject
        else {
            let own = |name| self.place(charge, name, Kind::Own);
            return charge.subject().map(own).into_iter().collect();
        };
        let mut places = vec![match chosen_by {
            Some(chooser) => self.chosen_place(charge, name, chooser),
            None => self.place(charge, name, Kind::Table),
        }];
        if let Some(Chooser::Caller(caller)) = chosen_by.as_deref()
            && caller != overflow
        {
            places.push(self.place(charge, caller, Kind::Table));
        }
        places.push(self.place(charge, overflow, Kind::Overflow));
        places
    }

    fn place(&self, charge: &Charge, subject: &str, kind: Kind) -> Place {
        let fingerprint = self.fingerprint(&charge.counter, subject);
        Place {
            key: match kind {
                Kind::Table => self.bucket_key(VERIFIED, self.bucket(fingerprint)),
                Kind::Own | Kind::Overflow => self.own_key(fingerprint),
            },
            fingerprint,
            // A subject's own cell holds no other count, so it never overflows.
            counter: match kind {
                Kind::Own => 0,
                Kind::Table | Kind::Overflow => low(self.fingerprint(&charge.counter, "")),
            },
            kind,
        }
    }

    /// The place of a subject that a caller makes up: in a table of its own, where one caller's subjects reach a 64th.
    fn chosen_place(&self, charge: &Charge, subject: &str, chooser: &Chooser) -> Place {
        let place = self.place(charge, subject, Kind::Table);
        let bucket = match chooser {
            Chooser::Caller(caller) => self.bucket_within(place.fingerprint, caller),
            Chooser::Anyone => self.bucket(place.fingerprint),
        };
        Place {
            key: self.bucket_key(CHOSEN, bucket),
            ..place
        }
    }
}

/// The outcome of a charge without a subject: it exceeds its first enforced limit, or else its first limit in shadow
/// mode.
fn unknown(charge: &Charge, now: Millis) -> Result<Count, Full> {
    match charge.first(Mode::Enforce, |_| true) {
        Some(limit) => Err(Full {
            limit,
            used: Amount::default(),
            excess: Amount::default(),
            ends: now,
            shadowed: None,
        }),
        None => Ok(Count {
            used: Some(Amount::default()),
            ends: now,
            shadowed: Some(0),
            added: false,
        }),
    }
}

/// Applies `change` to the cell under `key`, again if another worker wrote to it meanwhile.
fn update<T>(
    cells: &mut impl Cells,
    key: &str,
    mut change: impl FnMut(&mut Cell) -> Change<T>,
) -> Result<T, Unavailable> {
    for _ in 0..ATTEMPTS {
        let (bytes, version) = cells.read(key)?.ok_or(Unavailable)?;
        let mut cell = Cell::read(&bytes).ok_or(Unavailable)?;
        match change(&mut cell) {
            Change::Keep(outcome) => return Ok(outcome),
            Change::Write(outcome) if cells.swap(key, &cell.bytes(), Some(version))? => {
                return Ok(outcome);
            }
            Change::Write(_) => {}
        }
    }
    Err(Unavailable)
}
