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

/// Whether a text is a URL without its scheme: a host with a port, or a name with a dot before a path.
#[must_use]
pub fn lacks_scheme(text: &str) -> bool {
    let (authority, path) = text.split_once('/').unwrap_or((text, ""));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = !host.is_empty() && !host.starts_with('.') && !host.contains(['\\', ' ']);
    is_host && (is_port || (!path.is_empty() && host.contains('.')))
}

/// A URL without the user's name, the query and the fragment, in which secrets are sent.
#[must_use]
pub fn without_secrets(url: &str) -> String {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let origin = origin(shown);
    let path = shown.get(origin.len()..).unwrap_or_default();
    let scheme = origin.find("://").map_or(0, |at| at.saturating_add(3));
    let (scheme, authority) = origin.split_at_checked(scheme).unwrap_or(("", origin));
    let authority = authority.rsplit('@').next().unwrap_or_default();
    line(&format!("{scheme}{authority}{path}"), 200)
}

/// The scheme and the authority of a URL.
pub(crate) fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at.saturating_add(3));
    let path = url.get(start..).and_then(|rest| rest.find('/'));
    let end = path.map_or(url.len(), |at| start.saturating_add(at));
    url.get(..end).unwrap_or(url)
}

/// The URL of a redirect, without its secrets; a path of the server that was asked counts as its URL.
pub(crate) fn redirect_target(location: &str, asked: Option<&str>) -> Option<String> {
    let is_url_text = location.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_url_text || location.len() > 2_000 {
        return None;
    }
    if is_http(location) {
        return Some(without_secrets(location));
    }
    if location.starts_with("//") || !location.starts_with('/') {
        return None;
    }
    let asked = asked.map(without_secrets);
    let origin = asked.as_deref().map_or("", origin);
    let path = location.split(['?', '#']).next().unwrap_or_default();
    Some(line(&format!("{origin}{path}"), 200))
}

#[cfg(test)]
mod tests {
    use super::lacks_scheme;

    #[test]
    fn url_without_scheme_is_told_from_a_file() {
        for url in [
            "127.0.0.1:9000/mcp",
            "localhost:9000",
            "[::1]:9000/mcp",
            "mcp.example.com/mcp",
        ] {
            assert!(lacks_scheme(url), "{url}");
        }
        for file in [
            "tools.json",
            "./tools.json",
            "../tools.json",
            "/srv/tools.json",
            "lists/tools.json",
            "lists/tools.json:9",
            "C:\\tools.json",
            ".cache/tools.json",
            ":9000",
            "-",
            "",
        ] {
            assert!(!lacks_scheme(file), "{file}");
        }
    }
}
