//! Follows the response that a host reports, from the outcome of the request to the end, and turns it into what the client
//! gets.
//!
//! What arrives in order is passed on, without what a caller's lists must not show. Anything else is not.

mod ask;
mod cut;
mod filter;
mod issued;
mod list;
mod media;
mod message;
mod pin;
mod problem;
mod result;
mod settle;
mod shape;
mod sse;
mod stage;
mod watch;

pub(crate) use filter::{Filter, Passed};
pub(crate) use issued::Issued;
pub(crate) use settle::Settlement;
pub(crate) use stage::Stage;
