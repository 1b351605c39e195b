//! Asks running servers for their tools.
//!
//! It never calls a tool.

mod connect;
mod recorder;

pub(super) use connect::{Progress, answers_over_http, over_http, over_stdio};
