//! Tests the promises of documents: the README, the schema and error messages of the policy language, and the shipped
//! policies.
//!
//! It does not test a host.

mod audit;
mod capacity;
mod compatibility;
mod docs;
mod examples;
mod explain;
mod fleet;
mod hosts;
mod identity;
mod kustomize;
mod language;
mod links;
mod mutations;
mod pages;
mod policies;
mod recipes;
mod reference;
mod servers;
mod yaml;
