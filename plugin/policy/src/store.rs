//! Keeps counts in a host's shared data: small cells that are read, changed and swapped back if nobody else was faster.
//!
//! Every cell is made while the plugin is configured and never during a request, where a cell that is not there means
//! that the host forgot, and the call is denied. Its memory is fixed: callers whom the policy names have cells of their
//! own; all others share a table, in which a count is never pushed out before its window ends. Who finds no room there
//! counts in the limit's one overflow cell together with all who found none.

use crate::count::{
    Charge, Full, Millis, OVERFLOW, Reservation, Slot, Tally, one_part, overflow_of,
};
use crate::decide::{ANONYMOUS, grant_subject};
use crate::parse::{Counter, Policy, Scope};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::collections::BTreeSet;
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

/// How many counts share a cell of the table.
const BUCKET: usize = 16;
/// Attempts to swap a cell before giving up. Each failure means that another worker succeeded.
const ATTEMPTS: usize = 256;

/// A cell in which a charge may be counted.
struct Place {
    key: String,
    fingerprint: u128,
    /// How many counts the cell may hold.
    capacity: usize,
}

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
        let namespace = namespace.to_owned();
        let buckets = u64::try_from(policy.host.slots.div_ceil(BUCKET))
            .unwrap_or(u64::MAX)
            .max(1);
        let seed = seed(cells, &format!("{namespace}/seed"), entropy);
        if policy.limits().next().is_none() {
            return Ok(Self {
                namespace,
                seed: seed.unwrap_or(entropy),
                buckets,
            });
        }
        let store = Self {
            namespace,
            seed: seed?,
            buckets,
        };
        let configured = configured(policy);
        let mut hasher = SipHasher13::new_with_key(&store.seed);
        configured
            .iter()
            .for_each(|(counter, subject)| (&counter.id, subject).hash(&mut hasher));
        let keys = configured
            .iter()
            .map(|(counter, subject)| store.own_key(store.fingerprint(counter, subject)));
        store.create(
            cells,
            &format!("{:032x}", hasher.finish128().as_u128()),
            keys,
        )?;
        if counters(policy)
            .iter()
            .any(|counter| is_open(policy, counter))
        {
            let keys = (0..store.buckets).map(|bucket| store.bucket_key(bucket));
            store.create(cells, &format!("table of {}", store.buckets), keys)?;
        }
        Ok(store)
    }

    /// Adds all charges, or none.
    pub fn reserve(&self, cells: &mut impl Cells, charges: &[Charge], now: Millis) -> Reservation {
        let mut tallies = Vec::with_capacity(charges.len());
        for (index, charge) in charges.iter().enumerate() {
            match self.charge(cells, charge, now) {
                Ok(Ok(tally)) => tallies.push(tally),
                Ok(Err(full)) => {
                    self.give_back(cells, charges, &tallies);
                    return Reservation::Full {
                        charge: index,
                        maximum: full.maximum,
                        ends: full.ends,
                    };
                }
                Err(Unavailable) => {
                    self.give_back(cells, charges, &tallies);
                    return Reservation::Unavailable;
                }
            }
        }
        Reservation::Reserved(tallies)
    }

    fn charge(
        &self,
        cells: &mut impl Cells,
        charge: &Charge,
        now: Millis,
    ) -> Result<Result<Tally, Full>, Unavailable> {
        for place in self.places(charge) {
            let take = |cell: &mut Cell| cell.take(place.fingerprint, charge, now, place.capacity);
            if let Some(outcome) = update(cells, &place.key, take)? {
                return Ok(outcome);
            }
        }
        Err(Unavailable)
    }

    /// Takes back what was added. What cannot be taken back stays counted, which admits less, never more.
    fn give_back(&self, cells: &mut impl Cells, charges: &[Charge], tallies: &[Tally]) {
        for (charge, tally) in charges.iter().zip(tallies).filter(|(_, tally)| tally.added) {
            for place in self.places(charge) {
                let refund =
                    |cell: &mut Cell| cell.refund(place.fingerprint, charge.cost, tally.ends);
                if update(cells, &place.key, refund) == Ok(Some(())) {
                    break;
                }
            }
        }
    }

    /// Where a charge may be counted: in the subject's own cell, or else in the table, or else in an overflow cell.
    fn places(&self, charge: &Charge) -> impl Iterator<Item = Place> + use<> {
        let fingerprint = self.fingerprint(&charge.counter, &charge.subject);
        let own = |fingerprint| Place {
            key: self.own_key(fingerprint),
            fingerprint,
            capacity: 1,
        };
        let (first, second) = match &charge.overflow {
            None => (own(fingerprint), None),
            Some(overflow) => {
                let key = self.bucket_key(self.bucket(fingerprint));
                let table = Place {
                    key,
                    fingerprint,
                    capacity: BUCKET,
                };
                (
                    table,
                    Some(own(self.fingerprint(&charge.counter, overflow))),
                )
            }
        };
        [first].into_iter().chain(second)
    }

    /// Makes the cells of `keys`, and a mark that they are made. A cell that is there already is left as it is, so a
    /// new configuration goes on counting.
    fn create(
        &self,
        cells: &mut impl Cells,
        mark: &str,
        keys: impl Iterator<Item = String>,
    ) -> Result<(), Unavailable> {
        let mark = format!("{}/ready/{mark}", self.namespace);
        if cells.read(&mark)?.is_some() {
            return Ok(());
        }
        for key in keys {
            cells.swap(&key, &Cell::default().bytes(), None)?;
        }
        cells.swap(&mark, b"1", None).map(drop)
    }

    fn fingerprint(&self, counter: &Counter, subject: &str) -> u128 {
        let mut hasher = SipHasher13::new_with_key(&self.seed);
        (counter.id.as_str(), subject).hash(&mut hasher);
        hasher.finish128().as_u128()
    }

    fn bucket(&self, fingerprint: u128) -> u64 {
        let low = u64::try_from(fingerprint & u128::from(u64::MAX)).unwrap_or_default();
        low.checked_rem(self.buckets).unwrap_or_default()
    }

    fn own_key(&self, fingerprint: u128) -> String {
        format!("{}/own/{fingerprint:032x}", self.namespace)
    }

    /// The number of buckets is part of the key: another number is another table.
    fn bucket_key(&self, bucket: u64) -> String {
        format!("{}/table/{}/{bucket}", self.namespace, self.buckets)
    }

    /// The secret of the process.
    pub fn seed(&self) -> Seed {
        self.seed
    }
}

