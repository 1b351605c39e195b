//! Limits that bound less than they seem to.
//!
//! It never warns of a limit for sessions with a limit across sessions beside it.

use super::entry::Rules;
use super::member::{text, texts};
use super::rule_set::{RuleSet, rule_sets, rules};
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::Value;
use mcp_policy::host::{Policy, Window};
use std::collections::BTreeSet;

pub(super) fn all(policy: &Policy, root: Value<'_>) -> Vec<Diagnostic> {
    // Where a service counts, `counters` tells which limits it leaves to the gateways.
    let alone = policy.shared_limits().is_none();
    let resets = policy.limits().into_iter();
    let resets = resets.filter(|limit| alone && is_long(limit.window));
    let resets = Diagnostic::once(resets.map(|limit| limit.pointer), |at| {
        let message = "counts live in the gateway's process: a restart resets them to 0, and two gateways count separately";
        Diagnostic::note("counts-restart", at, message)
    });
    let answers = Diagnostic::once(refunds_by_answers(root), |at| {
        let message = "this refund trusts the server's answers: without sessions, a server that mixes up the answers of two connections causes refunds that are not due";
        Diagnostic::note("refund-by-answers", at, message)
    });
    let longest = Diagnostic::once(running(root), |at| {
        let message = "a call that lasts longer than `for` (default `10m`) is no longer counted, and runs on beside others";
        Diagnostic::note("longest-call", at, message)
            .help("keep the timeout of the gateway's route below `for`")
    });
    let bounded: BTreeSet<_> = rule_sets(root)
        .filter(bounds_all_tools)
        .map(|set| set.at)
        .collect();
    let sessions = rule_sets(root).flat_map(|set| sessions(&set, &bounded));
    let facts = resets.into_iter().chain(answers).chain(longest);
    sessions.chain(facts).collect()
}

fn is_long(window: Window) -> bool {
    const HOUR: u64 = 3600;
    match window {
        Window::Seconds(seconds) | Window::Sliding(seconds) => seconds >= HOUR,
        Window::Week | Window::Month => true,
        Window::Running(_) | Window::Extending(_) => false,
    }
}

/// Some limit of these rules counts sessions together.
fn is_bounded(rules: &Rules<'_>) -> bool {
    rules.limits().any(|limit| !counts_chosen(&limit))
}

/// Some limit for all tools counts sessions together.
fn bounds_all_tools(set: &RuleSet<'_>) -> bool {
    set.rules()
        .any(|rules| rules.entry.is_none() && is_bounded(&rules))
}

/// Limits for each session, where nothing bounds how many sessions a client opens. `bounded` are the sets with a limit for
/// all tools across sessions.
fn sessions(set: &RuleSet<'_>, bounded: &BTreeSet<String>) -> Vec<Diagnostic> {
    let tools_bounded =
        bounded.contains(&set.at) || set.beside().is_some_and(|at| bounded.contains(&at));
    let is_tool = |rules: &Rules<'_>| {
        let section = rules.entry.as_ref().map(|entry| entry.section);
        section.is_none_or(|section| section == "tools")
    };
    let open = set
        .rules()
        .filter(|rules| !(tools_bounded && is_tool(rules) || is_bounded(rules)));
    let limits = open.flat_map(|rules| rules.limits().collect::<Vec<_>>());
    limits
        .filter(counts_chosen)
        .map(|(at, limit)| match counts_sessions(&(at.clone(), limit)) {
            true => session_scope(at),
            false => argument_scope(at, &limit),
        })
        .collect()
}

/// A limit for each value of an argument, which the caller chooses.
fn argument_scope(at: String, limit: &Value<'_>) -> Diagnostic {
    let by_grant = texts(limit.get("scope"))
        .iter()
        .any(|scope| scope == "grant");
    let (message, help) = match by_grant {
        true => (
            "this limit counts per value of an argument, and a client can send any number of values",
            "add a limit that counts per grant alone: { \"counter\": \"…\", \"window\": …, \"max\": … }",
        ),
        false => (
            "this limit counts per value of an argument for all callers together: one caller can use it up for the others",
            "write \"scope\": [\"grant\", \"args.…\"], and a limit that counts per grant alone beside it",
        ),
    };
    Diagnostic::warning("argument-scope", at, message).help(help)
}

/// The client can choose the subjects that the limit counts apart: sessions, or values of an argument.
fn counts_chosen(limit: &(String, Value<'_>)) -> bool {
    let scope = texts(limit.1.get("scope"));
    let by_argument = scope.iter().any(|scope| scope.starts_with("args"));
    by_argument || counts_sessions(limit)
}

fn session_scope(at: String) -> Diagnostic {
    let message = "this limit counts per session, and a client can open any number of sessions";
    let help = "add a limit that counts per grant: { \"counter\": \"…\", \"window\": …, \"max\": …, \"scope\": \"grant\" }";
    Diagnostic::warning("session-scope", at, message).help(help)
}

/// A limit with its JSON Pointer counts each session apart. A `rate_limit` does where it has no scope.
fn counts_sessions((at, limit): &(String, Value<'_>)) -> bool {
    let scope = limit.get("scope");
    let by_default = at.ends_with("/rate_limit") && scope.is_none();
    by_default || texts(scope).iter().any(|scope| scope == "session")
}

/// The limits of calls under way.
fn running(root: Value<'_>) -> Vec<String> {
    let limits = rules(root).flat_map(|rules| rules.limits().collect::<Vec<_>>());
    let running = limits.filter(|(_, limit)| text(*limit, "window") == "running");
    running.map(|(at, _)| format!("{at}/window")).collect()
}

/// The refunds that depend on the server's answer.
fn refunds_by_answers(root: Value<'_>) -> Vec<String> {
    let limits = rules(root).flat_map(|rules| rules.limits().collect::<Vec<_>>());
    let refunds = limits.filter(|(_, limit)| text(*limit, "refund").starts_with("on_"));
    refunds.map(|(at, _)| format!("{at}/refund")).collect()
}
