//! Keeps counts in a host's shared data: small cells that are read, changed and swapped back if nobody else was faster.
//!
//! Every cell is made while the plugin is configured and never during a request, where a cell that is not there means
//! that the host forgot, and the call is denied. Its memory is fixed: callers whom the policy names have cells of their
//! own; all others share a table, in which a count is never pushed out before its window ends. Who finds no room there
//! counts in the limit's one overflow cell together with all who found none.
//!
//! What servers issued is in a table of its own, in which older ids make room for newer ones. Its cells are made when they
//! are needed: one that is not there holds nothing, and who is not remembered gets less.

mod cell;
mod configured;
mod memory;

pub(crate) use configured::configured_cells;

use crate::count::{Amount, Charge, Full, Millis, Reservation, Subject, Tally};
use crate::decide::Pinned;
use crate::memory::{Memo, Recollection, Topic};
use crate::parse::{Counter, Mode, Policy};
use crate::response::Refund;
use cell::{BUCKET, Cell, Change, Kind, Place, Taken};
use configured::{configured, counters, is_open};
use memory::{Id, Issued};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hash as _;

/// The two things that a host must be able to do.
pub trait Cells {
    /// The bytes under `key` and the version they have; `None` where there are none.
    ///
    /// # Errors
    /// When the host fails.
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable>;

    /// Puts `bytes` under `key` if its version is still `version`, or, for `None`, if the key is not there yet.
    /// False when it is not so.
    ///
    /// # Errors
    /// When the host fails.
    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable>;
}

/// A cell's version as the host counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u32);

/// The host cannot read or write its shared data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// The counts of one policy in one host.
#[derive(Debug)]
pub struct Store {
    namespace: String,
    seed: Seed,
    buckets: u64,
}

/// A secret of the process, the same in all its workers. Without it nobody can choose names that fall together.
pub type Seed = [u8; 16];

/// Changes with the bytes of a cell: a new version of the plugin in the same process does not read the old one's cells.
const LAYOUT: u32 = 3;

/// Attempts to swap a cell before giving up. Each failure means that another worker succeeded.
const ATTEMPTS: usize = 256;

impl Store {
    /// Makes the cells that the policy's limits need, unless another worker did. `entropy` becomes the seed of the
    /// whole process if this is its first worker.
    ///
    /// # Errors
    /// When the host cannot keep shared data.
    pub fn prepare(
        cells: &mut impl Cells,
        namespace: &str,
        policy: &Policy,
        entropy: Seed,
    ) -> Result<Self, Unavailable> {
        let namespace = format!("{namespace}/{LAYOUT}");
        let buckets = u64::try_from(policy.host.slots.div_ceil(BUCKET))
            .unwrap_or(u64::MAX)
            .max(1);
        let seed = seed(cells, &format!("{namespace}/seed"), entropy);
        let topics: Vec<_> = Pinned::topics(policy).collect();
        let keeps = policy.counters().next().is_some() || !topics.is_empty();
        let store = Self {
            namespace,
            // Without a memory no task is known, but nothing else of such a policy needs one.
            seed: seed.or(if keeps { Err(Unavailable) } else { Ok(entropy) })?,
            buckets,
        };
        if keeps {
            store.prepare_counts(cells, policy)?;
            store.prepare_topics(cells, &topics)?;
        }
        Ok(store)
    }

    fn prepare_counts(&self, cells: &mut impl Cells, policy: &Policy) -> Result<(), Unavailable> {
        let configured = configured(policy);
        let named = configured
            .iter()
            .map(|(counter, subject)| (&*counter.id, &**subject));
        let mark = format!("{:032x}", self.hash(named));
        let keys = configured
            .iter()
            .map(|(counter, subject)| self.own_key(self.fingerprint(counter, subject)));
        self.create(cells, &mark, keys, &Cell::default().bytes())?;
        let counters = counters(policy);
        if counters.iter().any(|counter| is_open(policy, counter)) {
            let keys = (0..self.buckets).map(|bucket| self.bucket_key("table", bucket));
            let mark = format!("table of {}", self.buckets);
            self.create(cells, &mark, keys, &Cell::default().bytes())?;
        }
        Ok(())
    }

    fn prepare_topics(&self, cells: &mut impl Cells, topics: &[Topic]) -> Result<(), Unavailable> {
        if topics.is_empty() {
            return Ok(());
        }
        let mark = self.hash(topics.iter().map(|topic| (&*topic.name, "")));
        let keys = topics.iter().map(|topic| self.topic_key(&topic.name));
        self.create(cells, &format!("topics {mark:032x}"), keys, memory::NOTHING)
    }

