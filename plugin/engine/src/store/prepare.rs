//! The store of one policy: creates its cells while the plugin is configured, and names them.
//!
//! It never creates a cell of a count during a request.

use super::cell::{BUCKET, Cell, low};
use super::cells::{Cells, Unavailable};
use super::record::NOTHING;
use crate::model::{Approvals, Counter, Pinned, Policy, Tables, configured};
use crate::words::Millis;
use crate::words::digits::push_hex;
use crate::words::mac::Keys;
use crate::words::state::StateKey;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hash as _;

/// The counts and the remembered state of one policy in one host.
#[derive(Debug)]
pub struct Store {
    namespace: String,
    seed: Seed,
    pub(super) buckets: u64,
    /// The tables of subjects that the policy does not name.
    pub(super) tables: Tables,
    /// `None` where no call needs an approval, or the host has supplied no keys.
    pub(super) approvals: Option<ApprovalTable>,
    /// A service keeps the approvals.
    pub(super) asks_service: bool,
    /// The longest duration of a call.
    pub(super) longest_call: Millis,
}

/// The approvals of one policy in one host.
#[derive(Debug)]
pub(super) struct ApprovalTable {
    pub(super) keys: Keys,
    /// The largest number of pending approvals of one caller.
    pub(super) most_pending: usize,
}

/// A secret of the process, the same in all its workers. Without it a client cannot choose names that share a cell.
pub type Seed = [u8; 16];

/// The version of the bytes of a cell. A new version of the plugin in the same process does not read the old one's
/// cells.
const LAYOUT: u32 = 3;

/// The table of subjects that the gateway vouches for.
pub(super) const VERIFIED: &str = "table";

/// The table of subjects that callers make up.
pub(super) const CHOSEN: &str = "chosen";

/// The parts of that table, of which the subjects of one caller share one.
const PARTS: u64 = 64;

/// The number of attempts to swap a cell. Each failure means that another worker succeeded.
pub(super) const ATTEMPTS: usize = 256;

impl Store {
    /// Creates the cells that the policy's limits and pins need, unless another worker did. `entropy` becomes the seed
    /// of the whole process if this is its first worker.
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
        let keys: Vec<_> = Pinned::keys(policy).collect();
        let keeps = !policy.counters().is_empty() || !keys.is_empty() || keeps_approvals(policy);
        let store = Self {
            namespace,
            // A policy without counts and pins works without shared data: tasks are then refused, and ids are unclear.
            seed: seed.or(if keeps { Err(Unavailable) } else { Ok(entropy) })?,
            buckets,
            tables: Tables::of(policy),
            approvals: approvals(policy),
            asks_service: policy.approval_service().is_some(),
            longest_call: policy.host.longest_call,
        };
        if store.approvals.is_some() {
            store.prepare_approvals(cells)?;
        }
        if keeps {
            store.prepare_counts(cells, policy)?;
            store.prepare_state(cells, &keys)?;
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
        let mut tables = self.tables();
        tables.try_for_each(|table| self.prepare_table(cells, table))
    }

    /// The names of the tables.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'static str> {
        let Tables { verified, chosen } = self.tables;
        let tables = [(verified, VERIFIED), (chosen, CHOSEN)];
        tables
            .into_iter()
            .filter_map(|(exists, name)| exists.then_some(name))
    }

    fn prepare_table(&self, cells: &mut impl Cells, table: &str) -> Result<(), Unavailable> {
        let keys = (0..self.buckets).map(|bucket| self.bucket_key(table, bucket));
        let mark = format!("{table} of {}", self.buckets);
        self.create(cells, &mark, keys, &Cell::default().bytes())
    }

    fn prepare_state(&self, cells: &mut impl Cells, keys: &[StateKey]) -> Result<(), Unavailable> {
        if keys.is_empty() {
            return Ok(());
        }
        let mark = self.hash(keys.iter().map(|key| (&*key.name, "")));
        let keys = keys.iter().map(|key| self.state_key(&key.name));
        self.create(cells, &format!("topics {mark:032x}"), keys, NOTHING)
    }

    /// Creates the cells of `keys`, and a mark that they exist. An existing cell is left unchanged, so a new
    /// configuration goes on counting.
    pub(super) fn create(
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

    pub(super) fn fingerprint(&self, counter: &Counter, subject: &str) -> u128 {
        self.hash([(counter.id.as_str(), subject)])
    }

    /// The hash of names. Without the seed, a client cannot choose names that share a hash.
    pub(super) fn hash<'n>(&self, names: impl IntoIterator<Item = (&'n str, &'n str)>) -> u128 {
        let mut hasher = SipHasher13::new_with_key(&self.seed);
        names.into_iter().for_each(|name| name.hash(&mut hasher));
        hasher.finish128().as_u128()
    }

    pub(super) fn bucket(&self, fingerprint: u128) -> u64 {
        low(fingerprint)
            .checked_rem(self.buckets)
            .unwrap_or_default()
    }

    /// The bucket within the part of the table that the caller's subjects share.
    pub(super) fn bucket_within(&self, fingerprint: u128, caller: &str) -> u64 {
        let part = self.buckets.div_ceil(PARTS);
        let start = self.bucket(self.hash([(caller, "part")]));
        let within = low(fingerprint).checked_rem(part).unwrap_or_default();
        let bucket = start.saturating_add(within);
        bucket.checked_rem(self.buckets).unwrap_or_default()
    }

    pub(super) fn own_key(&self, fingerprint: u128) -> String {
        self.key("own", fingerprint)
    }

    pub(super) fn state_key(&self, key: &str) -> String {
        self.key("topic", self.hash([(key, "")]))
    }

    /// The key of something that the policy has once.
    pub(super) fn named_key(&self, name: &str) -> String {
        [&*self.namespace, "/", name].concat()
    }

    fn key(&self, kind: &str, fingerprint: u128) -> String {
        let mut key = String::with_capacity(self.namespace.len().saturating_add(64));
        [&*self.namespace, "/", kind, "/"]
            .iter()
            .for_each(|part| key.push_str(part));
        push_hex(&mut key, fingerprint);
        key
    }

    /// The number of buckets is part of the key: another number makes another table.
    pub(super) fn bucket_key(&self, table: &str, bucket: u64) -> String {
        format!("{}/{table}/{}/{bucket}", self.namespace, self.buckets)
    }

    /// The secret of the process.
    pub fn seed(&self) -> Seed {
        self.seed
    }
}

fn keeps_approvals(policy: &Policy) -> bool {
    policy
        .approvals
        .as_ref()
        .and_then(Approvals::page)
        .is_some()
}

fn approvals(policy: &Policy) -> Option<ApprovalTable> {
    let approvals = policy.approvals.as_ref()?;
    let page = approvals.page()?;
    Some(ApprovalTable {
        keys: approvals.keys.clone()?,
        most_pending: page.pending,
    })
}

fn seed(cells: &mut impl Cells, key: &str, entropy: Seed) -> Result<Seed, Unavailable> {
    cells.swap(key, &entropy, None)?;
    let (bytes, _) = cells.read(key)?.ok_or(Unavailable)?;
    bytes.try_into().map_err(|_| Unavailable)
}
