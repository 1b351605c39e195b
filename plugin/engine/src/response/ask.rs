//! Turns a request or notification of a server into whether it is denied, and into its replacement if it is.
//!
//! It never leaves a server waiting: a denied request becomes a request for a method that no client has, so that the
//! client itself answers with an error. It never passes on the parameters of a denied request.

use super::look_alike::refuse_look_alikes;
use super::problem::{Denied, Problem};
use crate::decide::Visibility;
use crate::read::{is_confusable, known_method};
use crate::words::json::Value;

/// The member of a result that holds requests of a server of revision 2026-07-28 (SEP-2322).
pub(super) const INPUT_REQUESTS: &str = "inputRequests";

/// The denial of a server's request or notification, or of a request in the task that it reports; `None` if allowed.
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

/// The replacement for a member of a denied message; `None` for a member that stays.
pub(super) fn instead(member: &str) -> Option<&'static str> {
    match member {
        "method" => Some(r#""mcp-policy/denied""#),
        "params" => Some("{}"),
        _ => None,
    }
}

/// The first denied request in a result, or in the task that it reports.
pub(super) fn in_result(
    result: Value<'_>,
    visibility: &Visibility,
) -> Result<Option<Denied>, Problem> {
    for holder in holders(result) {
        refuse_look_alikes(holder, || [INPUT_REQUESTS].into_iter())?;
        let requests = holder.get(INPUT_REQUESTS).into_iter();
        // A request that is not an object has no method, so it is not denied.
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

/// The denied request in an error: a client opens the addresses of error -32042 (2025-11-25, Elicitation).
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

/// The object, its tasks and results, and the members of those.
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
    // A method that is not a string is compared as it is written.
    let name = method.string();
    let name = name.unwrap_or_else(|| method.raw().into());
    let rule = visibility.denies(&name, asks)?;
    Some(Denied {
        method: known_method(&name),
        rule,
    })
}
