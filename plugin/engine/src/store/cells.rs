//! The two operations that a host's shared data must offer: read and compare-and-swap.
//!
//! It implements neither; adapters do.

/// A host's shared data, as the store uses it.
pub trait Cells {
    /// The bytes under `key` and their version; `None` where the key is absent.
    ///
    /// # Errors
    /// When the host fails.
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable>;

    /// Writes `bytes` under `key` if its version is still `version`, or, for `None`, if the key is absent. Otherwise it
    /// writes nothing and returns false.
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
