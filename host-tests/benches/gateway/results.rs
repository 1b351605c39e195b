//! All that was measured, for the texts and plots that are made of it.
//!
//! It computes nothing.

use crate::memory::Memory;
use crate::series::Group;
use crate::worker::Worker;

/// A group for each kind of call, in the order of the comparisons.
pub(crate) struct Results {
    /// On a worker that is always busy.
    pub(crate) saturated: Vec<Group>,
    /// At a fixed rate.
    pub(crate) paced: Vec<Group>,
    pub(crate) memory: Vec<Memory>,
    pub(crate) workers: Vec<Worker>,
    /// The part of the machine's time that other programs took, from 0 to 1.
    pub(crate) others: f64,
}
