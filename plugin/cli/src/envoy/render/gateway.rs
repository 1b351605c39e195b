//! Turns a policy and options into a configuration, or into the mistakes that keep it from being written.
//!
//! It never writes a configuration around a policy that the plugin would refuse.

use super::caller_headers::caller_headers;
use super::domain::Domain;
use super::endpoint::Endpoint;
use super::options::{Options, PolicySource};
use super::report::RenderReport;
use super::servers::{Route, Server, servers};
use super::template::fill;
use super::warnings::{next_steps, warnings};
use crate::envoy::services::{Page, Services};
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::yaml::block;
use minijinja::Value;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::Path;

/// The columns before the lines of a policy, below `value:` in the template.
const INDENTATION: usize = 20;

/// What is in force until a policy arrives from elsewhere.
const UNTIL_A_POLICY: &str = r#"{
  "version": "1",
  "default": "deny",
  "frozen": "No policy is in force at this gateway. Do not retry; tell its operator.",
  "host": { "hold_request_headers": true }
}
"#;

/// Checks a policy and writes the configuration of a gateway. A policy that Envoy gets from elsewhere may be left out.
///
/// # Errors
/// A policy that is missing, an `https` server without authorities, a name that is given twice, and a file's name that Envoy
/// would not read.
pub fn render(policy: Option<&Input>, options: &Options) -> CommandResult<RenderReport> {
    if let Some(mistakes) = policy.and_then(RenderReport::of_mistakes) {
        return Ok(mistakes);
    }
    let text = fill("gateway.yaml", &Gateway::new(policy, options)?)?;
    let (warnings, next) = (warnings(policy, options), next_steps(policy, options));
    Ok(RenderReport::written(text, warnings, next))
}

/// The values of the template.
#[derive(Debug, Serialize)]
struct Gateway<'a> {
    listen: Place,
    admin: Place,
    domains: Vec<Domain>,
    /// Everything leads to one server.
    is_only: bool,
    servers: Vec<Behind<'a>>,
    source: &'static str,
    file: Option<File<'a>>,
    xds: Option<Place>,
    /// Headers that no client may send.
    caller_headers: Vec<String>,
    /// The page on which persons approve calls, and the keys.
    services: Services,
    name: &'a str,
    vm_id: &'a str,
    wasm: &'a str,
    /// A scalar of YAML.
    policy: Value,
}

#[derive(Debug, Serialize)]
struct Place {
    address: String,
    port: u16,
    is_ip: bool,
}

/// A server behind the gateway.
#[derive(Debug, Serialize)]
struct Behind<'a> {
    #[serde(flatten)]
    place: Place,
    authority: String,
    cluster: String,
    routes: Vec<Route>,
    tls: Option<Tls<'a>>,
}

#[derive(Debug, Serialize)]
struct Tls<'a> {
    ca: &'a str,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    path: &'a str,
    folder: String,
}

impl<'a> Gateway<'a> {
    fn new(policy: Option<&Input>, options: &'a Options) -> CommandResult<Self> {
        let servers = servers(policy, &options.upstreams)?.into_iter();
        let servers = servers.map(|server| behind(server, options));
        let servers = servers.collect::<CommandResult<Vec<_>>>()?;
        let caller_headers = policy.map(caller_headers).unwrap_or_default();
        let services = policy.map(|policy| Services::of(&policy.bytes));
        let services = services.unwrap_or_default();
        let policy = block(&configured(policy, options)?, INDENTATION);
        Ok(Self {
            listen: Place::listened(options.listen),
            admin: Place::listened(options.admin),
            domains: domains(&options.domains, &servers, services.page.as_ref())?,
            is_only: servers.iter().all(|server| server.routes.is_empty()),
            servers,
            source: source(options),
            file: file(options)?,
            xds: xds(options),
            caller_headers,
            services,
            name: options.name.text(),
            vm_id: options.vm_id.text(),
            wasm: &options.wasm,
            policy: Value::from_safe_string(policy),
        })
    }
}

/// The text of the policy in the configuration itself.
fn configured(policy: Option<&Input>, options: &Options) -> CommandResult<String> {
    match (&options.source, policy) {
        (PolicySource::Inline, None) => Err(CommandError::new(
            "a policy is missing; name its file, or where Envoy gets it from: --policy-file or --xds",
        )),
        (PolicySource::Inline, Some(policy)) => String::from_utf8(policy.bytes.clone())
            .map_err(|error| CommandError::about(&policy.name, error)),
        _ => Ok(UNTIL_A_POLICY.into()),
    }
}

/// The names that are given, or else those of this machine; the hosts by which the policy knows servers; and that of the page
/// of approvals.
fn domains(
    given: &[Domain],
    servers: &[Behind<'_>],
    page: Option<&Page>,
) -> CommandResult<Vec<Domain>> {
    let mut seen = Vec::new();
    for domain in given {
        if seen.contains(domain) {
            let twice = format!("--domain {} is given twice", domain.text());
            return Err(CommandError::new(twice));
        }
        seen.push(domain.clone());
    }
    let mut domains = if seen.is_empty() {
        Domain::local()
    } else {
        seen
    };
    let routes = servers.iter().flat_map(|server| &server.routes);
    let hosts = routes.filter_map(|route| route.host.as_deref());
    for host in hosts.chain(page.map(|page| page.host.as_str())) {
        let domain = Domain::of_host(host)?;
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    Ok(domains)
}

fn behind<'a>(server: Server<'_>, options: &'a Options) -> CommandResult<Behind<'a>> {
    Ok(Behind {
        place: Place::of(&server.upstream.endpoint),
        authority: server.upstream.authority(),
        cluster: server.cluster,
        routes: server.routes,
        tls: options
            .authorities_of(server.upstream)?
            .map(|ca| Tls { ca }),
    })
}

fn source(options: &Options) -> &'static str {
    match options.source {
        PolicySource::Inline => "inline",
        PolicySource::File(_) => "file",
        PolicySource::Xds(_) => "xds",
    }
}

fn file(options: &Options) -> CommandResult<Option<File<'_>>> {
    let PolicySource::File(path) = &options.source else {
        return Ok(None);
    };
    let folder = Path::new(path).parent().and_then(Path::to_str);
    match folder {
        Some(folder) if path.starts_with('/') && path.ends_with(".json") => Ok(Some(File {
            path,
            folder: folder.into(),
        })),
        _ => Err(CommandError::new(format!(
            "--policy-file: found `{path}`; write an absolute path that ends in .json, by which Envoy knows the format"
        ))),
    }
}

fn xds(options: &Options) -> Option<Place> {
    match &options.source {
        PolicySource::Xds(endpoint) => Some(Place::of(endpoint)),
        _ => None,
    }
}

impl Place {
    fn of(endpoint: &Endpoint) -> Self {
        Self {
            address: endpoint.host.clone(),
            port: endpoint.port,
            is_ip: endpoint.ip().is_some(),
        }
    }

    fn listened(address: SocketAddr) -> Self {
        Self {
            address: address.ip().to_string(),
            port: address.port(),
            is_ip: true,
        }
    }
}
