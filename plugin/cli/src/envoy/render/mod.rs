//! `envoy render`: turns a policy and a few options into a whole configuration of Envoy, or into what another gateway reads.
//!
//! It never opens a file or a connection.

mod caller_headers;
mod domain;
mod endpoint;
mod gateway;
pub mod manifest;
mod options;
mod report;
mod servers;
mod template;
#[cfg(test)]
mod tests;
mod warnings;

pub use domain::Domain;
pub use endpoint::{Endpoint, Upstream};
pub use gateway::render;
pub use options::{Name, Options, PolicySource};
pub use report::RenderReport;
