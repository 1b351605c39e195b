//! Tests the promises of documents: the README, the schema and error messages of the policy language, and the shipped
//! policies; and what other projects run: the action and the hooks.
//!
//! It does not test a host.

mod audit;
mod capacity;
mod ci;
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
mod manifests;
mod mutations;
mod pages;
mod policies;
mod recipes;
mod reference;
mod servers;
