//! Reads the collector of log lines under `host.audit_collector` in the document.
//!
//! It decides nothing about a call.

use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::{HostOptions, HttpEndpoint};
use crate::words::Millis;
use crate::words::json::Value;

pub(crate) const COLLECTOR: Keys = Keys {
    supported: &["cluster", "path", "authority", "timeout"],
    reserved: &[],
};

/// The longest wait for the collector's answer where the policy says nothing.
const TIMEOUT: Millis = Millis(5000);

/// The longest text, in bytes.
pub(crate) const LONGEST: usize = 256;

const WRITE_NAME: &str =
    "the name of a cluster in Envoy's configuration, in visible ASCII, such as \"audit\"";

const WRITE_PATH: &str =
    "a path in visible ASCII that begins with `/`, without `#`, such as \"/v1/audit\"";

const WRITE_AUTHORITY: &str =
    "a host name in visible ASCII, with or without a port, such as \"audit.example:8443\"";

impl PolicyReader {
    pub(super) fn collector(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
    ) -> Option<HttpEndpoint> {
        let members = self.object(at, value, &COLLECTOR);
        self.endpoint(at, &members)
    }

    /// A server behind a cluster of the host.
    pub(super) fn endpoint(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
    ) -> Option<HttpEndpoint> {
        let cluster = self.required(at, members, "cluster");
        let path = self.required(at, members, "path");
        let cluster = self.visible(&at.key("cluster"), cluster, WRITE_NAME, |_| true);
        let path = self.visible(&at.key("path"), path, WRITE_PATH, is_path);
        let authority = members.get("authority");
        let authority = self.visible(&at.key("authority"), authority, WRITE_AUTHORITY, |_| true);
        let timeout = self.collector_timeout(at, members);
        let cluster = cluster?;
        Some(HttpEndpoint {
            path: path?,
            authority: authority.unwrap_or_else(|| cluster.clone()),
            cluster,
            timeout,
        })
    }

    fn collector_timeout(&mut self, at: &Location<'_>, members: &Members<'_>) -> Millis {
        let bounds = HostOptions::COLLECTOR_TIMEOUTS;
        let timeout = self.bounded_duration(at, members, "timeout", bounds);
        timeout.unwrap_or(TIMEOUT)
    }

    /// A text of visible ASCII that fits.
    pub(super) fn visible(
        &mut self,
        at: &Location<'_>,
        value: Option<Value<'_>>,
        write: &str,
        fits: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        let value = value?;
        let text = value.string();
        let text = text.filter(|text| is_visible_ascii(text) && fits(text));
        if text.is_none() {
            self.invalid(at, value, write);
        }
        text.map(Into::into)
    }
}

fn is_visible_ascii(text: &str) -> bool {
    let is_graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_graphic && (1..=LONGEST).contains(&text.len())
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.contains('#')
}
