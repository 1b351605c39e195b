//! Turns a policy and options into the configuration of nginx with ngx_wasm_module.
//!
//! It never writes a policy that is longer than nginx reads, or that nginx could not keep.

use crate::envoy::render::domain::Domain;
use crate::envoy::render::endpoint::Upstream;
use crate::envoy::render::options::Options;
use crate::envoy::render::report::RenderReport;
use crate::envoy::render::template::fill;
use crate::envoy::services::Services;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use mcp_policy::host::Policy;
use minijinja::Value;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// The longest parameter that nginx reads, in bytes with its quotes (`NGX_CONF_BUFFER`).
const LONGEST_PARAMETER: usize = 4_096;
/// What nginx holds of a body in memory; the module gets none that is longer.
const BUFFER_BYTES: usize = 1_048_576;

/// The shared memory for the counts of so many slots, in MiB.
const MEMORY: usize = 64;
const SLOTS: usize = 65_536;
/// Where the policy has no `host.namespace`: nginx ends if the plugin asks it for its name.
const NAMESPACE: &str = "mcp-policy";

/// The values of the template; texts are parameters of nginx.
#[derive(Debug, Serialize)]
struct Nginx {
    listen: Value,
    names: Value,
    wasm: Value,
    memory: usize,
    scheme: Value,
    upstream: Value,
    authority: Value,
    tls: Option<Tls>,
    keys: Vec<Value>,
    policy: Value,
}

#[derive(Debug, Serialize)]
struct Tls {
    name: Value,
    authorities: Value,
}

/// Checks a policy and writes the configuration.
///
/// # Errors
/// A policy that nginx cannot read or keep, and other servers than one.
pub fn render(policy: &Input, options: &Options) -> CommandResult<RenderReport> {
    if let Some(mistakes) = RenderReport::of_mistakes(policy) {
        return Ok(mistakes);
    }
    keeps(policy)?;
    if options.domains.iter().any(Domain::is_any) {
        return Err(CommandError::new(
            "--domain: found `*`, which nginx does not know; write the names by which clients know the gateway",
        ));
    }
    let text = fill("nginx.conf", &Nginx::new(policy, options)?)?;
    Ok(RenderReport::written(text, Vec::new(), Vec::new()))
}

impl Nginx {
    fn new(policy: &Input, options: &Options) -> CommandResult<Self> {
        let upstream = only(&options.upstreams)?;
        let names: Vec<_> = options.domains.iter().map(Domain::text).collect();
        let names = if names.is_empty() {
            "127.0.0.1 localhost [::1]".into()
        } else {
            names.join(" ")
        };
        Ok(Self {
            listen: Value::from_safe_string(options.listen.to_string()),
            names: Value::from_safe_string(names),
            wasm: parameter(&options.wasm),
            memory: memory(policy),
            scheme: Value::from_safe_string(
                if upstream.is_https() { "https" } else { "http" }.into(),
            ),
            upstream: Value::from_safe_string(upstream.endpoint.text()),
            authority: Value::from_safe_string(upstream.authority()),
            tls: tls(upstream, options)?,
            keys: Services::of(&policy.bytes)
                .keys
                .iter()
                .map(|key| parameter(key))
                .collect(),
            policy: written(policy)?,
        })
    }
}

fn only(upstreams: &[Upstream]) -> CommandResult<&Upstream> {
    match upstreams {
        [only] if only.server.is_none() => Ok(only),
        _ => Err(CommandError::new(
            "--upstream: write one URL without a name; routes of nginx to several servers are written by hand",
        )),
    }
}

fn tls(upstream: &Upstream, options: &Options) -> CommandResult<Option<Tls>> {
    let authorities = options.authorities_of(upstream)?;
    Ok(authorities.map(|authorities| Tls {
        name: Value::from_safe_string(upstream.endpoint.host.clone()),
        authorities: parameter(authorities),
    }))
}

/// The shared memory that the policy's counts need, in MiB.
fn memory(policy: &Input) -> usize {
    let slots = Policy::parse(&policy.bytes).map_or(SLOTS, |policy| policy.host.slots);
    MEMORY.saturating_mul(slots.div_ceil(SLOTS))
}

/// The policy without the spaces between its values, and with a namespace, as one parameter.
fn written(policy: &Input) -> CommandResult<Value> {
    let mut document: Json = serde_json::from_slice(&policy.bytes)
        .map_err(|error| CommandError::about(&policy.name, error))?;
    let members = document.as_object_mut();
    let host = members.map(|members| members.entry("host").or_insert_with(|| json!({})));
    if let Some(host) = host.and_then(Json::as_object_mut) {
        host.entry("namespace").or_insert_with(|| json!(NAMESPACE));
    }
    let parameter = quoted(&document.to_string());
    match parameter.len() {
        length if length >= LONGEST_PARAMETER => Err(CommandError::about(
            &policy.name,
            format_args!(
                "it takes {length} bytes, and nginx reads {LONGEST_PARAMETER} at most in a parameter; write a shorter policy"
            ),
        )),
        _ => Ok(Value::from_safe_string(parameter)),
    }
}

fn parameter(text: &str) -> Value {
    Value::from_safe_string(quoted(text))
}

/// A text in single quotes, in which nginx reads a backslash before a quote, a backslash and a few letters.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Whether nginx can do what the policy asks for.
fn keeps(policy: &Input) -> CommandResult<()> {
    let refused = |what: &str| Err(CommandError::about(&policy.name, what));
    let Ok(parsed) = Policy::parse(&policy.bytes) else {
        return Ok(());
    };
    if parsed.host.hold_request_headers {
        return refused(
            "/host/hold_request_headers: nginx cannot hold headers, and every request would hang; take it out",
        );
    }
    if parsed.host.max_request_bytes >= BUFFER_BYTES {
        return refused(
            "/host/max_request_bytes: nginx gives the plugin no body over 1 MiB; write a smaller number",
        );
    }
    let verified = parsed.needs_verified();
    if verified.claims || verified.uri_san || verified.dns_san || verified.subject {
        return refused(
            "the policy needs a token or a certificate that the gateway has verified, and nginx shows the plugin neither; know callers by a header that nginx sets, and approve in the gateway itself",
        );
    }
    let services = Services::of(&policy.bytes);
    let approves = services.page.is_some() || !services.approvals.is_empty();
    if approves || services.counters.is_some() || parsed.host.audit_collector.is_some() {
        return refused(
            "the policy has approvals, or calls a service by the name of a cluster, and nginx can neither hold an answer nor find a cluster; count, approve and collect in the gateway itself",
        );
    }
    if !parsed.host.filter_state.is_empty() {
        return refused(
            "/host/filter_state: nginx has no filter state; take it out, and read the decisions in the error log",
        );
    }
    Ok(())
}
