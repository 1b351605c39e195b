//! Turns the head of a redirect into the path that an operator should configure instead, and names the header fields
//! that send a client to another address.
//!
//! MCP has no redirects. It never repeats more of an address than a plain path.

use crate::read::{HeaderEdit, Headers};

/// Fields that make a client bypass the gateway: RFC 9110 section 10.2.2, WHATWG HTML section 7.6, RFC 7838.
const ADDRESSES: [&str; 3] = ["location", "refresh", "alt-svc"];

/// The edit that removes all fields with another address from a response.
pub(super) fn without_addresses(headers: &Headers) -> HeaderEdit {
    let present = ADDRESSES.into_iter().filter(|name| headers.has(name));
    HeaderEdit {
        remove: present.collect(),
        set: Vec::new(),
    }
}

/// The target path of a redirect; an empty text if it is not a plain path. `None` if the status is not 3xx.
pub(super) fn target(status: u16, headers: &Headers) -> Option<String> {
    if !(300..400).contains(&status) {
        return None;
    }
    let location = headers
        .single("location")
        .ok()
        .flatten()
        .unwrap_or_default();
    let path = match location.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)),
        None => Some(location),
    };
    let path = path.and_then(|path| path.split(['?', '#']).next());
    Some(
        path.filter(|path| is_plain(path))
            .unwrap_or_default()
            .into(),
    )
}

/// The longest path that an error message repeats, in bytes.
const LONGEST: usize = 128;

fn is_plain(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.' | '_' | '~');
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= LONGEST
        && path.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_target_is_only_a_plain_path() {
        for (status, location, path) in [
            (307, "/mcp/", Some("/mcp/")),
            (308, "https://elsewhere.example/mcp?a=b#c", Some("/mcp")),
            (302, "//elsewhere.example/mcp", Some("")),
            (302, "https://elsewhere.example", Some("")),
            (301, "/<script>", Some("")),
            (304, "", Some("")),
            (201, "/mcp/1", None),
            (400, "/mcp/", None),
        ] {
            let headers = Headers::from_iter([("location", location)]);
            assert_eq!(target(status, &headers).as_deref(), path, "{location}");
        }
    }

    #[test]
    fn fields_with_another_address_are_removed() {
        let headers = Headers::from_iter([("alt-svc", "h3"), ("location", "/"), ("etag", "1")]);
        assert_eq!(without_addresses(&headers).remove, ["location", "alt-svc"]);
    }
}