    /// Adds all charges, or none.
    pub fn reserve(&self, cells: &mut impl Cells, charges: &[Charge], now: Millis) -> Reservation {
        let mut taken = Vec::with_capacity(charges.len());
        let mut refused: Option<(usize, Full)> = None;
        let mut shadowed = Vec::new();
        for (index, charge) in charges.iter().enumerate() {
            let named = refused
                .as_ref()
                .and_then(|(index, full)| charges.get(*index)?.order(full.maximum));
            // Once a limit is full, only one that stands before it can still be the one to name.
            if named.is_some_and(|named| charge.order(0) > Some(named)) {
                continue;
            }
            match self.charge(cells, charge, now) {
                Ok(Ok(tally)) => {
                    shadowed.extend(tally.shadowed.map(|maximum| (index, maximum)));
                    taken.push((index, tally));
                }
                Ok(Err(full)) => {
                    shadowed.extend(full.shadowed.map(|maximum| (index, maximum)));
                    if named.is_none_or(|named| charge.order(full.maximum) < Some(named)) {
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
            return Reservation::Reserved(taken.into_iter().map(|(_, tally)| tally).collect());
        };
        self.give_back(cells, charges, &taken);
        let order = |(charge, maximum): &(usize, usize)| {
            charges
                .get(*charge)
                .and_then(|charge| charge.order(*maximum))
        };
        let named = order(&(charge, full.maximum));
        shadowed.retain(|shadow| order(shadow) < named);
        Reservation::Full {
            charge,
            maximum: full.maximum,
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
    ) -> Result<Result<Tally, Full>, Unavailable> {
        let places = self.places(charge);
        if places.is_empty() {
            return Ok(unknown(charge, now));
        }
        let mut now = now;
        for _ in 0..ATTEMPTS {
            for place in &places {
                match update(cells, &place.key, |cell| cell.take(place, charge, now))? {
                    Taken::Counted(outcome) => return Ok(outcome),
                    Taken::Elsewhere(at) => now = at,
                }
            }
        }
        Err(Unavailable)
    }

    /// Gives back the charges of a call that did not run. Nobody waits for it, and what cannot be given back stays
    /// counted.
    pub fn refund(&self, cells: &mut impl Cells, refund: &Refund) {
        for (charge, ends) in refund.returned() {
            self.give_back_one(cells, charge, ends);
        }
    }

    /// What is remembered of the topics.
    pub fn recall(&self, cells: &mut impl Cells, topics: &[Topic]) -> Recollection {
        let each = topics.iter().map(|topic| self.recall_one(cells, topic));
        match each.collect::<Result<_, Unavailable>>() {
            Ok(learnt) => Recollection::Recalled(learnt),
            Err(Unavailable) => Recollection::Unavailable,
        }
    }

    fn recall_one(
        &self,
        cells: &mut impl Cells,
        topic: &Topic,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        let (key, id) = self.place_of(topic);
        match (cells.read(&key)?, id) {
            (Some((bytes, _)), None) => Ok(memory::learnt(&bytes).map(Into::into)),
            (None, None) => Err(Unavailable),
            (Some((bytes, _)), Some(id)) => {
                let issued = Issued::read(&bytes).ok_or(Unavailable)?;
                Ok(issued.holds(id.fingerprint).then(Vec::new))
            }
            (None, Some(_)) => Ok(None),
        }
    }

    /// Remembers. Nobody waits for it, and a host that fails forgets.
    pub fn remember(&self, cells: &mut impl Cells, memos: &[Memo]) {
        for memo in memos {
            let _ = self.remember_one(cells, memo);
        }
    }

    fn remember_one(&self, cells: &mut impl Cells, memo: &Memo) -> Result<(), Unavailable> {
        let (key, id) = self.place_of(&memo.topic);
        for _ in 0..ATTEMPTS {
            let (before, version) = match (cells.read(&key)?, id) {
                (Some((before, version)), _) => (before, Some(version)),
                (None, Some(_)) => (memory::NOTHING.into(), None),
                (None, None) => return Err(Unavailable),
            };
            let after = match id {
                Some(id) => issued(&before, id)?,
                None if memo.first && memory::learnt(&before).is_some() => return Ok(()),
                None => memory::bytes(&memo.learnt),
            };
            if before == after || cells.swap(&key, &after, version)? {
                return Ok(());
            }
        }
        Err(Unavailable)
    }

    /// Under which key a topic is remembered, and which id it is where it shares that with others.
    fn place_of(&self, topic: &Topic) -> (String, Option<Id>) {
        let Some(owner) = &topic.issued_to else {
            return (self.topic_key(&topic.name), None);
        };
        let fingerprint = self.hash([(&*topic.name, "")]);
        let owner = low(self.hash([(&**owner, "")]));
        let key = self.bucket_key("issued", self.bucket(fingerprint));
        (key, Some(Id { fingerprint, owner }))
    }

    /// Takes back what was added. What cannot be taken back stays counted, which admits less, never more.
    fn give_back(&self, cells: &mut impl Cells, charges: &[Charge], taken: &[(usize, Tally)]) {
        for (index, tally) in taken.iter().filter(|(_, tally)| tally.added) {
            if let Some(charge) = charges.get(*index) {
                self.give_back_one(cells, charge, tally.ends);
            }
        }
    }

    fn give_back_one(&self, cells: &mut impl Cells, charge: &Charge, ends: Millis) {
        for place in self.places(charge) {
            let refund = |cell: &mut Cell| cell.refund(place.fingerprint, charge.cost, ends);
            if update(cells, &place.key, refund) == Ok(Some(())) {
                break;
            }
        }
    }

    /// Where a charge may be counted: in the subject's own cell; or in the table, and if there is no room in it, in the
    /// overflow. A charge that counts for nobody has no place.
    fn places(&self, charge: &Charge) -> Vec<Place> {
        let place = |subject: &str, kind| {
            let fingerprint = self.fingerprint(&charge.counter, subject);
            let key = match kind {
                Kind::Table => self.bucket_key("table", self.bucket(fingerprint)),
                Kind::Own | Kind::Overflow => self.own_key(fingerprint),
            };
            Place {
                key,
                fingerprint,
                counter: low(self.fingerprint(&charge.counter, "")),
                kind,
            }
        };
        match &charge.subject {
            Subject::Own(name) => vec![place(name, Kind::Own)],
            Subject::Open { name, overflow } => {
                vec![place(name, Kind::Table), place(overflow, Kind::Overflow)]
            }
            Subject::Unknown { .. } => Vec::new(),
        }
    }

    /// Makes the cells of `keys`, and a mark that they are made. A cell that is there already is left as it is, so a
    /// new configuration goes on counting.
    fn create(
        &self,
        cells: &mut impl Cells,
        mark: &str,
        keys: impl Iterator<Item = String>,
        empty: &[u8],
    ) -> Result<(), Unavailable> {
        let mark = format!("{}/ready/{mark}", self.namespace);
        if cells.read(&mark)?.is_some() {
            return Ok(());
        }
        for key in keys {
            cells.swap(&key, empty, None)?;
        }
        cells.swap(&mark, b"1", None).map(drop)
    }

    fn fingerprint(&self, counter: &Counter, subject: &str) -> u128 {
        self.hash([(counter.id.as_str(), subject)])
    }

    /// Nobody without the seed knows which names fall together.
    fn hash<'n>(&self, names: impl IntoIterator<Item = (&'n str, &'n str)>) -> u128 {
        let mut hasher = SipHasher13::new_with_key(&self.seed);
        names.into_iter().for_each(|name| name.hash(&mut hasher));
        hasher.finish128().as_u128()
    }

    fn bucket(&self, fingerprint: u128) -> u64 {
        low(fingerprint)
            .checked_rem(self.buckets)
            .unwrap_or_default()
    }

    fn own_key(&self, fingerprint: u128) -> String {
        format!("{}/own/{fingerprint:032x}", self.namespace)
    }

    fn topic_key(&self, topic: &str) -> String {
        format!("{}/topic/{:032x}", self.namespace, self.hash([(topic, "")]))
    }

    /// The number of buckets is part of the key: another number is another table.
    fn bucket_key(&self, table: &str, bucket: u64) -> String {
        format!("{}/{table}/{}/{bucket}", self.namespace, self.buckets)
    }

    /// The secret of the process.
    pub fn seed(&self) -> Seed {
        self.seed
    }
}

/// The bytes with the id among those that were issued.
fn issued(before: &[u8], id: Id) -> Result<Vec<u8>, Unavailable> {
    let mut issued = Issued::read(before).ok_or(Unavailable)?;
    if issued.holds(id.fingerprint) {
        return Ok(before.into());
    }
    issued.add(id);
    Ok(issued.bytes())
}

fn low(fingerprint: u128) -> u64 {
    u64::try_from(fingerprint & u128::from(u64::MAX)).unwrap_or_default()
}

/// A charge that counts for nobody is full by every maximum.
fn unknown(charge: &Charge, now: Millis) -> Result<Tally, Full> {
    match charge.first(Mode::Enforce, |_| true) {
        Some(maximum) => Err(Full {
            maximum,
            used: Amount::default(),
            excess: Amount::default(),
            ends: now,
            shadowed: None,
        }),
        None => Ok(Tally {
            used: Amount::default(),
            ends: now,
            shadowed: Some(0),
            added: false,
        }),
    }
}

fn seed(cells: &mut impl Cells, key: &str, entropy: Seed) -> Result<Seed, Unavailable> {
    cells.swap(key, &entropy, None)?;
    let (bytes, _) = cells.read(key)?.ok_or(Unavailable)?;
    bytes.try_into().map_err(|_| Unavailable)
}

/// Applies `change` to the cell under `key` as if nobody else were writing to it.
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
