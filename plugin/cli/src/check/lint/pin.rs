//! Pins that protect less than they seem to.
//!
//! It never compares a pin with a definition: `pin --check` does.

use super::entry::Entry;
use super::member::text;
use super::rule_set::entries;
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::Value;

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    let pinned = |entry: &Entry<'_>| entry.value.get("pin").is_some();
    let first = |entry: &Entry<'_>| text(entry.value, "pin") == "first_use";
    let pins = |those: fn(&Entry<'_>) -> bool| {
        let entries = entries(root).filter(move |entry| those(entry));
        entries.map(|entry| format!("{}/pin", entry.at))
    };
    let first_use = Diagnostic::once(pins(first), |at| {
        let message =
            "the gateway treats the first definition that it sees after a start as reviewed";
        Diagnostic::note("first-use", at, message)
            .help("`mcp-policy pin` pins the definition that the server lists now")
    });
    let unseen = root.get("pin_unseen").is_none().then(|| {
        Diagnostic::once(pins(pinned), |at| {
            let message =
                "after the gateway starts, calls are refused until a client has listed the tools";
            Diagnostic::note("pin-unseen", at, message)
                .help("\"pin_unseen\": \"allow\" lets them through until then")
        })
    });
    first_use.into_iter().chain(unseen.flatten()).collect()
}
