//! Why a host function did not do its work. It never says what the guest makes of it.

use wasmtime::Error;

/// What a host function comes to.
pub(super) type Outcome = Result<(), Refusal>;

/// Why a host function did not do its work.
pub(super) enum Refusal {
    /// The guest is told this status.
    Status(u32),
    /// The guest is told that its pointer is bad, each ABI in its own number.
    BadPointer,
    /// The guest is ended.
    Trap(Error),
}
