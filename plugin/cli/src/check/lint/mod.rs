//! What a policy's author should think about, though every gateway accepts the policy.
//!
//! A warning is worth its line only where the policy may do something else than it seems to; what is merely good to know
//! is a note.

mod entry;
mod header;
mod limit;
mod listed;
mod member;
mod names;
mod pin;
mod unreachable;
mod value;

use super::diagnostic::Diagnostic;
use super::tool_index::ToolIndex;
use mcp_policy::{Policy, Value};

/// Every warning and note about a policy.
pub(super) fn all(policy: &Policy, root: Value<'_>, tools: Option<&ToolIndex>) -> Vec<Diagnostic> {
    let mut found = unreachable::all(policy, root);
    found.extend(header::all(root));
    found.extend(limit::all(policy, root));
    found.extend(pin::all(root));
    found.extend(value::all(root));
    found.extend(tools.into_iter().flat_map(|tools| listed::all(root, tools)));
    found
}
