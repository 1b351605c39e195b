//! Tells whether a resource URI is written in its one normal form.
//!
//! It never normalises what is forwarded: a URI in another form is refused, because a server may resolve it to a
//! resource that a rule names otherwise.

use fluent_uri::Uri;
use percent_encoding::percent_decode_str;

/// True for a URI that is equal to its syntax-based normal form (RFC 3986 §6.2.2): scheme and host in lower case,
/// percent-encoding in upper case and only where needed, no dot segments. Nor may decoding its path, as often as some
/// server might, bring forth a dot segment or a control character.
pub(crate) fn is_normal(uri: &str) -> bool {
    Uri::parse(uri)
        .is_ok_and(|parsed| parsed.normalize().as_str() == uri && is_plain(parsed.path().as_str()))
}

/// Decodes until nothing changes. A path that needs more than a few rounds hides something.
fn is_plain(path: &str) -> bool {
    const ROUNDS: usize = 4;
    let mut path = path.to_owned();
    for _ in 0..ROUNDS {
        let hides = path.split(['/', '\\']).any(is_dots) || path.chars().any(char::is_control);
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if hides || decoded == path {
            return !hides;
        }
        path = decoded;
    }
    false
}

/// A dot segment, also one with a parameter behind it (RFC 3986 §3.3), which some servers cut off.
fn is_dots(segment: &str) -> bool {
    matches!(segment.split(';').next(), Some("." | ".."))
}

#[cfg(test)]
mod tests {
    use super::is_normal;

    #[test]
    fn only_the_normal_form_is_normal() {
        for uri in [
            "file:///home/a/b.txt",
            "test://static/resource/1",
            "https://example.com/a%2Fb?q=%20#x",
            "urn:isbn:1",
            "memo://insights",
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
        ] {
            assert!(!is_normal(uri), "{uri}");
        }
    }
}
