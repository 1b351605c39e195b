//! Tests the promises of documents: the README, the schema and error messages of the policy language, and the shipped
//! policies.
//!
//! It does not test a host.

mod audit;
mod capacity;
mod docs;
mod explain;
mod language;
mod mutations;
mod policies;
mod recipes;
