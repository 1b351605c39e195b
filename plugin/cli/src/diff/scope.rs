//! What the limits and sequences of a policy count apart, and whether a log recorded it.
//!
//! It counts nothing.

use super::call::Call;
use super::unknown;
use crate::name_patterns::matches;
use crate::rule_set_pointer::of_policy;
use mcp_policy::document::Star;
use serde_json::Value as Json;

/// The scopes of a limit or a sequence, with the default where none is written.
pub(super) fn of<'p>(policy: &'p Json, rule: &str) -> Vec<&'p str> {
    let value = policy.pointer(rule);
    let is_written = value.is_some_and(|value| value.get("scope").is_some());
    match value {
        Some(value) if is_written => written(value),
        _ if rule.ends_with("/rate_limit") => vec!["session"],
        _ => vec!["grant"],
    }
}

/// The scopes that a rule writes; its grant where it writes none.
pub(super) fn written(rule: &Json) -> Vec<&str> {
    let Some(scope) = rule.get("scope") else {
        return vec!["grant"];
    };
    let one = std::slice::from_ref(scope);
    let scopes = scope.as_array().map_or(one, Vec::as_slice);
    scopes.iter().filter_map(Json::as_str).collect()
}

/// Each caller is counted apart.
pub(super) fn is_own(scopes: &[&str]) -> bool {
    scopes
        .iter()
        .any(|scope| matches!(*scope, "grant" | "session"))
}

/// The one subject that a call is counted for by these scopes; `None` where it is not certain.
pub(super) fn subject(scopes: &[&str], call: &Call, policy: &Json) -> Option<String> {
    let parts = scopes.iter().map(|scope| {
        is_known(scope, call, policy).then_some(())?;
        let recorded = |name: &str| Some(call.recorded.value(name)?.unwrap_or_default());
        match *scope {
            "grant" => call.caller.clone(),
            "server" => Some(call.server.clone().unwrap_or_default()),
            "global" => Some(String::new()),
            "session" => {
                let session = call.recorded.value("session").flatten();
                Some(session.unwrap_or_default() + call.caller.as_deref()?)
            }
            // Addresses of one network are counted together, in IPv6.
            "ip" => Some(recorded("ip")?).map(|ip| if ip.contains(':') { "::".into() } else { ip }),
            scope => match (scope.strip_prefix("header:"), scope.strip_prefix("claim:")) {
                (Some(header), _) => recorded(&format!("header.{}", header.to_ascii_lowercase())),
                (None, claim) => recorded(&claim_path(claim?)),
            },
        }
    });
    let parts: Option<Vec<_>> = parts.collect();
    Some(Json::from(parts?).to_string())
}

/// Whether the log has what the scope counts apart. A message alone has no session.
pub(super) fn is_known(scope: &str, call: &Call, policy: &Json) -> bool {
    let recorded = |name: &str| !unknown::fact(policy, call, name);
    match scope {
        "grant" | "server" | "global" => true,
        "session" => call.decision.is_none() || recorded("session"),
        "ip" => recorded("ip"),
        scope => match (scope.strip_prefix("header:"), scope.strip_prefix("claim:")) {
            (Some(header), _) => recorded(&format!("header.{}", header.to_ascii_lowercase())),
            (None, Some(claim)) => recorded(&claim_path(claim)) && knows_issuer(call, policy),
            (None, None) => false,
        },
    }
}

/// The path by which conditions read a claim.
pub(super) fn claim_path(claim: &str) -> String {
    let dot = if claim.starts_with('[') { "" } else { "." };
    format!("identity{dot}{claim}")
}

/// A claim is counted with the issuer of its token.
fn knows_issuer(call: &Call, policy: &Json) -> bool {
    let issuers = policy.pointer("/identity/issuers").and_then(Json::as_array);
    let is_one = issuers.is_some_and(|issuers| issuers.len() == 1);
    is_one || call.recorded.unknown("identity.iss").is_none()
}

/// All sequences of a policy, each with its JSON Pointer.
pub(super) fn sequences(policy: &Json) -> Vec<(String, &Json)> {
    let sets = policy.get("policies").and_then(Json::as_object);
    let sets = sets.into_iter().flatten();
    let sets = sets.map(|(name, set)| (of_policy(name), set));
    let mut sequences = Vec::new();
    for (at, set) in [(String::new(), policy)].into_iter().chain(sets) {
        let list = set.get("sequence").and_then(Json::as_array);
        let list = list.into_iter().flatten().enumerate();
        sequences.extend(list.map(|(place, one)| (format!("{at}/sequence/{place}"), one)));
    }
    sequences
}

/// Whether calls of this name mark a sequence.
pub(super) fn marks(sequence: &Json, name: Option<&str>) -> bool {
    let after = sequence.get("after").and_then(Json::as_array);
    let mut after = after.into_iter().flatten().filter_map(Json::as_str);
    let name = name.unwrap_or_default();
    after.any(|own| matches(own, name, Star::Any))
}
