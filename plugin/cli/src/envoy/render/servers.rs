//! Turns the servers of a policy and their URLs into clusters, and routes that lead to each by what the policy knows it by.
//!
//! It never leaves a server of the policy without a route, nor a route without a server.

use super::endpoint::Upstream;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::sanitize::line;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The cluster of the only server.
const ONLY: &str = "mcp_upstream";
/// The cluster of the control plane.
const XDS: &str = "xds";

/// A server behind the gateway, with its cluster.
#[derive(Debug)]
pub(super) struct Server<'a> {
    pub(super) cluster: String,
    pub(super) upstream: &'a Upstream,
    /// Empty for the only server, to which everything leads.
    pub(super) routes: Vec<Route>,
}

/// The requests that lead to a server.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Route {
    /// The whole path; `None` for all paths.
    pub(super) path: Option<String>,
    /// The host, without regard to case.
    pub(super) host: Option<String>,
    /// The path at the server, where it differs.
    pub(super) rewrite: Option<String>,
}

/// The servers behind the gateway.
///
/// # Errors
/// A server of the policy without a URL, or a URL without a server.
pub(super) fn servers<'a>(
    policy: Option<&Input>,
    upstreams: &'a [Upstream],
) -> CommandResult<Vec<Server<'a>>> {
    let document: Json = policy
        .and_then(|policy| serde_json::from_slice(&policy.bytes).ok())
        .unwrap_or_default();
    match (document.get("servers").and_then(Json::as_object), upstreams) {
        (Some(servers), _) => named(servers, upstreams),
        (None, [only]) if only.server.is_none() => Ok(vec![Server {
            cluster: ONLY.into(),
            upstream: only,
            routes: Vec::new(),
        }]),
        (None, _) => Err(CommandError::new(
            "--upstream: the policy has no `servers`; write one URL without a name, or add the servers to the policy and name it",
        )),
    }
}

fn named<'a>(
    servers: &Map<String, Json>,
    upstreams: &'a [Upstream],
) -> CommandResult<Vec<Server<'a>>> {
    let mut found = Vec::<Server<'_>>::new();
    for (name, server) in servers {
        let mut own = upstreams
            .iter()
            .filter(|one| one.server.as_deref() == Some(name));
        let (Some(upstream), None) = (own.next(), own.next()) else {
            let name = line(name, 100);
            return Err(CommandError::new(format!(
                "--upstream: the policy has a server `{name}`; write its URL once, as --upstream {name}=http://127.0.0.1:9000/mcp"
            )));
        };
        let server = Server::new(name, server, upstream)?;
        if found.iter().any(|other| other.cluster == server.cluster) {
            let cluster = line(&server.cluster, 100);
            return Err(CommandError::new(format!(
                "two servers of the policy begin their `match.cluster` with `{cluster}`; write another cluster for each"
            )));
        }
        found.push(server);
    }
    match upstreams.len() == found.len() {
        true => Ok(found),
        false => Err(unknown(servers, upstreams)),
    }
}

fn unknown(servers: &Map<String, Json>, upstreams: &[Upstream]) -> CommandError {
    let names = upstreams.iter().map(|one| one.server.as_deref());
    let mut unknown = names.filter(|name| name.is_none_or(|name| !servers.contains_key(name)));
    let names: Vec<_> = servers.keys().map(|name| line(name, 100)).collect();
    let names = names.join("`, `");
    match unknown.next().flatten() {
        Some(name) => CommandError::new(format!(
            "--upstream: the policy has no server `{}`; write one of `{names}`",
            line(name, 100)
        )),
        None => CommandError::new(format!(
            "--upstream: a URL has no name; write NAME=URL with the policy's servers: `{names}`"
        )),
    }
}

impl<'a> Server<'a> {
    fn new(name: &str, server: &Json, upstream: &'a Upstream) -> CommandResult<Self> {
        let matched = |key: &str| texts(server.pointer(&format!("/match/{key}")));
        let (clusters, hosts, paths) = (matched("cluster"), matched("host"), matched("path"));
        let cluster = clusters.first().map_or(name, String::as_str);
        if cluster == XDS {
            return Err(CommandError::new(
                "`xds` is the cluster of the control plane; name that of the server otherwise",
            ));
        }
        Ok(Self {
            cluster: cluster.into(),
            upstream,
            routes: routes(name, hosts, paths, upstream)?,
        })
    }
}

/// A text, or a list of texts.
fn texts(of: Option<&Json>) -> Vec<String> {
    let texts = match of {
        Some(Json::Array(texts)) => texts.as_slice(),
        Some(text) => std::slice::from_ref(text),
        None => &[],
    };
    let texts = texts.iter().filter_map(Json::as_str);
    texts.map(str::to_owned).collect()
}

/// A route for each path at each host. A server that is known by its cluster alone has its name before the path of its URL.
fn routes(
    name: &str,
    hosts: Vec<String>,
    paths: Vec<String>,
    upstream: &Upstream,
) -> CommandResult<Vec<Route>> {
    let mut paths: Vec<_> = paths.into_iter().map(Some).collect();
    if paths.is_empty() && hosts.is_empty() {
        paths.push(Some(path_of(name, upstream)?));
    } else if paths.is_empty() {
        paths.push(None);
    }
    let hosts = match hosts.is_empty() {
        true => vec![None],
        false => hosts.into_iter().map(Some).collect(),
    };
    let at = |host: &Option<String>| {
        let route = |path: &Option<String>| Route {
            rewrite: path
                .as_ref()
                .filter(|path| **path != upstream.path)
                .map(|_| upstream.path.clone()),
            path: path.clone(),
            host: host.clone(),
        };
        paths.iter().map(route).collect::<Vec<_>>()
    };
    Ok(hosts.iter().flat_map(at).collect())
}

fn path_of(name: &str, upstream: &Upstream) -> CommandResult<String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.bytes().all(is_part) {
        return Ok(format!("/{name}{}", upstream.path.trim_end_matches('/')));
    }
    let name = line(name, 100);
    Err(CommandError::new(format!(
        "the server `{name}` of the policy has no path, and its name is none; write `path` into its `match`"
    )))
}
