//! Asks running servers for their tools.
//!
//! It never calls a tool.

mod connect;
mod http;
mod recorder;
mod unreachable;

pub(super) use connect::{Progress, over_stdio, shown};
pub(super) use http::{HttpServer, over_http};
pub(super) use unreachable::says as unreachable;
