//! Decides whether a resource URI is in its one normal form.
//!
//! It never normalises a URI that is forwarded. A URI in another form is refused, because a server may resolve it to a
//! resource that a rule names differently.

use super::names::has_control;
use crate::words::locator::{has_empty_name, is_certain_path, is_certain_text};
use fluent_uri::Uri;
use percent_encoding::percent_decode_str;

/// True for a URI that no server resolves to the same resource as another URI. It is equal to its syntax-based normal
/// form (RFC 3986 §6.2.2): scheme and host in lower case, percent-encoding in upper case and only where needed, no dot
/// segments. It also has none of the parts that some servers drop: a fragment, a user's name, the scheme's default
/// port, an empty segment or blanks. Some servers decode the path before they split it, read look-alikes of dots as
/// dots, or read every `file:` as a path of their own machine; a URI that they read differently is refused too.
pub(crate) fn is_normal(uri: &str) -> bool {
    let Ok(parsed) = Uri::parse(uri) else {
        return false;
    };
    let host = parsed.authority().map_or("", |authority| authority.host());
    parsed.normalize().as_str() == uri
        && parsed.fragment().is_none()
        && is_plain_authority(&parsed)
        // Some servers read all text after `memo://` as a path.
        && is_plain_path(&format!("{host}{}", parsed.path()))
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

/// True for a path that all servers read alike: its segments stay the same however often a server decodes it. A path
/// that needs more than a few rounds of decoding is refused.
fn is_plain_path(path: &str) -> bool {
    const ROUNDS: usize = 4;
    let slashes = |path: &str| {
        let bytes = path.bytes();
        bytes.filter(|byte| matches!(byte, b'/' | b'\\')).count()
    };
    let written = slashes(path);
    let mut path = path.to_owned();
    for _ in 0..ROUNDS {
        let dots = path.split(['/', '\\']).any(is_dots);
        let hides = has_empty_name(&path) || slashes(&path) != written || !is_certain_text(&path);
        if dots || hides || has_control(&path) {
            return false;
        }
        if !path.contains('%') {
            return true;
        }
        match decoded(&path) {
            Some(decoded) if decoded == path => return true,
            Some(decoded) => path = decoded,
            None => return false,
        }
    }
    false
}

/// `None` for invalid UTF-8, such as an overlong encoding of a dot.
fn decoded(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// True for dots alone, also with a parameter after them (RFC 3986 §3.3) or blanks around them, which some servers cut
/// off.
fn is_dots(segment: &str) -> bool {
    if !segment.starts_with(['.', ' ', '+']) {
        return false;
    }
    let name = segment.split(';').next().unwrap_or_default();
    name.contains('.') && name.chars().all(|c| matches!(c, '.' | ' ' | '+'))
}

/// True for `file:///…` without a part that servers drop when they turn it into a path: a host, a query, a slash at the
/// end. Every program reads the path alike, as for `within`.
fn is_plain_file(uri: &Uri<&str>) -> bool {
    let path = uri.path().as_str();
    let local = uri
        .authority()
        .is_some_and(|authority| authority.as_str().is_empty());
    let certain = decoded(path).is_some_and(|path| is_certain_path(&path));
    local && certain && uri.query().is_none() && (path == "/" || !path.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_normal;

    #[test]
    fn uri_in_normal_form_is_normal() {
        for uri in [
            "file:///home/a/b.txt",
            "test://static/resource/1",
            "https://example.com/a/?q=%20&r=/..%2F",
            "https://example.com:8443/a%20b/",
            "https://example.com",
            "urn:isbn:1",
            "memo://insights",
            "memo://a/b:c;d=1/~x/$y",
            "notes://%E6%97%A5%E8%A8%98/gr%C3%B6%C3%9Fe",
            "file:///",
            "file:///srv/gr%C3%B6%C3%9Fe/a%20b.x",
            "file:///C:/Users/a.txt",
        ] {
            assert!(is_normal(uri), "{uri}");
        }
    }

    #[test]
    fn uri_with_another_reading_is_not_normal() {
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
    #[test]
    fn uri_with_disguised_dots_is_not_normal() {
        for uri in [
            // Overlong encodings, and invalid UTF-8.
            "file:///srv/%C0%AE%C0%AE/a",
            "file:///srv/%E0%80%AE%E0%80%AE/a",
            "file:///srv/%FF/a",
            "memo://a/%C0%AE%C0%AE/b",
            "memo://%C0%AE%C0%AE/b",
            // Blanks and dots that are dropped.
            "file:///srv/..%20/a",
            "file:///srv/%20../a",
            "file:///srv/..%20%20/a",
            "file:///srv/.../a",
            "file:///srv/..+/a",
            "file:///srv/a./b",
            "memo://a/..%20/b",
            "memo://a/..+/b",
            "memo://a/.%20./b",
            "memo://..%20/b",
            "memo://a/..%25%32%30/b",
            // Look-alikes of dots and slashes, and characters that truncation turns into them.
            "file:///srv/%EF%BC%8E%EF%BC%8E/a",
            "file:///srv/%E2%80%A5/a",
            "file:///srv/%E2%80%A4%E2%80%A4/a",
            "file:///srv/..%EF%BC%8Fa",
            "file:///srv/..%E2%88%95a",
            "file:///srv/%C4%AE%C4%AE/a",
            "file:///srv/a%E2%80%8Bb",
            "memo://a/%EF%BC%8E%EF%BC%8E/b",
            "memo://a/..%EF%BC%8Fb",
            "memo://a/%C4%AE%C4%AE/b",
            "memo://a/b%E2%80%AEc",
            "memo://a/..%E3%81%82/b",
            // Names that some program expands, cuts, or opens as something else.
            "file:///srv/a%3Fb",
            "file:///srv/a%23b",
            "file:///srv/a:b",
            "file:///srv/a.txt::$DATA",
            "file:///srv/con",
            "file:///C:",
            "file:///C:a",
            "file:///proc/self/root/etc",
            "file:///dev/fd/3",
            "file:///srv/~/a",
            "file:///srv/a%25b",
        ] {
            assert!(!is_normal(uri), "{uri}");
        }
    }
}
