//! Asks running servers for their tools.
//!
//! It never calls a tool.

mod connect;
mod http;
mod recorder;
mod unreachable;

pub(super) use connect::{Progress, over_stdio};
pub(super) use http::{HttpServer, over_http};
