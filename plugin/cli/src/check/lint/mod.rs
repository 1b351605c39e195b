//! Warnings and notes about a policy that every gateway accepts.
//!
//! A warning is for a policy that may differ from its author's intent; other facts are notes. It never reports an error.

mod approval;
mod counters;
mod entry;
mod foreign_name;
mod grant;
mod header;
mod issuer;
mod limit;
mod list_claim;
mod list_text;
mod listed;
mod member;
mod names;
mod never;
mod overlap;
mod pin;
mod replay;
mod rule_set;
mod secret;
mod server;
mod unreachable;
mod value;

use super::diagnostic::Diagnostic;
use super::tool_index::ToolIndex;
use mcp_policy::document::Value;
use mcp_policy::host::Policy;

/// Every warning and note about a policy.
/// `now` is the time by which grants have expired, in seconds since 1970.
pub(super) fn all(
    policy: &Policy,
    root: Value<'_>,
    tools: Option<&ToolIndex>,
    now: Option<u64>,
) -> Vec<Diagnostic> {
    let mut found = unreachable::all(policy, root);
    found.extend(approval::all(root));
    found.extend(counters::all(policy, root));
    found.extend(foreign_name::all(root));
    found.extend(grant::all(root, now));
    found.extend(header::all(root));
    found.extend(issuer::all(root));
    found.extend(limit::all(policy, root));
    found.extend(list_claim::all(root));
    found.extend(list_text::all(root));
    found.extend(never::all(root));
    found.extend(overlap::all(policy, root));
    found.extend(pin::all(root));
    found.extend(replay::all(root));
    found.extend(secret::all(root));
    found.extend(server::all(root));
    found.extend(value::all(root));
    found.extend(tools.into_iter().flat_map(|tools| listed::all(root, tools)));
    found
}
