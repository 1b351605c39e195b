//! `envoy apply`: puts a policy in force in running Envoys.
//!
//! It never starts or stops an Envoy.

mod admin;
mod apply;
mod plugin_file;

pub(in crate::program) use apply::apply;
