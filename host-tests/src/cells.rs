//! The shared data of the test host as the engine uses it natively, and the number of its operations.
//!
//! It changes no answer of the shared data.

use crate::abi::SharedData;
use mcp_policy::host::{Cells, Unavailable, Version};

/// The swap number for "only if absent", as the plugin has it.
const ABSENT: u32 = u32::MAX;

impl Cells for SharedData {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let found = self.get(key.as_bytes()).ok();
        Ok(found.map(|(bytes, cas)| (bytes, Version(cas))))
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let cas = version.map_or(ABSENT, |Version(cas)| cas);
        Ok(self.set(key.as_bytes(), bytes, cas).is_ok())
    }
}

/// Shared data as one worker uses it, with the work that this took.
#[derive(Debug, Default)]
pub struct Counted<C> {
    /// The shared data.
    pub cells: C,
    /// All work so far.
    pub work: Work,
}

/// Operations on shared data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Cells that were read.
    pub reads: u64,
    /// Bytes of the cells that were read or written.
    pub bytes: u64,
    /// Cells that were written.
    pub swaps: u64,
    /// Swaps that another worker was faster than: each is tried again.
    pub lost: u64,
}

impl<C> Counted<C> {
    /// Begins without work.
    pub fn new(cells: C) -> Self {
        let work = Work::default();
        Self { cells, work }
    }
}

impl Work {
    /// The work since an earlier time.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        self.each(before, u64::saturating_sub)
    }

    /// The larger number of each kind.
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        self.each(other, u64::max)
    }

    /// The sum.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    fn each(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            reads: of(self.reads, other.reads),
            bytes: of(self.bytes, other.bytes),
            swaps: of(self.swaps, other.swaps),
            lost: of(self.lost, other.lost),
        }
    }
}

impl<C: Cells> Cells for Counted<C> {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let cell = self.cells.read(key)?;
        self.work.reads += 1;
        self.work.bytes += cell.as_ref().map_or(0, |(bytes, _)| bytes.len() as u64);
        Ok(cell)
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let swapped = self.cells.swap(key, bytes, version)?;
        match swapped {
            true => self.work.swaps += 1,
            false => self.work.lost += 1,
        }
        self.work.bytes += bytes.len() as u64;
        Ok(swapped)
    }
}
