//! Tests limits that a rate limit service on Redis counts for two Envoys, at calls that reach the server.

mod cases;
mod exact;
mod external;
mod failures;
mod fleet;
mod questions;
mod waiting;
