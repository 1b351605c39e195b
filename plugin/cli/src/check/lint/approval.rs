//! Approvals that no person can give, that a caller may give itself, or that nobody asks for.
//!
//! It never judges who is trusted: it compares the facts that prove approvers with those that prove callers.

use super::member::{text, texts};
use super::rule_set::{RuleSet, members, rule_sets};
use crate::check::diagnostic::Diagnostic;
use crate::rule_set_pointer::of_policy;
use crate::source_map::pointer_token;
use mcp_policy::document::Value;
use std::collections::BTreeSet;

/// A rule that asks for an approval.
struct Asking<'a> {
    at: String,
    /// The JSON Pointer of its rule set.
    set: String,
    /// The rule itself; `None` for an action and for a limit.
    rule: Option<Value<'a>>,
}

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    let Some(approvals) = root.get("approvals") else {
        return Vec::new();
    };
    let asking: Vec<_> = rule_sets(root).flat_map(|set| asking(&set)).collect();
    if asking.is_empty() {
        let message = "no rule asks for an approval";
        let help =
            "write `require_approval` in an entry of a tool, or `\"over\": \"approve\"` in a limit";
        let found = Diagnostic::warning("unused-approvals", "/approvals", message);
        return vec![found.on_name().help(help)];
    }
    let mut found = Vec::new();
    // Only a service knows its approvers.
    if approvals.get("service").is_none() {
        let own = |one| own_callers(root, approvals, one);
        found.extend(asking.iter().filter_map(own));
        found.extend(unnamed(approvals, &asking));
    }
    found.extend(anonymous(root));
    found.extend(short(approvals, &asking));
    found.extend(unencrypted(approvals));
    found.extend(open_requests(root));
    found
}

/// The rules of a set that ask for an approval.
fn asking<'a>(set: &RuleSet<'a>) -> Vec<Asking<'a>> {
    let mut found = Vec::new();
    for rules in set.rules() {
        let mut add = |at: String, rule| {
            found.push(Asking {
                at,
                set: set.at.clone(),
                rule,
            });
        };
        let rule = rules.value.get("require_approval");
        match rule {
            Some(_) => add(format!("{}/require_approval", rules.at), rule),
            None if text(rules.value, "action") == "require_approval" => {
                add(format!("{}/action", rules.at), None);
            }
            None => {}
        }
        let over = rules.limits();
        for (at, _) in over.filter(|(_, limit)| limit.get("over").is_some()) {
            add(format!("{at}/over"), None);
        }
    }
    found
}

impl<'a> Asking<'a> {
    /// The approvers that the rule names; empty where all may decide.
    fn names(&self) -> BTreeSet<String> {
        let names = texts(self.rule.and_then(|rule| rule.get("approvers")));
        names.into_iter().map(Into::into).collect()
    }

    /// The approvers who may decide, each with what proves them.
    fn approvers(&self, approvals: Value<'a>) -> Vec<Value<'a>> {
        let names = self.names();
        let all = approvals.get("approvers");
        let all = all.into_iter().flat_map(Value::members);
        all.filter(|(name, _)| names.is_empty() || names.contains(&**name))
            .map(|(_, proofs)| proofs)
            .collect()
    }
}

/// Approvers that no rule names, where every rule names some.
fn unnamed(approvals: Value<'_>, asking: &[Asking<'_>]) -> Option<Diagnostic> {
    let names: Vec<_> = asking.iter().map(Asking::names).collect();
    if names.iter().any(BTreeSet::is_empty) {
        return None;
    }
    let all = approvals.get("approvers");
    let all = all.into_iter().flat_map(Value::members);
    let unnamed = all.filter(|(name, _)| !names.iter().any(|names| names.contains(&**name)));
    let places = unnamed.map(|(name, _)| format!("/approvals/approvers/{}", pointer_token(&name)));
    Diagnostic::once(places, |at| {
        let message =
            "no rule names these approvers, and every rule names others: they decide nothing";
        let help = "name them in `approvers` of a rule, or remove them";
        Diagnostic::warning("unused-approver", at, message)
            .on_name()
            .help(help)
    })
}

/// Every person who may decide is the caller, so that nobody can approve.
fn own_callers(root: Value<'_>, approvals: Value<'_>, asking: &Asking<'_>) -> Option<Diagnostic> {
    let approvers = asking.approvers(approvals);
    let is_of_set = |grant: &RuleSet<'_>| {
        grant.at == asking.set || of_policy(&text(grant.value, "policy")) == asking.set
    };
    let alone = |grant: &RuleSet<'_>| {
        let facts = facts(grant.value.get("match"));
        !facts.is_empty()
            && approvers
                .iter()
                .all(|proofs| facts.is_subset(&self::facts(Some(*proofs))))
    };
    let grant = members(root, "grants").find(|grant| is_of_set(grant) && alone(grant))?;
    let message = format!(
        "nobody can approve the calls of {}: whoever may decide is this caller, and no caller decides its own calls",
        grant.at
    );
    let help = "name approvers by facts that this caller does not have";
    Some(Diagnostic::warning("own-approver", &asking.at, message).help(help))
}

