//! Checks the objects of `envoy/fleet/kustomize`: references between them, their restrictions, their fields by the published
//! models, and that its generated files are those of the commands in `envoy/FLEET.md`.
//!
//! It asks no cluster.

mod base;
mod generated;
mod models;
mod references;
mod restrictions;

pub(crate) use models::mistakes;
