//! Tests the plugin's reaction to the proxy-wasm ABI alone: hosts that fail, hold headers, lose bodies or have no
//! shared data. The corpus tests decisions.

mod approval_service;
mod collector;
mod constraints;
mod failing;
mod filter_state;
mod held;
mod host_calls;
mod module;
mod rate_limits;
mod requests;
mod responses;
mod table;
mod vm;
mod workers;
