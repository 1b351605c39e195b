//! The published revisions of MCP.
//!
//! An unknown revision is kept as text, clipped, and never mistaken for a known one.

use super::error::RequestError;
use crate::words::text::clip;
use std::borrow::Cow;

/// The published revisions of MCP.
const REVISIONS: [&str; 5] = [
    "2024-11-05",
    "2025-03-26",
    "2025-06-18",
    "2025-11-25",
    MODERN,
];

/// The revision that repeats the message in headers. It is the only one whose messages name their revision:
/// `initialize` negotiates the older ones.
const MODERN: &str = "2026-07-28";

/// A revision of MCP, as a header or a message names it: a published one is borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revision(Cow<'static, str>);

impl Revision {
    pub(crate) fn read(text: &str) -> Self {
        let known = REVISIONS.into_iter().find(|revision| *revision == text);
        Self(known.map_or_else(|| clip(text, 64).into(), Cow::Borrowed))
    }

    /// Refuses a revision that is not published. A header can name any published one.
    pub(super) fn known(&self) -> Result<(), RequestError> {
        self.one_of(&REVISIONS)
    }

    /// Refuses a message's claim to a revision that is not published. The error names [`MODERN`] alone as supported.
    pub(super) fn claimable(&self) -> Result<(), RequestError> {
        self.one_of(&[MODERN])
    }

    fn one_of(&self, supported: &'static [&'static str]) -> Result<(), RequestError> {
        match &self.0 {
            Cow::Borrowed(_) => Ok(()),
            Cow::Owned(unknown) => Err(RequestError::Revision {
                requested: unknown.clone(),
                supported,
            }),
        }
    }

    /// Messages of this revision name themselves in headers and carry `resultType` in results.
    pub(crate) fn is_modern(&self) -> bool {
        self.0 == MODERN
    }
}
