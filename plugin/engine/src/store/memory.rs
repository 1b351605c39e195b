//! Shared data in memory, for tests, with versions like Envoy's.
//!
//! It never fails.

use super::cells::{Cells, Unavailable, Version};
use std::collections::HashMap;

/// The cells, each with its version.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    cells: HashMap<String, (Vec<u8>, u32)>,
    writes: u32,
}

impl Memory {
    /// All keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.cells.keys().map(String::as_str)
    }
}

impl Cells for Memory {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let cell = self.cells.get(key);
        Ok(cell.map(|(bytes, version)| (bytes.clone(), Version(*version))))
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let present = self.cells.get(key).map(|(_, version)| Version(*version));
        if present != version {
            return Ok(false);
        }
        self.writes = self.writes.saturating_add(1);
        self.cells.insert(key.into(), (bytes.into(), self.writes));
        Ok(true)
    }
}
