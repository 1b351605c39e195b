//! Turns what a server asks or tells a client into whether it may, and what takes its place where it may not.
//!
//! It never leaves a server waiting: what it may not ask becomes a request for a method that no client has, so that the
//! client itself answers with an error. It never passes on the parameters of such a request.

use super::problem::Denied;
use crate::decide::Visibility;
use crate::words::json::Value;
use crate::words::text::clip;

/// The member of a result in which a server of revision 2026-07-28 asks (SEP-2322).
pub(super) const INPUT_REQUESTS: &str = "inputRequests";

/// A request or notification of the server's that may not be.
pub(super) fn in_message(message: Value<'_>, visibility: &Visibility) -> Option<Denied> {
    denied(
        message.get("method")?,
        message.get("id").is_some(),
        visibility,
    )
}

/// What takes the place of a member of such a message.
pub(super) fn instead(member: &str) -> Option<&'static str> {
    match member {
        "method" => Some(r#""mcp-policy/denied""#),
        "params" => Some("{}"),
        _ => None,
    }
}

/// The first of the requests in a result that the server may not make.
pub(super) fn in_result(result: Value<'_>, visibility: &Visibility) -> Option<Denied> {
    let requests = result.get(INPUT_REQUESTS)?;
    // What is no object of requests asks nothing that anybody could name.
    let requests = requests
        .members()
        .map(|(_, request)| request)
        .chain(requests.elements());
    let mut methods = requests.filter_map(|request| request.get("method"));
    methods.find_map(|method| denied(method, true, visibility))
}

fn denied(method: Value<'_>, asks: bool, visibility: &Visibility) -> Option<Denied> {
    // What is no text is the name of no method.
    let name = method.string();
    let name = name.unwrap_or_else(|| method.raw().into());
    let rule = visibility.denies(&name, asks)?;
    let method = clip(&name, 64);
    Some(Denied { method, rule })
}
