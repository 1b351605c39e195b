//! Turns what a server asks or tells a client into whether it may, and what takes its place where it may not.
//!
//! It never leaves a server waiting: what it may not ask becomes a request for a method that no client has, so that the
//! client itself answers with an error. It never passes on the parameters of such a request.

use super::look_alike::refuse_look_alikes;
use super::problem::{Denied, Problem};
use crate::decide::Visibility;
use crate::read::{is_confusable, known_method};
use crate::words::json::Value;

/// The member of a result in which a server of revision 2026-07-28 asks (SEP-2322).
pub(super) const INPUT_REQUESTS: &str = "inputRequests";

/// A request or notification of the server's that may not be, or that tells of a task whose requests may not.
pub(super) fn in_message(
    message: Value<'_>,
    visibility: &Visibility,
) -> Result<Option<Denied>, Problem> {
    let Some(method) = message.get("method") else {
        return Ok(None);
    };
    let own = denied(method, message.get("id").is_some(), visibility);
    match (own, message.get("params")) {
        (None, Some(params)) => in_result(params, visibility),
        (own, _) => Ok(own),
    }
}

/// What takes the place of a member of such a message.
pub(super) fn instead(member: &str) -> Option<&'static str> {
    match member {
        "method" => Some(r#""mcp-policy/denied""#),
        "params" => Some("{}"),
        _ => None,
    }
}

/// The first of the requests in a result, or in the task that it tells of, that the server may not make.
pub(super) fn in_result(
    result: Value<'_>,
    visibility: &Visibility,
) -> Result<Option<Denied>, Problem> {
    for holder in holders(result) {
        refuse_look_alikes(holder, || [INPUT_REQUESTS].into_iter())?;
        let requests = holder.get(INPUT_REQUESTS).into_iter();
        // Requests that are no object ask nothing that has a name.
        let mut requests = requests.flat_map(|requests| {
            let named = requests.members().map(|(_, request)| request);
            named.chain(requests.elements())
        });
        let denied = requests.find_map(|request| request_denied(request, visibility).transpose());
        if let Some(denied) = denied.transpose()? {
            return Ok(Some(denied));
        }
    }
    Ok(None)
}

/// What an error asks that the server may not: a client opens the addresses of -32042 (2025-11-25, Elicitation).
pub(super) fn in_error(
    error: Value<'_>,
    visibility: &Visibility,
) -> Result<Option<Denied>, Problem> {
    refuse_look_alikes(error, || ["code", "message", "data"].into_iter())?;
    let Some(data) = error.get("data") else {
        return Ok(None);
    };
    refuse_look_alikes(data, || [ELICITATIONS].into_iter())?;
    let asks = data.get(ELICITATIONS).is_some();
    let rule = asks.then(|| visibility.denies(ELICITATION, true)).flatten();
    Ok(rule.map(|rule| Denied {
        method: known_method(ELICITATION),
        rule,
    }))
}

const ELICITATIONS: &str = "elicitations";

const ELICITATION: &str = "elicitation/create";

/// The object, and the tasks and results in it.
fn holders(object: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let inner = object
        .members()
        .filter(|(name, _)| is_confusable(name, ["task", "result"].into_iter()));
    let inner = inner.flat_map(|(_, value)| {
        let inmost = value.members().map(|(_, value)| value);
        [value].into_iter().chain(inmost)
    });
    [object].into_iter().chain(inner)
}

fn request_denied(request: Value<'_>, visibility: &Visibility) -> Result<Option<Denied>, Problem> {
    refuse_look_alikes(request, || ["method"].into_iter())?;
    let method = request.get("method");
    Ok(method.and_then(|method| denied(method, true, visibility)))
}

fn denied(method: Value<'_>, asks: bool, visibility: &Visibility) -> Option<Denied> {
    // What is no text is the name of no method.
    let name = method.string();
    let name = name.unwrap_or_else(|| method.raw().into());
    let rule = visibility.denies(&name, asks)?;
    Some(Denied {
        method: known_method(&name),
        rule,
    })
}
