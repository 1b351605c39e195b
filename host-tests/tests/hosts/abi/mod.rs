//! The proxy-wasm ABI alone: hosts that fail, hold headers, lose bodies or have no shared data, and the plugin's
//! reaction. Decisions are tested by the corpus.

mod failing;
mod held;
mod host_calls;
mod module;
mod requests;
mod responses;
mod vm;
mod workers;
