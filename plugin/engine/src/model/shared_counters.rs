//! Counters that several gateways share: those of a rate limit service.
//!
//! It counts nothing; `count` writes the questions to the service, and `exchange` asks them.

use super::options::HttpEndpoint;
use crate::words::mac::Keys;

/// A service that counts for a fleet of gateways.
#[derive(Debug)]
pub(crate) struct SharedCounters {
    pub(crate) protocol: RateLimitProtocol,
    pub(crate) to: HttpEndpoint,
    /// The name under which the service is configured.
    pub(crate) domain: Box<str>,
    pub(crate) on_unavailable: OnUnavailable,
    /// The service adds to all counters of a question, or to none.
    pub(crate) is_atomic: bool,
    /// The environment variable with the key of the names that subjects have at the service.
    pub(crate) key_name: Option<Box<str>>,
    /// `None` where the policy names none, or until the host has supplied it.
    pub(crate) key: Option<Keys>,
}

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RateLimitProtocol {
    /// `envoy.service.ratelimit.v3` over gRPC.
    Envoy,
    /// The HTTP API of Limitador.
    Limitador,
}

impl RateLimitProtocol {
    /// The path of a question.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Envoy => "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit",
            Self::Limitador => "/check_and_report",
        }
    }
}

/// What applies to a call that the service does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnUnavailable {
    /// It is refused.
    Deny,
    /// This gateway counts it by itself.
    Local,
}

impl SharedCounters {
    /// The least and the largest `timeout`, in milliseconds.
    pub(crate) const TIMEOUTS: (u64, u64) = (1, 5000);

    /// The `timeout` where the policy writes none, in milliseconds.
    pub(crate) const TIMEOUT: u64 = 50;
}
