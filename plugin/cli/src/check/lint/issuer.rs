//! Claims by which callers are told apart, whatever issuer wrote them.
//!
//! It never warns of a source of `identity` or of a scope: those keep the claims of issuers apart.

use super::entry::{Condition, Rules};
use super::member::{self, list, text};
use super::rule_set::{RuleSet, members, rule_sets};
use crate::check::diagnostic::Diagnostic;
use crate::rule_set_pointer::of_policy;
use crate::source_map::pointer_token;
use mcp_policy::document::Value;

pub(super) fn all(root: Value<'_>) -> Option<Diagnostic> {
    let identity = root.get("identity");
    if identity.is_some_and(|identity| identity.get("issuers").is_some()) {
        return None;
    }
    let sets = rule_sets(root).filter(|set| !is_of_one_issuer(root, set));
    let conditions = sets.flat_map(|set| {
        set.rules()
            .flat_map(|rules| conditions(&rules))
            .collect::<Vec<_>>()
    });
    let parties = grants(root).chain(approvers(root));
    Diagnostic::once(parties.chain(conditions), |at| {
        let message = "every issuer whose tokens the gateway accepts can write this claim";
        let help = "list the issuers that may: `\"issuers\": [\"https://…\"]` in `identity`, as `iss` of their tokens has them";
        Diagnostic::warning("any-issuer", at, message).help(help)
    })
}

/// Grants by a claim of any issuer.
fn grants(root: Value<'_>) -> impl Iterator<Item = String> {
    let by_claim = members(root, "grants").filter(|grant| {
        let matched = grant.value.get("match");
        matched.is_some_and(|matched| matched.get("claim").is_some()) && !fixes_issuer(grant)
    });
    by_claim.map(|grant| format!("{}/match/claim", grant.at))
}

/// Approvers by a claim of any issuer.
fn approvers(root: Value<'_>) -> impl Iterator<Item = String> {
    let approvers = root.get("approvals").and_then(|of| of.get("approvers"));
    let approvers = approvers.into_iter().flat_map(Value::members);
    let by_claim = approvers.filter(|(_, proofs)| {
        proofs
            .get("claim")
            .is_some_and(|claims| !names_issuer(claims))
    });
    by_claim.map(|(name, _)| format!("/approvals/approvers/{}/claim", pointer_token(&name)))
}

fn fixes_issuer(grant: &RuleSet<'_>) -> bool {
    let claims = grant
        .value
        .get("match")
        .and_then(|matched| matched.get("claim"));
    claims.is_some_and(names_issuer)
}

fn names_issuer(claims: Value<'_>) -> bool {
    let issuer = text(claims, "iss");
    !issuer.is_empty() && !issuer.contains('*')
}

/// Every caller under these rules has a grant that names its issuer.
fn is_of_one_issuer(root: Value<'_>, set: &RuleSet<'_>) -> bool {
    let applies = |grant: &RuleSet<'_>| {
        grant.at == set.at || of_policy(&text(grant.value, "policy")) == set.at
    };
    let is_of_server =
        members(root, "servers").any(|server| of_policy(&text(server.value, "policy")) == set.at);
    let mut grants = members(root, "grants").filter(applies).peekable();
    !is_of_server && grants.peek().is_some() && grants.all(|grant| fixes_issuer(&grant))
}

/// Conditions on claims, in groups without one on the issuer.
fn conditions(rules: &Rules<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let groups = ["require", "deny_if"].into_iter().flat_map(|key| {
        let groups = list(rules.value, key);
        groups.map(move |(group, value)| (format!("{key}/{group}"), value))
    });
    let approval = rules.value.get("require_approval");
    let approval = approval.map(|value| ("require_approval".to_owned(), value));
    for (group, value) in groups.chain(approval) {
        let tests_issuer = |condition: Value<'_>| text(condition, "path") == "identity.iss";
        let all_test = |(_, term): (usize, Value<'_>)| match term.get("any") {
            Some(any) => any.elements().all(tests_issuer),
            None => tests_issuer(term),
        };
        if list(value, "conditions").any(all_test) {
            continue;
        }
        let at = format!("{}/{group}/conditions", rules.at);
        let conditions = member::conditions(value).map(|(place, value)| Condition {
            required: false,
            at: format!("{at}/{place}"),
            value,
            entry: None,
        });
        let paths = conditions.flat_map(|condition| condition.paths());
        let claims = paths.filter(|(_, path)| path.starts_with("identity"));
        found.extend(claims.map(|(at, _)| at));
    }
    found
}
