//! Turns a valid policy and options into warnings: what keeps the gateway from protecting, or from answering.
//!
//! It never stops a configuration from being written.

use super::caller_headers::caller_headers;
use super::domain::Domain;
use super::options::{Options, PolicySource};
use crate::envoy::services::Services;
use crate::input::Input;
use crate::sanitize::line;
use mcp_policy::host::{HostOptions, Policy};
use std::net::SocketAddr;

/// `per_connection_buffer_limit_bytes` of the template.
const BUFFER_BYTES: usize = 1_048_576;

/// The longest part of a path that is shown, in characters.
const LONGEST: usize = 300;

pub(super) fn warnings(policy: Option<&Input>, options: &Options) -> Vec<String> {
    let headers = policy.map(caller_headers).unwrap_or_default();
    let policy = policy.and_then(|policy| Policy::parse(&policy.bytes).ok());
    let host = policy.iter().flat_map(|policy| of_host(&policy.host));
    let all = host.chain(of_headers(&headers));
    all.chain(of_options(options)).collect()
}

fn of_headers(headers: &[String]) -> Option<String> {
    let names = headers.join("`, `");
    (!headers.is_empty()).then(|| {
        format!(
            "the policy knows callers by `{names}`, which the configuration removes from the requests of clients; add the filter that writes it, before the plugin"
        )
    })
}

/// What to do before Envoy starts, in order.
pub(super) fn next_steps(policy: Option<&Input>, options: &Options) -> Vec<String> {
    let services = policy.map(|policy| Services::of(&policy.bytes));
    let steps = services.iter().flat_map(of_services);
    steps.chain(first_policy(policy, options)).collect()
}

/// How persons can approve calls and a service can count them, where the policy says so.
fn of_services(services: &Services) -> Vec<String> {
    let mut steps = Vec::new();
    if let Some(page) = &services.page {
        steps.push(format!(
            "add the filter by which approvers sign in at `{}`, before the plugin: jwt_authn, or client certificates. Without it no person can approve a call",
            page.path
        ));
    }
    if !services.keys.is_empty() {
        steps.push(format!(
            "set `{}` in Envoy's environment to what `openssl rand -hex 32` prints",
            services.keys.join("` and `")
        ));
    }
    for cluster in &services.approvals {
        steps.push(format!(
            "add the cluster `{}` to `clusters`: the plugin calls it about approvals",
            line(cluster, LONGEST)
        ));
    }
    if let Some(cluster) = &services.counters {
        steps.push(format!(
            "add the cluster `{}` to `clusters`: the plugin asks it to count calls. The same keys belong to all Envoys of the fleet",
            line(cluster, LONGEST)
        ));
    }
    steps
}

/// How the file gets its first policy, where Envoy reads one from a file.
fn first_policy(policy: Option<&Input>, options: &Options) -> Option<String> {
    let PolicySource::File(file) = &options.source else {
        return None;
    };
    let policy = policy.map_or("policy.json", |policy| &policy.name);
    let apply = format!(
        "mcp-policy envoy apply {} --file {}",
        line(policy, LONGEST),
        line(file, LONGEST)
    );
    let (wasm, admin) = (line(&options.wasm, LONGEST), options.admin);
    Some(format!(
        "write the first policy with `{apply} --wasm {wasm} --no-wait`, and start Envoy; then `{apply} --admin http://{admin}` puts each new one in force"
    ))
}

fn of_host(host: &HostOptions) -> Vec<String> {
    let mut found = Vec::new();
    if !host.hold_request_headers {
        found.push(
            "the server sees the headers of refused calls; write \"host\": { \"hold_request_headers\": true } into the policy"
                .into(),
        );
    }
    if host.max_request_bytes >= BUFFER_BYTES {
        let bytes = host.max_request_bytes;
        found.push(format!(
            "`host.max_request_bytes` is {bytes}; set both per_connection_buffer_limit_bytes, which are {BUFFER_BYTES}, above it"
        ));
    }
    found
}

fn of_options(options: &Options) -> Vec<String> {
    let mut found = Vec::new();
    if !options.admin.ip().is_loopback() {
        let admin = options.admin;
        found.push(format!(
            "whoever reaches the admin interface at {admin} can stop Envoy; let it listen at 127.0.0.1"
        ));
    }
    if options.domains.iter().any(Domain::is_any) {
        found.push("with --domain '*', a web page can reach the server behind by a name of its own (DNS rebinding)".into());
    }
    if let PolicySource::Xds(endpoint) = &options.source
        && !endpoint.is_local()
    {
        found.push("whoever answers at --xds sets the policy, and the connection is not encrypted; use a private network".into());
    }
    found.extend(unknown_names(options.listen, &options.domains));
    found
}

/// A gateway for others, known by the names of this machine alone.
fn unknown_names(listen: SocketAddr, domains: &[Domain]) -> Option<String> {
    let unknown = !listen.ip().is_loopback() && domains.is_empty();
    unknown.then(|| {
        "other machines reach the gateway and get 404 from it; name it as they do with --domain"
            .into()
    })
}
