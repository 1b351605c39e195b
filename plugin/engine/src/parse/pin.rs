//! The `pin` of a tool as the policy writes it: by what its definition is known.
//!
//! It looks at no definition; `decide` does.

use super::error::Problem;
use super::walk::{At, Walk};
use crate::json::Value;
use crate::read::Digest;

/// By what a tool's definition is known to be the one that was reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    Digest(Digest),
    /// It is the first that was seen in the life of the process.
    FirstUse,
}

const WRITE_PIN: &str =
    r#""sha256:" and 64 hexadecimal digits, as `mcp-policy pin` writes it, or "first_use""#;

impl Walk {
    pub(super) fn pin(&mut self, at: &At<'_>, key: &str, value: Value<'_>) -> Option<Pin> {
        let text = value.string();
        let pin = match text.as_deref() {
            Some("first_use") => Some(Pin::FirstUse),
            Some(text) => Digest::parse(text).map(Pin::Digest),
            None => None,
        };
        if pin.is_none() {
            self.unfit(at, value, WRITE_PIN);
        }
        if key.ends_with('*') {
            let found = format!("a pin on the prefix `{key}`");
            let write = "an entry for each tool: a pin is of one definition".into();
            self.error(at, Problem::Unfit { found, write });
        }
        pin
    }
}
