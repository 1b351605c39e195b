//! The environment of a VM, which outlives it: the host's shared data, its clock and its faults. It
//! never deals with WebAssembly or HTTP.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::status;

/// The host's key-value store, one for all VMs it is given to.
///
/// The swap numbers follow proxy-wasm-cpp-host: one counter for all keys, which
/// starts at 1 and never is 0. Keys can be overwritten but never removed.
#[derive(Clone, Debug, Default)]
pub struct SharedData(Arc<Mutex<Store>>);

#[derive(Debug)]
struct Store {
    entries: HashMap<Vec<u8>, (Vec<u8>, u32)>,
    next_cas: u32,
    /// Each key has numbers of its own, from 1 on, and an absent one has 0.
    numbers_each_key: bool,
    lost_swaps: u64,
    counts: Counts,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            next_cas: 1,
            numbers_each_key: false,
            lost_swaps: 0,
            counts: Counts::default(),
        }
    }
}

/// How often the store was asked, refused calls included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that read a key.
    pub reads: u64,
    /// Calls that wrote under the condition of a swap number.
    pub swaps: u64,
    /// Calls that wrote unconditionally.
    pub writes: u64,
}

impl SharedData {
    /// The store of nginx with ngx_wasm_module (`ngx_wa_shm_kv.c`): a write needs the number of its key, 0 for an absent one,
    /// and none is unconditional.
    pub fn of_nginx() -> Self {
        let store = Store {
            numbers_each_key: true,
            ..Store::default()
        };
        Self(Arc::new(Mutex::new(store)))
    }

    /// The value and swap number of a key; `NotFound` if it was never set.
    pub fn get(&self, key: &[u8]) -> Result<(Vec<u8>, u32), u32> {
        let mut store = self.lock();
        store.counts.reads = store.counts.reads.saturating_add(1);
        store.entries.get(key).cloned().ok_or(status::NOT_FOUND)
    }

    /// Writes a value. `cas` 0 is unconditional; an absent key accepts any `cas`, so two VMs that
    /// create the same key both get a success.
    pub fn set(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), u32> {
        let mut store = self.lock();
        store.count_set(cas);
        if store.refuses(key, cas) {
            return Err(status::CAS_MISMATCH);
        }
        let next = store.take_cas(key);
        store.entries.insert(key.to_vec(), (value.to_vec(), next));
        Ok(())
    }

    /// Makes the next `count` swaps (sets with a `cas` other than 0) fail with
    /// `CasMismatch`, as if another VM had been faster each time.
    pub fn lose_next_swaps(&self, count: u64) {
        self.lock().lost_swaps = count;
    }

    /// How often the store was asked so far.
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Replaces all values, as another plugin could that has the same store.
    pub fn overwrite(&self, value: &[u8]) {
        let mut store = self.lock();
        for (known, _) in store.entries.values_mut() {
            value.clone_into(known);
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether no key was ever set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sum of the lengths of all keys and values.
    pub fn bytes(&self) -> usize {
        let store = self.lock();
        let sizes = store.entries.iter();
        sizes
            .map(|(key, (value, _))| key.len().saturating_add(value.len()))
            .sum()
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn count_set(&mut self, cas: u32) {
        let count = match cas {
            0 => &mut self.counts.writes,
            _ => &mut self.counts.swaps,
        };
        *count = count.saturating_add(1);
    }

    fn refuses(&mut self, key: &[u8], cas: u32) -> bool {
        if cas != 0 && self.lost_swaps > 0 {
            self.lost_swaps = self.lost_swaps.saturating_sub(1);
            return true;
        }
        let known = self.entries.get(key).map(|(_, current)| *current);
        match self.numbers_each_key {
            true => cas != known.unwrap_or_default(),
            false => known.is_some_and(|current| cas != 0 && cas != current),
        }
    }

    fn take_cas(&mut self, key: &[u8]) -> u32 {
        if self.numbers_each_key {
            let known = self.entries.get(key).map(|(_, current)| *current);
            return known.unwrap_or_default().saturating_add(1);
        }
        let taken = self.next_cas;
        self.next_cas = taken.checked_add(1).unwrap_or(1);
        taken
    }
}

/// The only time a VM can see, in nanoseconds since the epoch. It stands still
/// until it is set; clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// 2026-01-01T00:00:00Z, in nanoseconds.
    pub const BEGIN_OF_2026: u64 = 1_767_225_600_000_000_000;

    /// A clock that shows `nanos`.
    pub fn at(nanos: u64) -> Self {
        Self(Arc::new(AtomicU64::new(nanos)))
    }

    /// Sets the time, also backwards.
    pub fn set(&self, nanos: u64) {
        self.0.store(nanos, Ordering::SeqCst);
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// The time shown.
    pub fn nanos(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The faults of a host. The default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Host function name, such as `proxy_get_shared_data`, to the status code
    /// it returns instead of doing its work.
    pub statuses: BTreeMap<String, u32>,
    /// A request body is announced, and no more than so many bytes of it can be
    /// read: none of it with nginx, once it has spooled the body to disk.
    pub body_shown: Option<usize>,
    /// The host functions whose call ends the VM.
    pub traps: BTreeSet<String>,
    /// The most bytes of memory that a VM gets, from its start on.
    pub memory: Option<usize>,
}

impl Faults {
    /// A host in which one function returns `status` and all else works.
    pub fn failing(function: &str, status: u32) -> Self {
        Self {
            statuses: BTreeMap::from([(function.to_owned(), status)]),
            ..Self::default()
        }
    }

    /// A host that shows only the first `bytes` of a request body.
    pub fn showing(bytes: usize) -> Self {
        Self {
            body_shown: Some(bytes),
            ..Self::default()
        }
    }
}
