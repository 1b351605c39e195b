//! Follows the response that a host reports, from the outcome of the request to the end, and turns it into what the client
//! gets.
//!
//! What arrives in order is passed on, without what a caller's lists must not show. Anything else is not.

mod answer;
mod ask;
mod cut;
mod filter;
mod issued;
mod list;
mod media;
mod message;
mod pin;
mod problem;
mod refunds;
mod result;
mod scanner;
mod sse;
mod stage;

pub(crate) use filter::{Filter, Passed};
pub(crate) use issued::IssuanceTracker;
pub(crate) use refunds::RefundTracker;
pub(crate) use stage::Stage;
