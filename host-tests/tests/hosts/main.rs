//! The corpus on every host, and the contract of each host with its module.
//!
//! It never compares the plugin with another program: `oracles/` does.

mod abi;
mod compat;
mod component;
mod corpus;
mod counters;
mod envoy;
mod instructions;
mod javascript;
mod responses;
mod shipped;
