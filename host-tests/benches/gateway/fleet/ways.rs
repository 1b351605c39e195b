//! The ways to count the calls of a fleet, each with its policy.
//!
//! It measures nothing.

use host_tests::samples::{LIMITED, LISTED};
use serde_json::{Value, json};

/// The cluster of the rate limit service in Envoy's configuration.
pub(super) const CLUSTER: &str = "counters";
/// The variable with the key of the names that callers have at the service.
pub(super) const KEY: &str = "KEY";

/// Who counts the calls of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The tool has no limit. The calls go to the Envoys of [`Way::Local`].
    Free,
    Local,
    /// Other Envoys with the same policy as [`Way::Local`]. The difference between the two is the noise.
    LocalAgain,
    Service,
    ServiceAgain,
    Http,
    /// Each Envoy, since nothing listens at the address of the service.
    Stopped,
}

impl Way {
    pub(super) const ALL: [Self; 7] = [
        Self::Free,
        Self::Local,
        Self::LocalAgain,
        Self::Service,
        Self::ServiceAgain,
        Self::Http,
        Self::Stopped,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Free => "no limit",
            Self::Local => "each Envoy",
            Self::LocalAgain => "each Envoy, again",
            Self::Service => "a service, gRPC",
            Self::ServiceAgain => "a service, gRPC, again",
            Self::Http => "a service, HTTP",
            Self::Stopped => "each Envoy, as the service is stopped",
        }
    }

    pub(super) const fn asks(self) -> bool {
        matches!(self, Self::Service | Self::ServiceAgain | Self::Http)
    }

    /// The way whose Envoys it is played on.
    pub(super) fn played_on(self) -> Self {
        match self {
            Self::Free => Self::Local,
            other => other,
        }
    }

    pub(super) const fn tool(self) -> &'static str {
        match self {
            Self::Free => LISTED,
            _ => LIMITED,
        }
    }

    /// The policy with so many calls of the limited tool. No call waits so long for the service that it is refused.
    pub(super) fn policy(self, max: u64) -> Value {
        let limit = json!({ "counter": "run_rate", "window": "30d", "max": max, "scope": "grant" });
        let mut policy = json!({ "version": "1", "default": "deny",
            "tools": { LISTED: {}, LIMITED: { "limits": [limit] } } });
        if let Some((backend, on_unavailable)) = self.counters() {
            policy["counters"] = json!({ "backend": backend, "cluster": CLUSTER, "domain": "mcp", "timeout": "5s",
                "key": KEY, "on_unavailable": on_unavailable });
        }
        policy
    }

    /// The protocol of the service, and the decision without it.
    const fn counters(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Free | Self::Local | Self::LocalAgain => None,
            Self::Service | Self::ServiceAgain => Some(("rate_limit_service", "deny")),
            Self::Http => Some(("limitador_http", "deny")),
            Self::Stopped => Some(("rate_limit_service", "local")),
        }
    }
}
