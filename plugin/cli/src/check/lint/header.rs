//! Headers, which a client writes as it likes unless the gateway overwrites them.

use super::{Condition, Finding, conditions, entries, text, texts};
use mcp_policy::Value;

pub(super) fn all(root: Value<'_>) -> Vec<Finding> {
    let vouched = vouched(root);
    let places = vouched.iter().map(|(at, _)| at.clone());
    let reminder = Finding::once(places, |at| {
        let message = "a client can send this header itself: identities are only as good as the gateway that overwrites it";
        let help = "set or remove the header on every route and listener that leads here, before this filter";
        Finding::note("identity-header", at, message).help(help)
    });
    let ours = |name: &str| {
        vouched
            .iter()
            .any(|(_, header)| header.eq_ignore_ascii_case(name))
    };
    let looked_at = conditions(root).filter_map(|condition| condition_on(&condition, ours));
    let counted = scopes(root).into_iter().filter_map(|(at, scope)| {
        let name = scope.strip_prefix("header:").filter(|name| !ours(name))?;
        let message = format!("a client that changes `{name}` is counted anew, unless the gateway sets this header");
        let help = format!("count for the `grant`, or name the header in `identity`: {{ \"header\": \"{name}\", \"set_by_gateway\": true }}");
        Some(Finding::warning("forgeable-scope", at, message).help(help))
    });
    reminder
        .into_iter()
        .chain(looked_at)
        .chain(counted)
        .collect()
}

/// The headers that the operator says the gateway sets.
fn vouched(root: Value<'_>) -> Vec<(String, String)> {
    let from = root
        .get("identity")
        .and_then(|identity| identity.get("from"));
    let sources = from.into_iter().flat_map(Value::elements).enumerate();
    sources
        .filter(|(_, source)| source.get("header").is_some())
        .map(|(index, source)| {
            let at = format!("/identity/from/{index}/header");
            (at, text(source, "header").into_owned())
        })
        .collect()
}

fn condition_on(condition: &Condition<'_>, ours: impl Fn(&str) -> bool) -> Option<Finding> {
    let path = condition.text("path").into_owned();
    let name = path.strip_prefix("header.").filter(|name| !ours(name))?;
    let can = if condition.required {
        "send"
    } else {
        "change or leave out"
    };
    let message =
        format!("a client can {can} `{name}` as it likes, unless the gateway sets this header");
    Some(Finding::warning(
        "forgeable-header",
        format!("{}/path", condition.at),
        message,
    ))
}

/// Every scope that limits and sequences count by.
fn scopes(root: Value<'_>) -> Vec<(String, String)> {
    let all = root
        .get("all_tools")
        .map(|value| ("/all_tools".to_owned(), value));
    let rules = entries(root).map(|entry| (entry.at, entry.value));
    let limits = all.into_iter().chain(rules).flat_map(|(at, value)| {
        let limits = value
            .get("limits")
            .into_iter()
            .flat_map(Value::elements)
            .enumerate();
        let of_list = at.clone();
        let limits = limits.map(move |(index, limit)| (format!("{of_list}/limits/{index}"), limit));
        let rate = value
            .get("rate_limit")
            .map(|rate| (format!("{at}/rate_limit"), rate));
        limits.chain(rate)
    });
    let sequence = root
        .get("sequence")
        .into_iter()
        .flat_map(Value::elements)
        .enumerate();
    let sequence = sequence.map(|(index, rule)| (format!("/sequence/{index}"), rule));
    let scoped = limits.chain(sequence).flat_map(|(at, value)| {
        let texts = texts(value.get("scope")).into_iter();
        texts.map(move |scope| (format!("{at}/scope"), scope.into_owned()))
    });
    scoped.collect()
}
