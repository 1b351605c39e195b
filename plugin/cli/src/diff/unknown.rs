//! What the conditions and schemas of a policy read and a line did not record.
//!
//! It never takes an unknown value for an absent one.

use super::call::Call;
use super::parties;
use crate::rule_set_pointer::within_set;
use mcp_policy::trace::{ConditionTrace, Truth};
use serde_json::Value as Json;

/// The path of a value that was not recorded, where no term of the group settles the rule without it.
pub(super) fn condition(
    policy: &Json,
    call: &Call,
    rule: &str,
    conditions: &[ConditionTrace],
) -> Option<String> {
    let unknown = |one: &ConditionTrace| {
        let mut paths = [&one.path].into_iter().chain(&one.others);
        paths.find_map(|path| value(policy, call, path))
    };
    let mut found = None;
    for term in conditions.chunk_by(is_same_term) {
        // One alternative that is known to hold settles a term, and one term that is known not to hold settles a group.
        let holds = |one: &ConditionTrace| one.truth == Truth::True;
        let mut known = term.iter().filter(|one| unknown(one).is_none());
        let is_known_to_hold = known.any(holds);
        match term.iter().find_map(unknown).filter(|_| !is_known_to_hold) {
            Some(path) => found = found.or(Some(path)),
            None if settles(rule, term) => return None,
            None => {}
        }
    }
    found
}

fn is_same_term(one: &ConditionTrace, other: &ConditionTrace) -> bool {
    one.any.is_some() && one.any == other.any
}

/// Whether a term, whose conditions are known, settles the rule whatever the others are.
fn settles(rule: &str, term: &[ConditionTrace]) -> bool {
    let mut conditions = term.iter();
    match is_one_enough(rule) {
        true => conditions.all(|one| one.truth == Truth::False),
        false => conditions.all(|one| one.truth != Truth::True),
    }
}

/// Whether a group refuses only where all of its conditions hold or are unknown.
fn is_one_enough(rule: &str) -> bool {
    rule.contains("/deny_if/") || rule.ends_with("/require_approval")
}

/// The path and why its value is unknown; `None` for a known one.
fn value(policy: &Json, call: &Call, path: &str) -> Option<String> {
    let unrecorded = Some("which was not recorded");
    let why = match path {
        "grant" => unrecorded.filter(|_| call.caller.is_none()),
        "time.hour" | "time.weekday" | "time.unix" => unrecorded.filter(|_| call.at.is_none()),
        "tool" | "prompt" | "uri" | "method" | "server" => None,
        path => {
            let decoded = is_decoded_otherwise(policy, call, path);
            let unknown = call.recorded.unknown(path);
            unknown.or_else(|| unrecorded.filter(|_| decoded))
        }
    };
    why.map(|why| format!("{path}, {why}"))
}

/// The log has the JSON of a header, and this policy reads its text.
pub(super) fn is_decoded_otherwise(policy: &Json, call: &Call, path: &str) -> bool {
    let value = call.recorded.fact(path).flatten();
    let header = path.strip_prefix("header.");
    header.zip(value).is_some_and(|(header, value)| {
        parties::text(value).is_none() && !reads_as_json(policy, header)
    })
}

/// Whether the fact of this name is unknown to the policy.
pub(super) fn fact(policy: &Json, call: &Call, name: &str) -> bool {
    call.recorded.unknown(name).is_some() || is_decoded_otherwise(policy, call, name)
}

/// Why a schema is not decided, whose message must repeat arguments in headers.
pub(super) fn mirrors(policy: &Json, call: &Call, rule: &str) -> Option<String> {
    let is_schema = within_set(rule).ends_with("/schema") && call.decision.is_some();
    let schema = policy.pointer(rule).filter(|_| is_schema)?;
    let repeats = schema.to_string().contains("\"x-mcp-header\"");
    repeats.then(|| format!("{rule} reads headers, which were not recorded"))
}

/// Whether a policy reads a header as JSON in base64.
fn reads_as_json(policy: &Json, header: &str) -> bool {
    let trusted = policy.pointer("/identity/trusted_headers");
    let mut trusted = trusted.and_then(Json::as_array).into_iter().flatten();
    trusted.any(|trusted| {
        let name = trusted.get("header").and_then(Json::as_str);
        name.is_some_and(|name| name.eq_ignore_ascii_case(header))
    })
}
