//! Turns a policy and options into the objects of Kubernetes by which a gateway loads the plugin.
//!
//! It never writes a policy that the gateway would change on its way to the plugin, or could not keep.

use super::gateway::Gateway;
use super::module::{Module, ObjectName, Sha256};
use super::policy_text::object;
use crate::envoy::render::caller_headers::caller_headers;
use crate::envoy::render::report::RenderReport;
use crate::envoy::render::template::fill;
use crate::envoy::services::Services;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::yaml::block;
use mcp_policy::host::Policy;
use minijinja::Value;
use serde::Serialize;

/// The columns before the lines of a policy below `value:` in the template of an `EnvoyFilter`.
const TEXT_INDENTATION: usize = 16;

/// Options of the objects.
#[derive(Clone, Debug)]
pub struct Options {
    /// The gateway that reads them.
    pub gateway: Gateway,
    /// Where it gets the module.
    pub module: Module,
    /// The module's digest; `None` trusts the place of the module.
    pub sha256: Option<Sha256>,
    /// The name of the `Gateway` object that clients connect to.
    pub target: ObjectName,
    /// The namespace of the objects; `None` for the one in which they are applied.
    pub namespace: Option<ObjectName>,
    /// The name of the objects, to which counters belong where the gateway has a name for that.
    pub name: ObjectName,
}

/// The values of the templates.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    target: &'a str,
    url: &'a str,
    /// The file of the module in the gateway.
    file: Option<&'a str>,
    /// The image without its scheme.
    image: Option<&'a str>,
    sha256: Option<&'a str>,
    /// The variables of the gateway's environment with the keys of the policy.
    keys: Vec<String>,
    /// Headers that no client may send.
    caller_headers: Vec<String>,
    /// An object or a scalar of YAML.
    policy: Value,
}

/// Checks a policy and writes the objects.
///
/// # Errors
/// A policy that the gateway cannot keep, or would change on its way to the plugin; and a module that it cannot fetch.
pub fn render(policy: &Input, options: &Options) -> CommandResult<RenderReport> {
    if let Some(mistakes) = RenderReport::of_mistakes(policy) {
        return Ok(mistakes);
    }
    keeps(policy, options)?;
    let manifest = Manifest::new(policy, options)?;
    let text = fill(options.gateway.template(), &manifest)?;
    let (warnings, next) = (
        warnings(policy, options),
        next_steps(policy, options.gateway),
    );
    Ok(RenderReport::written(text, warnings, next))
}

impl<'a> Manifest<'a> {
    fn new(policy: &Input, options: &'a Options) -> CommandResult<Self> {
        Ok(Self {
            name: options.name.text(),
            namespace: options.namespace.as_ref().map(ObjectName::text),
            target: options.target.text(),
            url: options.module.url(),
            file: options.module.file(),
            image: options.module.image(),
            sha256: options.sha256.as_ref().map(Sha256::digits),
            keys: Services::of(&policy.bytes).keys,
            caller_headers: caller_headers(policy),
            policy: Value::from_safe_string(written(policy, options.gateway)?),
        })
    }
}

/// The policy as the manifest has it.
fn written(policy: &Input, gateway: Gateway) -> CommandResult<String> {
    let text = std::str::from_utf8(&policy.bytes)
        .map_err(|error| CommandError::about(&policy.name, error))?;
    let Some(indentation) = gateway.object_indentation() else {
        return Ok(block(text, TEXT_INDENTATION));
    };
    object(text, indentation).map_err(|line| {
        let place = format!("{}:{line}", policy.name);
        CommandError::about(
            place,
            "a name is longer than YAML reads; write one of at most 1000 characters",
        )
    })
}

/// Whether the gateway can do what the policy and the options ask for.
fn keeps(policy: &Input, options: &Options) -> CommandResult<()> {
    let gateway = options.gateway;
    let holds = Policy::parse(&policy.bytes).is_ok_and(|policy| policy.host.hold_request_headers);
    if holds && !gateway.holds_headers() {
        let instead = match gateway {
            Gateway::Istio => "take it out, or write --for istio-envoyfilter",
            _ => "take it out",
        };
        return Err(CommandError::about(
            &policy.name,
            format_args!(
                "/host/hold_request_headers: {} cannot hold headers, and every request would hang; {instead}",
                gateway.name()
            ),
        ));
    }
    if gateway == Gateway::EnvoyGateway && options.module.file().is_some() {
        return Err(CommandError::new(
            "--module: Envoy Gateway reads no file; write oci:// and an image, or an https:// URL",
        ));
    }
    Ok(())
}

/// What keeps the gateway from protecting.
fn warnings(policy: &Input, options: &Options) -> Vec<String> {
    let gateway = options.gateway;
    let mut found = Vec::new();
    if !gateway.holds_headers() {
        let name = gateway.name();
        found.push(format!("the server sees the headers of refused calls, and no byte of their bodies: {name} cannot hold headers"));
    }
    if options.sha256.is_none() && options.module.file().is_none() {
        found.push("whoever writes to the place of the module decides what passes; name its SHA-256 with --sha256".into());
    }
    let headers = caller_headers(policy);
    if gateway != Gateway::EnvoyGateway && !headers.is_empty() {
        let names = headers.join("`, `");
        found.push(format!(
            "the policy knows callers by `{names}`; remove these headers from the requests of clients before the filter that writes them"
        ));
    }
    found
}

/// What to do beside applying the objects.
fn next_steps(policy: &Input, gateway: Gateway) -> Vec<String> {
    let services = Services::of(&policy.bytes);
    let mut steps = Vec::new();
    if let Some(page) = &services.page {
        steps.push(format!(
            "add a route for `{}` and the filter by which approvers sign in there; the plugin answers it, and no server gets a request to it",
            page.path
        ));
    }
    if !services.keys.is_empty() {
        steps.push(format!(
            "set `{}` in the environment of the gateway's pods to what `openssl rand -hex 32` prints, from a Secret",
            services.keys.join("` and `")
        ));
    }
    for cluster in services.approvals.iter().chain(&services.counters) {
        let cluster = crate::sanitize::line(cluster, 300);
        let name = gateway.name();
        steps.push(format!("the plugin calls the cluster `{cluster}`: write the name that {name} gives to that service"));
    }
    steps
}
