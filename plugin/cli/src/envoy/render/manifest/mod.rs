//! `envoy render --for`: turns a policy into the manifest or the configuration by which another gateway loads the plugin.
//!
//! It never opens a file or a connection.

mod gateway;
mod kubernetes;
mod module;
mod nginx;
mod policy_text;
#[cfg(test)]
mod tests;

pub use gateway::Gateway;
pub use kubernetes::{Options, render};
pub use module::{Module, ObjectName, Sha256};
pub use nginx::render as render_nginx;
