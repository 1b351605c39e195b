//! `envoy render`: reads a policy, and writes the configuration of a gateway, or what another gateway loads the plugin by.
//!
//! It writes nothing where the policy has mistakes.

use super::manifest::Manifest;
use crate::envoy::render::manifest::{Gateway, render_nginx};
use crate::envoy::render::{
    Domain, Endpoint, Name, Options, PolicySource, RenderReport, Upstream, render,
};
use crate::input::Input;
use crate::program::console::Console;
use crate::program::machine::Kind;
use crate::{CommandError, CommandResult, ExitStatus, Report as _};
use clap::ValueEnum;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Write a whole configuration of Envoy from a policy and the address of an MCP server, or what another gateway reads
///
/// The policy is checked first. It is part of the configuration, or comes from a file (`--policy-file`) or a server (`--xds`),
/// so that a changed policy needs no restart; then it may be left out. With `--for` it is in an object of Kubernetes, or in a
/// configuration of nginx.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    #[arg(required_unless_present_any = ["policy_file", "xds"])]
    policy: Option<PathBuf>,
    /// The gateway that reads the result.
    #[arg(long = "for", value_name = "GATEWAY", default_value = "envoy")]
    gateway: For,
    /// The file for the configuration; the standard output by default.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The MCP server behind the gateway, such as http://127.0.0.1:9000/mcp; the gateway keeps the path of each request. For a
    /// policy with `servers`, each of them by its name: files=http://127.0.0.1:9000/mcp.
    #[arg(long, value_name = "[NAME=]URL")]
    upstream: Vec<Upstream>,
    /// The file of certificate authorities for an https server, where Envoy runs. By default the one that $SSL_CERT_FILE
    /// names, or else that of this machine.
    #[arg(long, value_name = "FILE")]
    ca: Option<String>,
    /// Where clients connect.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:10000")]
    listen: SocketAddr,
    /// Envoy's admin interface. Who reaches it can stop Envoy.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9901")]
    admin: SocketAddr,
    /// A name by which clients know the gateway, such as mcp.example.com. May be given several times; by default the names of
    /// this machine.
    #[arg(long, value_name = "NAME")]
    domain: Vec<Domain>,
    #[command(flatten)]
    plugin: Plugin,
    #[command(flatten)]
    manifest: Manifest,
}

/// The gateways for which `render` writes.
#[derive(Clone, Copy, ValueEnum)]
enum For {
    /// A whole configuration of Envoy.
    Envoy,
    /// A `WasmPlugin` of Istio.
    Istio,
    /// An `EnvoyFilter` of Istio, which holds headers.
    IstioEnvoyfilter,
    /// An `EnvoyExtensionPolicy` of Envoy Gateway, with its limits.
    EnvoyGateway,
    /// A `WasmPlugin` of Higress.
    Higress,
    /// A whole configuration of nginx with `ngx_wasm_module`.
    Nginx,
}

/// The plugin and its policy, where Envoy runs.
#[derive(clap::Args)]
struct Plugin {
    /// The module's path, where Envoy runs.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/etc/envoy/mcp-policy.wasm"
    )]
    wasm: String,
    /// The file from which Envoy reads the plugin's configuration, again whenever it changes. It is in a folder of its own and
    /// ends in .json.
    #[arg(long, value_name = "PATH", conflicts_with = "xds")]
    policy_file: Option<String>,
    /// The server from which Envoy gets the plugin's configuration, by xDS over gRPC.
    #[arg(long, value_name = "HOST:PORT")]
    xds: Option<Endpoint>,
    /// The name of the filter and of the plugin, or of the objects of Kubernetes [default: `mcp_policy`, or `mcp-policy`].
    #[arg(long)]
    name: Option<String>,
    /// The name to which counters belong: another one starts at zero.
    #[arg(long, value_name = "NAME", default_value = "mcp_policy")]
    vm_id: Name,
}

impl Plugin {
    fn source(&self) -> PolicySource {
        match (&self.policy_file, &self.xds) {
            (Some(path), _) => PolicySource::File(path.clone()),
            (None, Some(server)) => PolicySource::Xds(server.clone()),
            (None, None) => PolicySource::Inline,
        }
    }
}

pub(super) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let policy = args
        .policy
        .as_deref()
        .map(|path| console.read(path))
        .transpose()?;
    let report = args.render(policy.as_ref(), console)?;
    if console.json {
        console.print(report.json()?)?;
    } else {
        // The standard output is for the configuration.
        console.warn(report.text())?;
    }
    match (&args.output, report.configuration()) {
        (Some(path), Some(text)) => console.write(path, text)?,
        (None, Some(text)) if !console.json => console.print(text)?,
        _ => {}
    }
    Ok(report.status())
}

impl Args {
    fn render(&self, policy: Option<&Input>, console: Console<'_>) -> CommandResult<RenderReport> {
        let inline =
            || policy.ok_or_else(|| CommandError::new("a policy is missing; name its file"));
        let object = |gateway| {
            self.manifest
                .render(inline()?, gateway, self.plugin.name.as_deref())
        };
        match self.gateway {
            For::Envoy => render(policy, &self.options(console)?),
            For::Istio => object(Gateway::Istio),
            For::IstioEnvoyfilter => object(Gateway::IstioEnvoyFilter),
            For::EnvoyGateway => object(Gateway::EnvoyGateway),
            For::Higress => object(Gateway::Higress),
            For::Nginx => render_nginx(inline()?, &self.options(console)?),
        }
    }

    fn options(&self, console: Console<'_>) -> CommandResult<Options> {
        if self.upstream.is_empty() {
            return Err(CommandError::new(
                "--upstream is missing; write the URL of the MCP server, such as --upstream http://127.0.0.1:9000/mcp",
            ));
        }
        let name = self.plugin.name.as_deref().unwrap_or(NAME);
        let name = name
            .parse()
            .map_err(|error| CommandError::about("--name", error))?;
        Ok(Options {
            upstreams: self.upstream.clone(),
            authorities: self.ca.clone().or_else(|| authorities(console)),
            listen: self.listen,
            admin: self.admin,
            domains: self.domain.clone(),
            wasm: self.plugin.wasm.clone(),
            source: self.plugin.source(),
            name,
            vm_id: self.plugin.vm_id.clone(),
        })
    }
}

/// The name of the filter and of the plugin in Envoy.
const NAME: &str = "mcp_policy";

/// Where systems keep their certificate authorities.
const USUAL: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// The file of this machine's certificate authorities, if it has one.
fn authorities(console: Console<'_>) -> Option<String> {
    let named = console.machine.variable("SSL_CERT_FILE").into_iter();
    let mut files = named.chain(USUAL.map(String::from));
    files.find(|file| console.kind(Path::new(file)) == Some(Kind::File))
}
