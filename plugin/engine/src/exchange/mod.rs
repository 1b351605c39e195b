//! Takes one HTTP exchange from its headers to the verdict, and its response to the client: it turns events into steps.
//!
//! It never waits, never reads a clock and never holds a body longer than it takes to judge it.

mod approval;
mod approval_refusal;
mod approval_step;
mod held;
mod lifecycle;
mod page;
mod page_visit;
mod pending;
mod question;
mod request;
mod response;
mod shared_counts;
mod state;
mod verdict;

pub use state::Exchange;

#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod approval_tests;
#[cfg(test)]
mod held_tests;
#[cfg(test)]
mod id_tests;
#[cfg(test)]
mod running_tests;
#[cfg(test)]
mod shared_tests;
#[cfg(test)]
mod tests;
