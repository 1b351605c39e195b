//! Grants and policies that admit no call, although nothing says that they are meant to, and callers without a credential.
//!
//! It never reads the digest of a token.

use super::member::text;
use super::rule_set::{RuleSet, members};
use crate::check::diagnostic::Diagnostic;
use crate::rule_set_pointer::of_policy;
use mcp_policy::document::Value;
use std::collections::BTreeSet;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `now` is the present time in seconds since 1970; without one, no grant has expired.
pub(super) fn all(root: Value<'_>, now: Option<u64>) -> Vec<Diagnostic> {
    let found = [
        without_policy(root),
        now.and_then(|now| expired(root, now)),
        unused_policies(root),
        anonymous(root),
    ];
    found.into_iter().flatten().collect()
}

fn without_policy(root: Value<'_>) -> Option<Diagnostic> {
    let grants = members(root, "grants");
    let refused =
        grants.filter(|grant| grant.value.get("policy").is_none() && !is_revoked(grant.value));
    Diagnostic::once(refused.map(|grant| grant.at), |at| {
        let message = "this caller is always refused, because its grant has no `policy`";
        let help =
            "write `\"policy\": \"main\"`, or `\"revoked\": true` where the refusal is meant";
        Diagnostic::warning("grant-without-policy", at, message).help(help)
    })
}

pub(super) fn is_revoked(grant: Value<'_>) -> bool {
    grant.get("revoked").and_then(Value::bool) == Some(true)
}

fn expired(root: Value<'_>, now: u64) -> Option<Diagnostic> {
    let is_over = |grant: &RuleSet<'_>| {
        let time = OffsetDateTime::parse(&text(grant.value, "expires"), &Rfc3339);
        time.is_ok_and(|time| i128::from(now) >= i128::from(time.unix_timestamp()))
    };
    let grants = members(root, "grants").filter(|grant| !is_revoked(grant.value));
    let places = grants
        .filter(is_over)
        .map(|grant| format!("{}/expires", grant.at));
    Diagnostic::once(places, |at| {
        let message = "this time is over: the caller is refused since then";
        Diagnostic::warning("expired-grant", at, message)
            .help("write a later time, or remove the grant")
    })
}

/// Policies that no grant and no server names.
fn unused_policies(root: Value<'_>) -> Option<Diagnostic> {
    let named = ["grants", "servers"].into_iter();
    let named = named.flat_map(|place| members(root, place));
    let named: BTreeSet<_> = named
        .map(|of| of_policy(&text(of.value, "policy")))
        .collect();
    let unused = members(root, "policies").filter(|policy| !named.contains(&policy.at));
    // Without grants, the rules at the top are those of all callers.
    let main = root
        .get("tools")
        .filter(|_| root.get("grants").is_some() && !named.contains(""));
    let main = main.map(|_| "/tools".to_owned()).into_iter();
    Diagnostic::once(unused.map(|policy| policy.at).chain(main), |at| {
        let message = "these rules never apply: no grant and no server names this policy";
        let help = "name it in `policy` of a grant or a server, or remove it";
        Diagnostic::warning("unused-policy", at, message)
            .on_name()
            .help(help)
    })
}

/// Callers without a credential share one count, and every caller may be one of them.
fn anonymous(root: Value<'_>) -> Option<Diagnostic> {
    let is_true = |value: Option<Value<'_>>| value.and_then(Value::bool) == Some(true);
    let identity = root
        .get("identity")
        .and_then(|identity| identity.get("anonymous"));
    let identity = is_true(identity).then(|| "/identity/anonymous".to_owned());
    let grants = members(root, "grants").filter(|grant| {
        let matched = grant.value.get("match");
        is_true(matched.and_then(|matched| matched.get("anonymous")))
    });
    let grants = grants.map(|grant| format!("{}/match/anonymous", grant.at));
    Diagnostic::once(identity.into_iter().chain(grants), |at| {
        let message = "all callers without a credential share one count, and any caller can leave out its credential: it has that count beside its own";
        Diagnostic::note("anonymous-quota", at, message)
    })
}
