//! Runs one test of this program at a time: all have time limits, and each uses the whole machine.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Blocks the other tests while it lives.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
