//! The promises of documents: the README, the schema and the error messages of the policy language, the shipped
//! policies.
//!
//! It never tests a host for itself.

mod audit;
mod capacity;
mod docs;
mod explain;
mod language;
mod mutations;
mod policies;
mod recipes;
