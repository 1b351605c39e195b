//! Tells whether a resource URI is written in its one normal form.
//!
//! It never normalises what is forwarded: a URI in another form is refused, because a server may resolve it to a
//! resource that a rule names otherwise.

use fluent_uri::Uri;
use percent_encoding::percent_decode_str;

/// True for a URI that is equal to its syntax-based normal form (RFC 3986 §6.2.2): scheme and host in lower case,
/// percent-encoding in upper case and only where needed, no dot segments. Nor may another URI be the same resource to
/// some server: one that drops a fragment, a user's name, a port that is the scheme's own or an empty segment, that
/// decodes the path and then splits it, or that takes every `file:` as a path of its own machine.
pub(crate) fn is_normal(uri: &str) -> bool {
    let Ok(parsed) = Uri::parse(uri) else {
        return false;
    };
    let path = parsed.path().as_str();
    parsed.normalize().as_str() == uri
        && parsed.fragment().is_none()
        && is_plain_authority(&parsed)
        && is_plain_path(path)
        && (parsed.scheme().as_str() != "file" || is_plain_file(&parsed))
}

fn is_plain_authority(uri: &Uri<&str>) -> bool {
    let default_port = match uri.scheme().as_str() {
        "http" | "ws" => "80",
        "https" | "wss" => "443",
        _ => "",
    };
    uri.authority().is_none_or(|authority| {
        let port = authority.port().map(|port| port.as_str());
        authority.userinfo().is_none()
            && !authority.host().ends_with('.')
            && port.is_none_or(|port| !port.is_empty() && port != default_port)
    })
}

/// A path with one reading: its segments are the same before and after it is decoded, as often as some server might. A
/// path that needs more than a few rounds hides something.
fn is_plain_path(path: &str) -> bool {
    const ROUNDS: usize = 4;
    let slashes = |path: &str| path.matches(['/', '\\']).count();
    let written = slashes(path);
    let mut path = path.to_owned();
    for _ in 0..ROUNDS {
        let dots = path.split(['/', '\\']).any(is_dots);
        let hides = path.contains("//") || slashes(&path) != written;
        if dots || hides || path.chars().any(char::is_control) {
            return false;
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return true;
        }
        path = decoded;
    }
    false
}

/// A dot segment, also one with a parameter behind it (RFC 3986 §3.3), which some servers cut off.
fn is_dots(segment: &str) -> bool {
    matches!(segment.split(';').next(), Some("." | ".."))
}

/// `file:///…`, and nothing that a server drops on its way to a path: a host, a query, a slash at the end.
fn is_plain_file(uri: &Uri<&str>) -> bool {
    let path = uri.path().as_str();
    let local = uri
        .authority()
        .is_some_and(|authority| authority.as_str().is_empty());
    local && uri.query().is_none() && (path == "/" || !path.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_normal;

    #[test]
    fn only_the_normal_form_is_normal() {
        for uri in [
            "file:///home/a/b.txt",
            "test://static/resource/1",
            "https://example.com/a/?q=%20&r=/..%2F",
            "https://example.com:8443/a%20b/",
            "https://example.com",
            "urn:isbn:1",
            "memo://insights",
            "file:///",
        ] {
            assert!(is_normal(uri), "{uri}");
        }
        for uri in [
            "FILE:///a",
            "https://EXAMPLE.com/",
            "file:///a/../b",
            "file:///a/./b",
            "file:///%61",
            "file:///a%2fb",
            "file:///a b",
            "file:///a/..",
            "not a uri",
            "",
            "file:///a/%2e%2e/b",
            "file:///\u{e9}",
            "urn:a/../b",
            "a/b",
            "file:///a/..%2Fb",
            "file:///a/..%5Cb",
            "file:///a/%2E%2E%2Fb",
            "file:///a/..%252Fb",
            "file:///a/..%25252525252Fb",
            "file:///a/..;x/b",
            "file:///a%00",
            "file://localhost/a",
            "file:/a",
            "file:a",
            "file:////a",
            "file:///a//b",
            "file:///a/",
            "file:///a?b",
            "file:///a#b",
            "file:///%2Fa",
            "file:///a%2Fb",
            "file:///a%5Cb",
            "file:///a%252Fb",
            "https://example.com/a%2Fb",
            "https://example.com//a",
            "https://example.com/a//b",
            "https://example.com/a//",
            "https://example.com/a#b",
            "https://example.com:443/a",
            "http://example.com:80/a",
            "https://example.com:/a",
            "https://example.com./a",
            "https://user@example.com/a",
        ] {
            assert!(!is_normal(uri), "{uri}");
        }
    }
}
