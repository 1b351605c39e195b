//! Distinguishes errors about a key from errors about a value, so that the right one is underlined.
//!
//! It never reads the policy: the place and the sentence of an error suffice.

use crate::source_map::pointer_token;
use mcp_policy::host::{PolicyError, Problem};

/// Whether an error is about the key at its place, not about the value there.
pub(super) fn is_key(error: &PolicyError) -> bool {
    match &error.problem {
        Problem::UnknownKey { .. } | Problem::MissingKey(_) => true,
        Problem::Unsupported(what) => is_last(&error.at, what),
        Problem::InvalidValue { found, write } => {
            names_key(&error.at, found) || misplaces_key(write) || is_pattern(&error.at, write)
        }
        Problem::Json { .. } => false,
    }
}

fn is_last(at: &str, key: &str) -> bool {
    at.rsplit('/').next() == Some(&*pointer_token(key))
}

/// `found` is a key, a method or another name, or a key of another version of JSON Schema.
fn names_key(at: &str, found: &str) -> bool {
    let named = [
        "the key `",
        "the method `",
        "this name ",
        "a pin on the prefix ",
    ];
    let other_version = found
        .strip_prefix('`')
        .and_then(|found| found.split_once("`, which "))
        .is_some_and(|(key, _)| is_last(at, key));
    other_version || named.iter().any(|start| found.starts_with(start))
}

/// The key cannot be there, with any value.
fn misplaces_key(write: &str) -> bool {
    let misplaced = [
        "nothing",
        "one of `identity` and `grants`",
        "a reason only beside ",
        "it at the schema's root ",
        "`$ref` alone",
    ];
    misplaced.iter().any(|start| write.starts_with(start))
}

/// A key of `patternProperties` is an expression.
fn is_pattern(at: &str, write: &str) -> bool {
    let mut steps = at.rsplit('/').skip(1);
    let is_key = steps.next() == Some("patternProperties") && steps.next() != Some("properties");
    is_key && write.contains("regular expression")
}
