//! Reads the present time.
//!
//! It never waits.

use mcp_policy_cli::envoy::Delivery;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the program alone reads the clock"
)]
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// A delivery at the present time.
#[expect(
    clippy::disallowed_methods,
    reason = "the program alone reads the clock"
)]
pub(super) fn delivery() -> Delivery {
    let now = OffsetDateTime::from(SystemTime::now());
    Delivery {
        version: now.format(&Rfc3339).unwrap_or_default(),
        nanos: now.nanosecond(),
    }
}

/// The beginning of a span of time.
#[expect(
    clippy::disallowed_methods,
    reason = "the program alone reads the clock"
)]
pub(super) fn start() -> Instant {
    Instant::now()
}
