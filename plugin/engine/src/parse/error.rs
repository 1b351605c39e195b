//! Describes a mistake in a policy in a line that its author can act on: the place, the value found, and the text to
//! write instead.
//!
//! It never names a Rust type and never stops at the first mistake: [`Policy::parse`](crate::host::Policy::parse) returns all.

use super::protobuf;
use crate::words::json;
use crate::words::json::JsonFault;
use crate::words::text::one_line;
use std::fmt;

/// One mistake in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The place as a JSON Pointer (RFC 6901) into the document, with invisible characters escaped as in JSON. Empty
    /// for the document itself.
    pub at: String,
    /// The kind of mistake.
    pub problem: Problem,
}

/// The kinds of mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The document is not one strict JSON text.
    Json {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault in characters, from 1.
        column: usize,
        /// The fault.
        fault: JsonFault,
    },
    /// A key that the language does not have.
    UnknownKey {
        /// The unknown key, clipped to 64 characters.
        key: String,
        /// The known key that was probably meant.
        near: Option<&'static str>,
        /// The keys that are valid there.
        known: Vec<&'static str>,
    },
    /// A key or value of the language that this build cannot enforce and therefore refuses.
    Unsupported(String),
    /// A required key that is absent.
    MissingKey(&'static str),
    /// A key that is invalid as such, or that cannot have any value there.
    InvalidKey {
        /// A description of the key, or its value, clipped.
        found: String,
        /// A description of a valid key, or of the remedy.
        write: String,
    },
    /// An invalid value.
    InvalidValue {
        /// A description of the value, clipped.
        found: String,
        /// A description of a valid value.
        write: String,
    },
}

impl PolicyError {
    pub(crate) fn json(text: &[u8], error: &json::Error) -> Self {
        let before = String::from_utf8_lossy(text.get(..error.at).unwrap_or_default());
        let line = before.matches('\n').count().saturating_add(1);
        let column = before
            .chars()
            .rev()
            .take_while(|&c| c != '\n')
            .count()
            .saturating_add(1);
        let fault = error.fault.clone();
        Self {
            at: String::new(),
            problem: Problem::Json {
                line,
                column,
                fault,
            },
        }
    }

    /// The error for a host that hands over the policy as a protobuf `Struct` instead of a text.
    pub(super) fn protobuf() -> Self {
        Self {
            at: String::new(),
            problem: Problem::InvalidValue {
                found: "a google.protobuf.Struct, not text".into(),
                write: protobuf::WRITE.into(),
            },
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() {
            "the document"
        } else {
            &self.at
        };
        write!(f, "{at}: {}", self.problem)
    }
}

impl std::error::Error for PolicyError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json {
                line,
                column,
                fault,
            } => write!(f, "line {line}, column {column}: {fault}"),
            Self::UnknownKey {
                key,
                near: Some(near),
                ..
            } => write!(f, "unknown key `{}`, did you mean `{near}`?", one_line(key)),
            Self::UnknownKey {
                key,
                near: None,
                known,
            } => {
                let known = known.join(", ");
                write!(f, "unknown key `{}`; write one of {known}", one_line(key))
            }
            Self::Unsupported(what) => {
                write!(
                    f,
                    "`{}` belongs to the policy language, but this version cannot enforce it yet; remove it",
                    one_line(what)
                )
            }
            Self::MissingKey(key) => write!(f, "the key `{key}` is missing"),
            Self::InvalidKey { found, write } | Self::InvalidValue { found, write } => {
                write!(f, "found {}; write {}", one_line(found), one_line(write))
            }
        }
    }
}
