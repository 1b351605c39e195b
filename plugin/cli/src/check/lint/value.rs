//! Conditions that accept more than they seem to, and options that depend on the host.
//!
//! It never judges an expression that lists refused texts.

use super::entry::Condition;
use super::list_text::is_of_an_element;
use super::rule_set::conditions;
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::Value;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Look;

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    let mut found: Vec<_> = conditions(root)
        .filter_map(|condition| unanchored(&condition))
        .collect();
    found.extend(symbolic_links(root));
    found.extend(names_alike(root));
    found.extend(redirects(root));
    found.extend(held_headers(root));
    found
}

/// The operators of all conditions with this one, as JSON Pointers.
fn operators<'a>(root: Value<'a>, op: &'static str) -> impl Iterator<Item = String> {
    let found = conditions(root).filter(move |condition| condition.text("op") == op);
    found.map(|condition| format!("{}/op", condition.at))
}

fn symbolic_links(root: Value<'_>) -> Option<Diagnostic> {
    Diagnostic::once(operators(root, "within"), |at| {
        let message = "the path is compared as written: a symbolic link inside can point outside";
        Diagnostic::note("symbolic-links", at, message)
            .help("make the server resolve symbolic links, or run it where none point outside")
    })
}

fn names_alike(root: Value<'_>) -> Option<Diagnostic> {
    let within = conditions(root).filter(|condition| condition.text("op") == "within");
    let filled = within.filter_map(|condition| condition.paths().into_iter().nth(1));
    Diagnostic::once(filled.map(|(at, _)| at), |at| {
        let message = "on a file system that ignores case, the directories of callers such as `ada` and `Ada` are one";
        Diagnostic::note("directories-alike", at, message)
            .help("give callers names that differ in more than the case of letters")
    })
}

fn redirects(root: Value<'_>) -> Option<Diagnostic> {
    Diagnostic::once(operators(root, "host_in"), |at| {
        let message = "the URL is compared as written: DNS and redirects are not followed";
        Diagnostic::note("redirects", at, message).help("restrict the server's own network access")
    })
}

/// An expression that lists allowed texts must match the whole text. One that lists refused texts need not.
fn unanchored(condition: &Condition<'_>) -> Option<Diagnostic> {
    let lists_what_passes = match &*condition.text("op") {
        "regex" => condition.required,
        "not_regex" => !condition.required,
        _ => false,
    };
    let pattern = condition.text("value").into_owned();
    if is_of_an_element(&pattern) {
        return None;
    }
    let at = format!("{}/value", condition.at);
    let help = format!("write `^(?:{pattern})$` if the whole text has to match");
    let finding = match anchors(&pattern)? {
        (true, true) => return None,
        (true, false) => Diagnostic::note("open-ended", at, "any text may follow the match"),
        (false, _) => {
            let message =
                "this expression is not anchored: it matches every text that contains a match";
            Diagnostic::warning("unanchored", at, message)
        }
    };
    lists_what_passes.then(|| finding.help(help))
}

/// Whether every match begins with the text, and whether it ends with it. `^a|b$` does neither. A pattern that only the
/// engine's own parser reads gets no warning.
fn anchors(pattern: &str) -> Option<(bool, bool)> {
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern)
        .ok()?;
    let properties = hir.properties();
    let start = properties.look_set_prefix().contains(Look::Start);
    Some((start, properties.look_set_suffix().contains(Look::End)))
}

fn held_headers(root: Value<'_>) -> Option<Diagnostic> {
    let held = root.get("host")?.get("hold_request_headers")?;
    if held.bool() != Some(true) {
        return None;
    }
    let message = "Envoy needs `allow_on_headers_stop_iteration: true` in the plugin's configuration too, as `mcp-policy envoy` writes it; without it, requests hang";
    Some(Diagnostic::note(
        "held-headers",
        "/host/hold_request_headers",
        message,
    ))
}

#[cfg(test)]
mod tests {
    use super::anchors;

    #[test]
    fn pattern_is_anchored_if_every_branch_is() {
        for pattern in ["^a$", r"\Aa\z", "^(a|b)$", "^a$|^b$", "^$"] {
            assert_eq!(anchors(pattern), Some((true, true)), "{pattern}");
        }
        for pattern in ["^a", "^(a|b$)", "^a$|^b"] {
            assert_eq!(anchors(pattern), Some((true, false)), "{pattern}");
        }
        for pattern in ["a", "a$", "^a|b$", "(?m)^a$", "(^a)?b$", ""] {
            assert_eq!(
                anchors(pattern).map(|(start, _)| start),
                Some(false),
                "{pattern}"
            );
        }
    }
}
