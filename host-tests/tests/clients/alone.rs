//! One test of this program at a time: all have time limits, and each fills the machine.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Holds the other tests back while it lives.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
