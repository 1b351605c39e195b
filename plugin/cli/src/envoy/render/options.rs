//! What differs between the gateways that one template describes.
//!
//! It never reads a policy.

use super::domain::Domain;
use super::endpoint::{Endpoint, Upstream};
use crate::report::{CommandError, CommandResult};
use crate::sanitize::line;
use std::net::SocketAddr;
use std::str::FromStr;

/// Options of a gateway.
#[derive(Clone, Debug)]
pub struct Options {
    /// The only MCP server, or each server of the policy by its name.
    pub upstreams: Vec<Upstream>,
    /// The file of certificate authorities, as Envoy sees it; an `https` server needs it.
    pub authorities: Option<String>,
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Envoy's admin interface.
    pub admin: SocketAddr,
    /// The names by which clients know the gateway; those of this machine if there are none.
    pub domains: Vec<Domain>,
    /// The module's path, as Envoy sees it.
    pub wasm: String,
    /// How the policy gets into Envoy.
    pub source: PolicySource,
    /// The name of the filter and of the plugin.
    pub name: Name,
    /// The name to which counters belong.
    pub vm_id: Name,
}

impl Options {
    /// The file of authorities by which the certificate of a server is checked; `None` for a server without TLS.
    ///
    /// # Errors
    /// An `https` server, where there is no such file.
    pub(super) fn authorities_of(&self, upstream: &Upstream) -> CommandResult<Option<&str>> {
        match (&self.authorities, upstream.is_https()) {
            (_, false) => Ok(None),
            (Some(file), true) => Ok(Some(file)),
            (None, true) => Err(CommandError::new(
                "an https server needs a file of certificate authorities, and none was found; name one with --ca",
            )),
        }
    }
}

/// How the policy gets into Envoy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicySource {
    /// Inside the configuration.
    Inline,
    /// In a file of this path, which Envoy reads again when it changes.
    File(String),
    /// From a server, by xDS over gRPC.
    Xds(Endpoint),
}

/// A name of the plugin in Envoy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// The names of the other filters.
const OTHERS: [&str; 2] = ["only_forms", "envoy.filters.http.router"];

impl Name {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !text.is_empty() && text.bytes().all(is_part) && !OTHERS.contains(&text) {
            return Ok(Self(text.into()));
        }
        let found = line(text, 100);
        Err(CommandError::new(format!(
            "found `{found}`; write a name of letters, digits, `.`, `_` and `-` that no other filter has, such as mcp_policy"
        )))
    }
}
