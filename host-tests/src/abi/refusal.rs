//! Turns failures of host functions into statuses of the ABI. It never decides how the guest
//! reacts.

use wasmtime::Error;

/// The result of a host function.
pub(super) type Outcome = Result<(), Refusal>;

/// Why a host function did not do its work.
pub(super) enum Refusal {
    /// The guest gets this status.
    Status(u32),
    /// The guest gets the status of an invalid pointer, whose number depends on the ABI.
    BadPointer,
    /// The guest is ended.
    Trap(Error),
}
