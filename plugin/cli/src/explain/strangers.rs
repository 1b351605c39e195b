//! Turns a caller that matches no grant, or several, into lines that say why.
//!
//! It never shows a token: the engine tells it none.

use crate::sanitize::printable;
use mcp_policy::host::{Headers, Policy};
use mcp_policy::trace::{MissedFact, UnmatchedGrant, unmatched_grants};
use mcp_policy_cases::Step;
use serde_json::Value as Json;

/// The nearest grants and the facts that the caller of the request lacks; none where it matches some grant.
pub(super) fn nearest(policy: &[u8], step: &Step) -> Vec<UnmatchedGrant> {
    let policy = Policy::parse(policy).ok();
    let headers = Headers::from_iter(step.headers.iter().map(|(name, value)| (name, value)));
    let nearest = policy.map(|policy| unmatched_grants(&policy, &headers, &step.verified));
    nearest.unwrap_or_default()
}

/// A line for each of the nearest grants, with the facts that differ.
pub(super) fn nearest_text(nearest: &[UnmatchedGrant]) -> String {
    let line = |grant: &UnmatchedGrant| {
        let missed: Vec<_> = grant.missed.iter().map(missed).collect();
        let name = printable(&grant.grant);
        format!("  grant `{name}`: {}\n", missed.join("; "))
    };
    nearest.iter().map(line).collect()
}

fn missed(fact: &MissedFact) -> String {
    let found: Vec<_> = fact.found.iter().map(|text| printable(text)).collect();
    let is = match (&*found, &fact.wanted) {
        ([], _) => "is missing".into(),
        (texts, None) => format!("is {}", texts.join(", ")),
        (texts, Some(_)) => format!("is `{}`", texts.join("`, `")),
    };
    let kind = match fact.is_text {
        true => "",
        false => ", which is no text",
    };
    let wanted = fact.wanted.as_deref().map(printable);
    let wanted = wanted.map(|wanted| format!(", wanted `{wanted}`"));
    let name = printable(&fact.fact);
    format!("{name} {is}{kind}{}", wanted.unwrap_or_default())
}

/// The line that names the grants of a caller that matches several.
pub(super) fn several_text(line: &Json) -> String {
    let names = line.get("grants").and_then(Json::as_array);
    let names = names.into_iter().flatten().filter_map(Json::as_str);
    let names: Vec<_> = names.map(printable).collect();
    match &*names {
        [] => String::new(),
        names => format!("  {:<12} {}\n", "grants", names.join(", ")),
    }
}
