//! The status codes of the ABI that this host gives. It never gives another.

/// The thing asked for is absent.
pub const NOT_FOUND: u32 = 1;
/// An argument is out of range, or its map is not available at this time.
pub const BAD_ARGUMENT: u32 = 2;
/// A pointer leaves the memory of the VM.
pub const INVALID_MEMORY_ACCESS: u32 = 6;
/// Another VM has written the key since it was read.
pub const CAS_MISMATCH: u32 = 8;
/// Envoy's status for a function that the plugin may not call.
pub const INTERNAL_FAILURE: u32 = 10;
/// The status of hosts without the function.
pub const UNIMPLEMENTED: u32 = 12;
