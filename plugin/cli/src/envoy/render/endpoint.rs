//! Turns URLs and addresses of servers into the host and the port that Envoy connects to.
//!
//! It never resolves a name, and never shows a user's name or a query, in which secrets are sent.

use crate::http_url::without_secrets;
use crate::report::CommandError;
use crate::sanitize::line;
use fluent_uri::Uri;
use std::net::IpAddr;
use std::str::FromStr;

/// A host, by its name or its address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// An MCP server behind the gateway: its URL, or `NAME=URL` with its name in the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The server's name in the policy; `None` for the only server.
    pub(super) server: Option<String>,
    /// The path of its endpoint.
    pub(super) path: String,
    pub(super) endpoint: Endpoint,
    pub(super) tls: bool,
}

impl Endpoint {
    /// The address, where the host is one.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Whether the host is this machine.
    pub(super) fn is_local(&self) -> bool {
        match self.ip() {
            Some(ip) => ip.is_loopback(),
            None => self.host == "localhost",
        }
    }

    /// The host and the port, as a URL has them.
    pub(super) fn text(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    fn bracketed(&self) -> String {
        match self.ip() {
            Some(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => self.host.clone(),
        }
    }
}

impl Upstream {
    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.tls
    }

    /// The host that the server expects in requests, with the port unless it is the scheme's own.
    pub(super) fn authority(&self) -> String {
        let host = self.endpoint.bracketed();
        match self.endpoint.port {
            port if port == default_port(self.tls) => host,
            port => format!("{host}:{port}"),
        }
    }
}

fn default_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

impl FromStr for Upstream {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        // A URL may hold `=` behind its scheme alone.
        let named = text
            .split_once('=')
            .filter(|(name, _)| !name.contains("://"));
        let (server, url) = named.map_or((None, text), |(name, url)| (Some(name), url));
        let wrong = |what: &str| {
            let found = without_secrets(url);
            CommandError::new(format!("found `{found}`{what}"))
        };
        let example = "; write a URL such as http://127.0.0.1:9000/mcp";
        let uri = Uri::parse(url).map_err(|_| wrong(example))?;
        let tls = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(wrong(example)),
        };
        let authority = uri.authority().ok_or_else(|| wrong(example))?;
        if authority.has_userinfo() || uri.has_query() || uri.has_fragment() {
            return Err(wrong(
                " with more than a host, a port and a path; clients send credentials in a header",
            ));
        }
        let port = authority.port_to_u16().map_err(|_| wrong(example))?;
        let port = port.unwrap_or_else(|| default_port(tls));
        let endpoint = endpoint(authority.host(), port).ok_or_else(|| wrong(example))?;
        let path = uri.path().as_str();
        Ok(Self {
            server: server.map(Into::into),
            path: if path.is_empty() { "/" } else { path }.into(),
            endpoint,
            tls,
        })
    }
}

impl FromStr for Endpoint {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let split = text.rsplit_once(':');
        let read = split.and_then(|(host, port)| endpoint(host, port.parse().ok()?));
        read.ok_or_else(|| {
            let found = line(text, 100);
            let example = "write a host and a port, such as 127.0.0.1:18000";
            CommandError::new(format!("found `{found}`; {example}"))
        })
    }
}

/// `None` for a host that is neither a name of letters, digits, `-`, `_` and `.`, nor an address, and for the port 0.
fn endpoint(host: &str, port: u16) -> Option<Endpoint> {
    let bracketed = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let host = match bracketed {
        Some(inner) => inner.parse::<IpAddr>().ok()?.to_string(),
        None if host.bytes().all(is_part) => host.to_ascii_lowercase(),
        None => return None,
    };
    (!host.is_empty() && port != 0).then_some(Endpoint { host, port })
}
