//! Turns a text into a name by which clients know the gateway.
//!
//! It never resolves a name.

use crate::report::CommandError;
use crate::sanitize::line;
use serde::Serialize;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// A name by which clients know the gateway, as a virtual host of Envoy has it: `*` may stand at its beginning or its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Domain(String);

impl Domain {
    /// The names of this machine.
    pub(super) fn local() -> Vec<Self> {
        ["127.0.0.1", "localhost", "[::1]"]
            .map(|name| Self(name.into()))
            .into()
    }

    /// The name in a host, which may have a port.
    ///
    /// # Errors
    /// When it is no name.
    pub(super) fn of_host(host: &str) -> Result<Self, CommandError> {
        let port = host
            .rsplit_once(':')
            .filter(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
        port.map_or(host, |(name, _)| name).parse()
    }

    /// Whether every host is meant.
    pub(super) fn is_any(&self) -> bool {
        self.0 == "*"
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = CommandError;

    /// Reads a name, in lower case.
    fn from_str(text: &str) -> Result<Self, CommandError> {
        if is_name(text) || is_ipv6(text) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        let found = line(text, 100);
        Err(CommandError::new(format!(
            "found `{found}`; write a host name without a port, such as mcp.example.com, *.example.com or [::1]"
        )))
    }
}

/// Letters, digits, `-`, `_` and `.`, with at most one `*`, at an end.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let rest = text.strip_prefix('*').or_else(|| text.strip_suffix('*'));
    let rest = rest.unwrap_or(text);
    !text.is_empty() && rest.bytes().all(is_part)
}

fn is_ipv6(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok())
}
