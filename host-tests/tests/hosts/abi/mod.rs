//! The proxy-wasm ABI alone: hosts that fail, hold headers, lose bodies or have no shared data, and what the plugin then
//! does. Decisions are the corpus' business.

mod failing;
mod held;
mod module;
mod requests;
mod responses;
mod vm;
mod workers;
