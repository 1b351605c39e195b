//! The flags of `envoy render --for` that name objects of Kubernetes, and the place of the module.
//!
//! It never fetches the module.

use crate::envoy::render::RenderReport;
use crate::envoy::render::manifest::{Gateway, Module, ObjectName, Options, Sha256, render};
use crate::input::Input;
use crate::{CommandError, CommandResult};

/// The objects of Kubernetes: for Istio, Envoy Gateway and Higress.
#[derive(clap::Args)]
#[command(next_help_heading = "Options of Istio, Envoy Gateway and Higress")]
pub(super) struct Manifest {
    /// Where the gateway gets the module: an image such as oci://registry.example/mcp-policy:1.0.0, an https:// URL, or a file
    /// of the gateway, `file:///…`.
    #[arg(long, value_name = "URL")]
    module: Option<Module>,
    /// The SHA-256 of the module, in hexadecimal digits.
    #[arg(long, value_name = "DIGITS", requires = "module")]
    sha256: Option<Sha256>,
    /// The `Gateway` object that clients connect to.
    #[arg(long, value_name = "NAME", default_value = "mcp-gateway")]
    target: ObjectName,
    /// The namespace of the objects.
    #[arg(long, value_name = "NAME")]
    namespace: Option<ObjectName>,
}

/// The name of the objects.
const NAME: &str = "mcp-policy";

impl Manifest {
    pub(super) fn render(
        &self,
        policy: &Input,
        gateway: Gateway,
        name: Option<&str>,
    ) -> CommandResult<RenderReport> {
        let module = self.module.clone().ok_or_else(|| {
            CommandError::new("--module is missing; write where the gateway gets the module, such as --module oci://registry.example/mcp-policy:1.0.0")
        })?;
        let name = name.unwrap_or(NAME).parse();
        let options = Options {
            gateway,
            module,
            sha256: self.sha256.clone(),
            target: self.target.clone(),
            namespace: self.namespace.clone(),
            name: name.map_err(|error| CommandError::about("--name", error))?,
        };
        render(policy, &options)
    }
}
