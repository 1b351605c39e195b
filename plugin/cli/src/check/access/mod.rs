//! Turns a policy, a caller and tools into what the caller has: each tool, and its limits.
//!
//! It never reads a rule where the engine can decide.

mod caller_access;
mod limits;
mod named_tools;
mod play;
#[cfg(test)]
mod tests;

pub(super) use caller_access::CallerAccess;
pub use caller_access::Party;
pub(super) use play::access;
