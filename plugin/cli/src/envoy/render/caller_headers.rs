//! Turns a policy into the headers by which it knows callers.
//!
//! It never judges whether the gateway sets them.

use crate::input::Input;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The headers in `identity.from` and `identity.trusted_headers`, in lower case and in order. They are the gateway's own: a
/// client that sends one could be any caller.
pub(super) fn caller_headers(policy: &Input) -> Vec<String> {
    let document: Json = serde_json::from_slice(&policy.bytes).unwrap_or_default();
    let lists = ["/identity/from", "/identity/trusted_headers"].into_iter();
    let lists = lists.filter_map(|at| document.pointer(at)?.as_array());
    let names = lists.flatten().filter_map(|one| {
        let name = one.get("header").unwrap_or(one);
        name.as_str().map(str::to_ascii_lowercase)
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
