//! Turns the recorded facts about a caller into the caller that a policy knows by them.
//!
//! It decides only where everything that the policy reads was recorded.

use super::call::Call;
use super::parties::with_facts;
use super::scope::claim_path;
use super::unknown::fact;
use mcp_policy::host::Millis;
use mcp_policy_cases::{Runner, Split, Step};
use serde_json::{Map, Value as Json, json};

/// The claim of a token's issuer.
const ISSUER: &str = "identity.iss";

/// Why it is unknown whether a policy accepts the issuer of the caller's token; `None` where that is known.
pub(super) fn unknown_issuer(policy: &Json, call: &Call) -> Option<String> {
    let is_read = policy.pointer("/identity/issuers").is_some();
    let is_unknown = is_read && fact(policy, call, ISSUER);
    is_unknown.then(|| format!("/identity/issuers reads {ISSUER}, which was not recorded"))
}

/// The caller that a policy knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    One(String),
    None,
    /// Several grants match it: it is refused.
    Several,
}

/// The grants that are compared: all of a policy, or those whose `match` is not that of another policy.
pub(super) fn grants_unlike(policy: &Json, other: &Json) -> Map<String, Json> {
    let matched =
        |policy: &Json, name: &str| policy.get("grants")?.get(name)?.get("match").cloned();
    let mut grants = all_grants(policy);
    grants.retain(|name, _| matched(policy, name) != matched(other, name));
    grants
}

pub(super) fn all_grants(policy: &Json) -> Map<String, Json> {
    let grants = policy.get("grants").and_then(Json::as_object);
    grants.cloned().unwrap_or_default()
}

/// The one of these grants that the caller has.
///
/// # Errors
/// What was not recorded.
pub(super) fn granted(
    policy: &Json,
    grants: &Map<String, Json>,
    call: &Call,
) -> Result<Known, String> {
    for (name, grant) in grants {
        let at = format!("/grants/{}/match", crate::source_map::pointer_token(name));
        let unknown = grant
            .get("match")
            .and_then(|own| unrecorded(policy, own, call));
        if let Some(unknown) = unknown {
            return Err(format!("{at} reads {unknown}, which was not recorded"));
        }
    }
    if grants.is_empty() {
        return Ok(Known::None);
    }
    let matches = grants.iter().map(|(name, grant)| {
        let matched = grant.get("match").cloned().unwrap_or_default();
        (name.clone(), json!({ "match": matched, "policy": "main" }))
    });
    let grants: Map<_, _> = matches.collect();
    played(policy, Some(grants.into()), call)
}

/// The caller by `identity.from`, or the anonymous one.
///
/// # Errors
/// What was not recorded.
pub(super) fn identified(policy: &Json, call: &Call) -> Result<Known, String> {
    let from = policy.pointer("/identity/from").and_then(Json::as_array);
    for (place, source) in from.into_iter().flatten().enumerate() {
        let text = |key: &str| source.get(key).and_then(Json::as_str);
        let name = match (text("jwt_claim"), text("header")) {
            (Some(_), _) if fact(policy, call, ISSUER) => Some(ISSUER.into()),
            (Some(claim), _) => Some(claim_path(claim)),
            (None, Some(header)) => Some(format!("header.{}", header.to_ascii_lowercase())),
            (None, None) => None,
        };
        let is_known = name.as_ref().is_some_and(|name| !fact(policy, call, name));
        if !is_known {
            let name = name.unwrap_or_else(|| "a credential".into());
            return Err(format!(
                "/identity/from/{place} reads {name}, which was not recorded"
            ));
        }
    }
    played(policy, None, call)
}

/// What a `match` reads and the line does not hold.
fn unrecorded(policy: &Json, matched: &Json, call: &Call) -> Option<String> {
    let members = matched.as_object()?;
    let names = |kind: &str| {
        let names = members.get(kind).and_then(Json::as_object);
        names.into_iter().flat_map(|names| names.keys().cloned())
    };
    let other = members
        .keys()
        .find(|key| !["claim", "header"].contains(&key.as_str()));
    let claims = names("claim").map(|claim| claim_path(&claim));
    let headers = names("header").map(|name| format!("header.{}", name.to_ascii_lowercase()));
    let mut facts = claims.chain(headers);
    let unknown = facts.find(|name| fact(policy, call, name));
    other.map(|_| "a credential".to_owned()).or(unknown)
}

/// Plays a message under the callers of a policy, without its rules.
fn played(policy: &Json, grants: Option<Json>, call: &Call) -> Result<Known, String> {
    let mut document = Map::new();
    document.insert("version".into(), json!("1"));
    document.insert("default".into(), json!("allow"));
    let identity = policy.get("identity").cloned();
    document.extend(identity.map(|identity| ("identity".into(), identity)));
    document.extend(grants.map(|grants| ("grants".into(), grants)));
    // Where the issuer is unknown, it was accepted, or the caller would not be asked for.
    let identity = document.get_mut("identity").and_then(Json::as_object_mut);
    if let Some(identity) = identity.filter(|_| fact(policy, call, ISSUER)) {
        identity.remove("issuers");
    }
    let why = || "which caller it is could not be played".to_owned();
    let mut player = Runner::new(Json::from(document).to_string().as_bytes()).map_err(|_| why())?;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let mut step = Step::post(message.to_string().into_bytes());
    with_facts(&mut step, call);
    let played = player.play(&step, Split::Whole, Millis(0))?;
    let line: Json = serde_json::from_str(&played.line).map_err(|_| why())?;
    Ok(
        match (line.get("grant").and_then(Json::as_str), line.get("grants")) {
            (Some(name), _) => Known::One(name.into()),
            (None, Some(_)) => Known::Several,
            (None, None) => Known::None,
        },
    )
}
