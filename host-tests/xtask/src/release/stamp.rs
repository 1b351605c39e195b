//! What stands in every file of a release: turns the version of the workspace and a time into the texts for them.
//!
//! It reads no clock.

use anyhow::Result;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The version of everything in a release: that of the workspace.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) u64);

impl Time {
    /// The time as RFC 3339 writes it, in UTC.
    ///
    /// # Errors
    /// When it is later than the year 9999.
    pub(super) fn text(self) -> Result<String> {
        let time = OffsetDateTime::from_unix_timestamp(self.0.try_into()?)?;
        Ok(time.format(&Rfc3339)?)
    }
}
