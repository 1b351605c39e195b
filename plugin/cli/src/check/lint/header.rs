//! Headers that a client can forge, unless the gateway overwrites them, and the address that Envoy may take from one.
//!
//! It never warns of a header that `identity` names or trusts: that one gets a note.

use super::entry::Condition;
use super::member::{list, text, texts};
use super::rule_set::{conditions, rule_sets, rules};
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::{Kind, Value};

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    let vouched = vouched(root);
    let is_vouched = |name: &str| {
        let mut headers = vouched.iter();
        headers.any(|(_, header)| header.eq_ignore_ascii_case(name))
    };
    let conditions = conditions(root).flat_map(|one| forgeable_headers(&one, is_vouched));
    let addresses = forgeable_address(root);
    let scopes = scopes(root).into_iter();
    let scopes = scopes.filter_map(|(at, scope)| forgeable_scope(at, &scope, is_vouched));
    let places = vouched.iter().map(|(at, _)| at.clone());
    identity_header(places)
        .into_iter()
        .chain(conditions)
        .chain(scopes)
        .chain(addresses)
        .collect()
}

/// A policy does not say how the gateway learns the address, so all uses of it get one warning.
fn forgeable_address(root: Value<'_>) -> Option<Diagnostic> {
    let conditions = conditions(root).flat_map(|condition| condition.paths());
    let conditions = conditions.filter_map(|(at, path)| (path == "ip").then_some(at));
    let scopes = scopes(root).into_iter();
    let scopes = scopes.filter_map(|(at, scope)| (scope == "ip").then_some(at));
    Diagnostic::once(conditions.chain(scopes), |at| {
        let message = "a client can forge `ip` in `x-forwarded-for`, unless Envoy's `use_remote_address` is true";
        let help = "set `use_remote_address: true` in the HTTP connection manager, which is not Envoy's default, and \
            `xff_num_trusted_hops` behind proxies of your own";
        Diagnostic::warning("forgeable-address", at, message).help(help)
    })
}

fn identity_header(places: impl Iterator<Item = String>) -> Option<Diagnostic> {
    Diagnostic::once(places, |at| {
        let message = "a client can send this header itself: an identity is only as reliable as the gateway that overwrites the header";
        let help = "set or remove the header on every route and listener that leads here, before this filter; Envoy's `early_header_mutation_extensions` removes it before all filters, where claim headers of a client pass `jwt_authn` before Envoy 1.40 on paths that no rule matches";
        Diagnostic::note("identity-header", at, message).help(help)
    })
}

fn forgeable_scope(
    at: String,
    scope: &str,
    is_vouched: impl Fn(&str) -> bool,
) -> Option<Diagnostic> {
    let name = scope
        .strip_prefix("header:")
        .filter(|name| !is_vouched(name))?;
    let message = format!(
        "a client gets a new count by changing `{name}`, unless the gateway sets this header"
    );
    let help = format!(
        "count for the `grant`, or, if the gateway overwrites or removes the header on every request, write \"trusted_headers\": [\"{name}\"] in `identity`"
    );
    Some(Diagnostic::warning("forgeable-scope", at, message).help(help))
}

/// The headers that the operator says the gateway sets.
fn vouched(root: Value<'_>) -> Vec<(String, String)> {
    let from = root
        .get("identity")
        .and_then(|identity| identity.get("from"));
    let sources = from.into_iter().flat_map(Value::elements).enumerate();
    let sources = sources
        .filter(|(_, source)| source.get("header").is_some())
        .map(|(index, source)| {
            let at = format!("/identity/from/{index}/header");
            (at, text(source, "header").into_owned())
        });
    let trusted = root.get("identity").into_iter();
    let trusted = trusted.flat_map(|identity| list(identity, "trusted_headers"));
    let trusted = trusted.map(|(index, name)| {
        let at = format!("/identity/trusted_headers/{index}");
        let name = name.get("header").unwrap_or(name);
        (at, name.string().unwrap_or_default().into_owned())
    });
    sources.chain(trusted).collect()
}

fn forgeable_headers(
    condition: &Condition<'_>,
    is_vouched: impl Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let can = if condition.required {
        "send"
    } else {
        "change or leave out"
    };
    let paths = condition.paths().into_iter();
    let headers = paths.filter_map(|(at, path)| {
        let name = path.strip_prefix("header.")?;
        (!is_vouched(name)).then(|| (at, name.to_owned()))
    });
    let found = headers.map(|(at, name)| {
        let message =
            format!("a client can {can} `{name}` at will, unless the gateway sets this header");
        let help = format!(
            "if the gateway overwrites or removes it on every request, write \"trusted_headers\": [\"{name}\"] in `identity`"
        );
        Diagnostic::warning("forgeable-header", at, message).help(help)
    });
    found.collect()
}

/// Every scope of limits and sequences.
fn scopes(root: Value<'_>) -> Vec<(String, String)> {
    let limits = rules(root).flat_map(|rules| rules.limits().collect::<Vec<_>>());
    let sequence = rule_sets(root).flat_map(|set| set.sequence().collect::<Vec<_>>());
    let scoped = limits.chain(sequence).flat_map(|(at, value)| {
        let scope = value.get("scope");
        let is_list = scope.is_some_and(|scope| scope.kind() == Kind::Array);
        let texts = texts(scope).into_iter().enumerate();
        texts.map(move |(index, scope)| {
            let at = match is_list {
                true => format!("{at}/scope/{index}"),
                false => format!("{at}/scope"),
            };
            (at, scope.into_owned())
        })
    });
    scoped.collect()
}
