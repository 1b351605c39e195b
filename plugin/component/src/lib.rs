//! mcp-policy as a WebAssembly component: turns calls of the interface in `wit/` into calls of the engine.
//!
//! It carries values and decides nothing. It imports only `cells`, so it can do nothing but compute and count.

mod bindings;
mod convert;
mod guest;
mod resources;
