//! The promises of documents: the README, the schema and the error messages of the policy language, the shipped
//! policies.
//!
//! It never tests a host for itself.

mod audit;
mod capacity;
mod compatibility;
mod docs;
mod examples;
mod explain;
mod language;
mod links;
mod mutations;
mod pages;
mod policies;
mod recipes;
mod reference;
