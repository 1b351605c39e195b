//! Tests the corpus on every host, and the contract between each host and its module.
//!
//! It never compares the plugin with another program: `oracles/` does.

mod abi;
mod bundlers;
mod compat;
mod component;
mod corpus;
mod counters;
mod envoy;
mod instructions;
mod javascript;
mod npx;
mod responses;
mod shipped;