/// The cells that are made for the policy: those of callers whom it names, and the overflow cells.
fn configured(policy: &Policy) -> Vec<(&Counter, String)> {
    let callers = callers(policy);
    let cells =
        |counter| own_subjects(policy, counter, &callers).map(move |subject| (counter, subject));
    counters(policy).into_iter().flat_map(cells).collect()
}

/// How many cells `configured` needs, without making them.
pub(crate) fn configured_cells(policy: &Policy) -> usize {
    let callers = callers(policy);
    let cells = |counter: &Counter| own_subjects(policy, counter, &callers).count();
    counters(policy)
        .into_iter()
        .map(cells)
        .fold(0, usize::saturating_add)
}

fn counters(policy: &Policy) -> BTreeSet<&Counter> {
    policy.limits().map(|limit| &*limit.counter).collect()
}

/// The grant-scope subjects of all callers whom the policy names.
fn callers(policy: &Policy) -> Vec<String> {
    match &policy.grants {
        Some(grants) => grants
            .iter()
            .map(|grant| grant_subject(&grant.name))
            .collect(),
        None => vec![ANONYMOUS.into()],
    }
}

/// The subjects of a counter that have cells of their own. It mirrors how `Subjects` names subjects and overflows.
fn own_subjects(
    policy: &Policy,
    counter: &Counter,
    callers: &[String],
) -> impl Iterator<Item = String> {
    let by_caller = counter.scope.contains(&Scope::Grant);
    let outside = counter
        .scope
        .iter()
        .any(|scope| matches!(scope, Scope::Ip | Scope::Header(_)));
    let callers = if by_caller { callers } else { &[] };
    let own = callers.iter().map(move |caller| {
        if outside {
            overflow_of(caller)
        } else {
            counter.subject(caller)
        }
    });
    let shared = (!by_caller && !outside).then(|| counter.subject(""));
    let overflow = is_open(policy, counter).then(|| OVERFLOW.into());
    own.chain(shared).chain(overflow)
}

/// True when callers whom the policy does not name can reach the counter.
fn is_open(policy: &Policy, counter: &Counter) -> bool {
    let identities = policy.grants.is_none() && !policy.identity.is_empty();
    counter.scope.iter().any(|scope| match scope {
        Scope::Grant => identities,
        Scope::Ip | Scope::Header(_) => true,
        Scope::Server | Scope::Global => false,
    })
}

