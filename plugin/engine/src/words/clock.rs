//! The clock of a host, as an argument: it turns into the time of a step only where the step depends on the time.
//!
//! Nothing here measures time.

use super::Millis;

/// The clock that a host lends to one step. Most steps never read it.
pub trait Clock {
    /// The time, the same for all readings of one step; `None` if the host cannot tell it.
    fn now(&self) -> Option<Millis>;
}

/// A clock that shows this time.
impl Clock for Millis {
    fn now(&self) -> Option<Millis> {
        Some(*self)
    }
}
