//! All that was measured, for the page and the plots that are made of it.
//!
//! It measures nothing.

use crate::callers::Seen;
use crate::threads::Rate;

pub(crate) struct Results {
    /// For each size of the table.
    pub(crate) seen: Vec<Seen>,
    pub(crate) rates: Vec<Rate>,
    /// The part of the machine's time that other programs took, from 0 to 1.
    pub(crate) others: f64,
}

pub(crate) fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