impl Counter {
    /// The subject of a caller, for scopes that count by nothing else.
    fn subject(&self, caller: &str) -> String {
        let part = |scope: &Scope| one_part(if *scope == Scope::Grant { caller } else { "" });
        self.scope.iter().map(part).collect()
    }
}

fn seed(cells: &mut impl Cells, key: &str, entropy: Seed) -> Result<Seed, Unavailable> {
    cells.swap(key, &entropy, None)?;
    let (bytes, _) = cells.read(key)?.ok_or(Unavailable)?;
    bytes.try_into().map_err(|_| Unavailable)
}

/// What a change makes of a cell.
enum Change<T> {
    /// Write the cell back, then this.
    Write(T),
    /// The cell is as it was.
    Keep(T),
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

/// The counts that share one key.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cell {
    /// The latest time that anybody counted here. For a cell, time never runs backwards.
    clock: Millis,
    /// When somebody last found no room here.
    overflowed: Millis,
    entries: Vec<(u128, Slot)>,
}

impl Cell {
    /// Takes the charge in the entry of `fingerprint`; `None` when there is no room for one.
    fn take(
        &mut self,
        fingerprint: u128,
        charge: &Charge,
        now: Millis,
        capacity: usize,
    ) -> Change<Option<Result<Tally, Full>>> {
        let window = charge.counter.window;
        let now = now.max(self.clock);
        self.clock = now;
        // A window that ended counts nothing any more, so its place is free.
        self.entries.retain(|(_, slot)| slot.ends > now);
        if let Some((_, slot)) = self
            .entries
            .iter_mut()
            .find(|(entry, _)| *entry == fingerprint)
        {
            return outcome(slot.take(charge));
        }
        // Who once found no room counts in the overflow until the window ends: a place that becomes free earlier would
        // be a new count for somebody who was counted elsewhere.
        let barred = self.overflowed >= window.start(now) && self.overflowed != Millis::default();
        if barred {
            return Change::Keep(None);
        }
        if self.entries.len() >= capacity {
            self.overflowed = now;
            return Change::Write(None);
        }
        let mut slot = Slot::new(window, now);
        let taken = slot.take(charge);
        self.entries.push((fingerprint, slot));
        outcome(taken)
    }

    /// Gives a charge back to the window it came from; `None` when that window is not here.
    fn refund(&mut self, fingerprint: u128, cost: u64, ends: Millis) -> Change<Option<()>> {
        match self
            .entries
            .iter_mut()
            .find(|(entry, slot)| *entry == fingerprint && slot.ends == ends)
        {
            Some((_, slot)) => {
                slot.used = slot.used.saturating_sub(cost);
                Change::Write(Some(()))
            }
            None => Change::Keep(None),
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (head, entries) = bytes.split_at_checked(16)?;
        let mut words = head.chunks_exact(8).map(word);
        let (clock, overflowed) = (Millis(words.next()??), Millis(words.next()??));
        let entry = |bytes: &[u8]| {
            let (fingerprint, slot) = bytes.split_first_chunk::<16>()?;
            let mut words = slot.chunks_exact(8).map(word);
            let slot = Slot {
                ends: Millis(words.next()??),
                used: words.next()??,
            };
            Some((u128::from_le_bytes(*fingerprint), slot))
        };
        let chunks = entries.chunks_exact(32);
        let whole = chunks.remainder().is_empty();
        let entries = chunks.map(entry).collect::<Option<_>>().filter(|_| whole)?;
        Some(Self {
            clock,
            overflowed,
            entries,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            Vec::with_capacity(self.entries.len().saturating_mul(32).saturating_add(16));
        bytes.extend(self.clock.0.to_le_bytes());
        bytes.extend(self.overflowed.0.to_le_bytes());
        for (fingerprint, slot) in &self.entries {
            bytes.extend(fingerprint.to_le_bytes());
            bytes.extend(slot.ends.0.to_le_bytes());
            bytes.extend(slot.used.to_le_bytes());
        }
        bytes
    }
}

/// A charge that did not fit changed nothing worth writing.
fn outcome(taken: Result<Tally, Full>) -> Change<Option<Result<Tally, Full>>> {
    match taken {
        Ok(tally) => Change::Write(Some(Ok(tally))),
        Err(full) => Change::Keep(Some(Err(full))),
    }
}

fn word(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}
