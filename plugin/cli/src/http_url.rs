//! Recognises URLs of HTTP, and shows them without the parts that may be secret.
//!
//! It never resolves a name and never opens a connection.

use crate::sanitize::line;

/// Whether a text is a URL of HTTP.
#[must_use]
pub fn is_http(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        ["http", "https"]
            .iter()
            .any(|one| scheme.eq_ignore_ascii_case(one))
    })
}

/// A URL without the user's name, the query and the fragment, in which secrets are sent.
#[must_use]
pub fn without_secrets(url: &str) -> String {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let origin = origin(shown);
    let path = shown.get(origin.len()..).unwrap_or_default();
    let (scheme, authority) = origin.split_once("://").unwrap_or(("", origin));
    let authority = authority.rsplit('@').next().unwrap_or_default();
    line(&format!("{scheme}://{authority}{path}"), 200)
}

/// The scheme and the authority of a URL.
pub(crate) fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at.saturating_add(3));
    let path = url.get(start..).and_then(|rest| rest.find('/'));
    let end = path.map_or(url.len(), |at| start.saturating_add(at));
    url.get(..end).unwrap_or(url)
}
