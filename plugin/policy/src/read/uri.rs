//! Tells whether a resource URI is written in its one normal form.
//!
//! It never normalises what is forwarded: a URI in another form is refused, because a server may resolve it to a
//! resource that a rule names otherwise.

use fluent_uri::Uri;

/// True for a URI that is equal to its syntax-based normal form (RFC 3986 §6.2.2): scheme and host in lower case,
/// percent-encoding in upper case and only where needed, no dot segments.
pub(crate) fn is_normal(uri: &str) -> bool {
    Uri::parse(uri).is_ok_and(|parsed| parsed.normalize().as_str() == uri && !has_dot_segment(uri))
}

/// A dot segment that survives normalisation, as in the path of an opaque URI (`urn:x/../y`).
fn has_dot_segment(uri: &str) -> bool {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    path.split('/')
        .any(|segment| segment == "." || segment == "..")
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
        ] {
            assert!(!is_normal(uri), "{uri}");
        }
    }
}