/// The texts that prove somebody; empty where other facts are required too.
fn facts(of: Option<Value<'_>>) -> BTreeSet<(String, String, String)> {
    let mut facts = BTreeSet::new();
    for (kind, texts) in of.into_iter().flat_map(Value::members) {
        if kind != "claim" && kind != "mtls" {
            return BTreeSet::new();
        }
        for (name, text) in texts.members() {
            let text = text.string().unwrap_or_default();
            facts.insert((kind.to_string(), name.to_string(), text.to_string()));
        }
    }
    facts
}

/// Callers that nobody tells apart.
fn anonymous(root: Value<'_>) -> Option<Diagnostic> {
    let is_true = |value: Option<Value<'_>>| value.and_then(Value::bool) == Some(true);
    let identity = root.get("identity");
    let named = is_true(identity.and_then(|identity| identity.get("anonymous")));
    let nobody = (identity.is_none() && root.get("grants").is_none()).then_some("/approvals");
    let named = named.then_some("/identity/anonymous").or(nobody);
    let grants = members(root, "grants").filter(|grant| {
        let matched = grant.value.get("match");
        is_true(matched.and_then(|matched| matched.get("anonymous")))
    });
    let grants = grants.map(|grant| format!("{}/match/anonymous", grant.at));
    Diagnostic::once(named.map(Into::into).into_iter().chain(grants), |at| {
        let message = "callers without an identity are one caller: what a person approves for one of them passes for any, and an approver may be the caller";
        let help = "identify callers that need approvals, by `identity` or by `grants`";
        Diagnostic::warning("anonymous-approvals", at, message).help(help)
    })
}

/// The shortest time in which a person decides, in seconds.
const SHORTEST: u64 = 120;

fn short(approvals: Value<'_>, asking: &[Asking<'_>]) -> Option<Diagnostic> {
    let rules = asking.iter();
    let rules = rules.filter_map(|one| Some((one.at.clone(), one.rule?)));
    let all = [("/approvals".to_owned(), approvals)]
        .into_iter()
        .chain(rules);
    let short = all.filter(|(_, of)| {
        let ttl = of.get("ttl");
        let text = ttl.map(|ttl| ttl.string().unwrap_or_else(|| ttl.raw().into()));
        let seconds = text.and_then(|text| seconds(&text));
        seconds.is_some_and(|seconds| seconds < SHORTEST)
    });
    Diagnostic::once(short.map(|(at, _)| format!("{at}/ttl")), |at| {
        let message = "within this time a person has to see the call, read it and decide, and the caller has to repeat it";
        let help = "write at least \"2m\"; the default is \"15m\"";
        Diagnostic::warning("short-approval", at, message).help(help)
    })
}

/// The seconds of a short duration; `None` for one of minutes and more.
fn seconds(text: &str) -> Option<u64> {
    match text {
        "minute" | "1m" => Some(60),
        text => text.strip_suffix('s').unwrap_or(text).parse().ok(),
    }
}

fn unencrypted(approvals: Value<'_>) -> Option<Diagnostic> {
    let url = text(approvals, "url");
    let rest = url.strip_prefix("http://")?;
    let host = rest.split('/').next().unwrap_or_default();
    let own = ["localhost", "127.0.0.1", "[::1]"];
    let is_own = own.iter().any(|own| {
        let port = host.strip_prefix(own);
        port.is_some_and(|port| port.is_empty() || port.starts_with(':'))
    });
    let message =
        "approvers send their credentials to this address, and anyone on the way can read them";
    let found = Diagnostic::warning("unencrypted-page", "/approvals/url", message);
    (!is_own).then(|| found.help("serve the page by TLS, and write `https://`"))
}

fn open_requests(root: Value<'_>) -> Option<Diagnostic> {
    let held = root
        .get("host")
        .and_then(|host| host.get("hold_request_headers"));
    if held.and_then(Value::bool) == Some(true) {
        return None;
    }
    let message = "where the host passes on headers before the decision, a call that waits for a person keeps a request to the server open";
    let help = "in Envoy, write \"hold_request_headers\": true in `host`, and `allow_on_headers_stop_iteration: true` in the plugin's configuration";
    Some(
        Diagnostic::note("waiting-requests", "/approvals", message)
            .on_name()
            .help(help),
    )
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn duration_of_seconds_is_read_in_each_form() {
        for (text, expected) in [
            ("30", Some(30)),
            ("90s", Some(90)),
            ("1m", Some(60)),
            ("minute", Some(60)),
            ("2m", None),
            ("1h", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
