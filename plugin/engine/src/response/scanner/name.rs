//! Turns the name of a member, as it is written, into whether some reader mistakes it for one of the wanted names.
//!
//! It never reports no match for a name that some reader mistakes for one of them.

use crate::read::is_confusable;
use crate::words::json::unquoted;
use crate::words::plain;

/// No wanted name is longer in bytes, even with each letter as an escape of six bytes and a NUL after it.
pub(super) const LONGEST: usize = 6 * 24;

/// A name without its quotes. Of a longer name, more than [`LONGEST`] bytes are kept.
#[derive(Clone, Copy)]
pub(super) struct Name<'n> {
    raw: &'n [u8],
    /// All characters are printable ASCII without escapes.
    plain: bool,
}

impl<'n> Name<'n> {
    pub(super) fn new(raw: &'n [u8]) -> Self {
        Self {
            raw,
            plain: plain::after_name(raw).is_empty(),
        }
    }

    /// Whether every reader reads it as this name.
    pub(super) fn is(self, name: &str) -> bool {
        self.raw == name.as_bytes()
    }

    /// Whether some reader mistakes it for one of these names.
    pub(super) fn reads_like(self, names: &[&str]) -> bool {
        if self.plain {
            let same = |name: &&str| self.raw.eq_ignore_ascii_case(name.as_bytes());
            return names.iter().any(same);
        }
        // A reader that ends names at a NUL sees only the beginning.
        const NUL: &[u8] = br"\u0000";
        let raw = self.raw.get(..=LONGEST).unwrap_or(self.raw);
        let nul = raw.windows(NUL.len()).position(|bytes| bytes == NUL);
        let beginning = nul.and_then(|nul| raw.get(..nul));
        (raw.len() <= LONGEST && decoded_like(raw, names))
            || beginning.is_some_and(|beginning| decoded_like(beginning, names))
    }
}

fn decoded_like(raw: &[u8], names: &[&str]) -> bool {
    let raw = String::from_utf8_lossy(raw);
    // A string that cannot be decoded is compared as it is written.
    let name = unquoted(&format!("\"{raw}\"")).unwrap_or_else(|| raw.into());
    is_confusable(&name, names.iter().copied())
}
