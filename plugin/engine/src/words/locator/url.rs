//! Reads the scheme, host and port of a URL that every parser reads alike.
//!
//! It never repairs a URL: it rejects those that RFC 3986 and WHATWG read differently, or that have another canonical
//! form.

use fluent_uri::Uri;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The scheme, host and port that every parser finds in a URL.
#[derive(Debug)]
pub(crate) struct Url<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    pub(crate) own_port: Option<u16>,
}

impl<'a> Url<'a> {
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let uri = Uri::parse(text).ok()?;
        let authority = uri.authority()?;
        let scheme = uri.scheme().as_str();
        let own_port = uri.scheme().default_port();
        let port = match authority.port() {
            Some(port) => {
                Some(canonical_port(port.as_str()).filter(|port| Some(*port) != own_port)?)
            }
            None => None,
        };
        // Some parsers end a host only at `/`, and then search for `@` before it.
        let alone = uri.path().is_empty() && !uri.has_query() && !uri.has_fragment();
        let ends = alone || uri.path().as_str().starts_with('/');
        // Some parsers read `example.com://…` as a scheme, others as a host with an empty port.
        let plain = authority.userinfo().is_none() && is_lower(scheme) && !scheme.contains('.');
        (ends && plain && is_host(authority.host())).then(|| Self {
            scheme,
            host: authority.host(),
            port,
            own_port,
        })
    }
}

fn canonical_port(text: &str) -> Option<u16> {
    let port = text.parse::<u16>().ok().filter(|port| *port > 0)?;
    (port.to_string() == text).then_some(port)
}

/// True for a host in canonical form: lower case, no escapes, no final dot. Addresses in the form of RFC 5952.
fn is_host(host: &str) -> bool {
    if is_address(host) {
        return is_canonical_address(host);
    }
    host.len() <= 253 && host.split('.').all(is_label)
}

/// True for a host that some parser reads as an address: it has brackets, or a number as its last label (`127.1`,
/// `0x7f000001`).
pub(crate) fn is_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    host.starts_with('[') || digits || last.starts_with("0x")
}

/// True for an address in canonical form. An IPv4 address inside an IPv6 one has none, because only some programs read
/// it as IPv4.
fn is_canonical_address(host: &str) -> bool {
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match inside {
        Some(text) => text.parse::<Ipv6Addr>().is_ok_and(|address| {
            address.to_ipv4_mapped().is_none()
                && format!("{address}") == text
                && !text.contains('.')
        }),
        None => host.parse::<Ipv4Addr>().is_ok(),
    }
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    (1..=63).contains(&label.len())
        && label.bytes().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_lower(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_that_parsers_read_differently_is_rejected() {
        for url in [
            "",
            "example.com",
            "//example.com/",
            "https:example.com",
            "https:/example.com",
            "https:///example.com",
            "HTTPS://example.com/",
            "https://EXAMPLE.com/",
            "https://example.com./",
            "https://example.com:443/",
            "https://example.com:/",
            "https://example.com:08443/",
            "https://user@example.com/",
            "https://@example.com/",
            "https://evil.com\\@example.com/",
            "https://example.com\\.evil.com/",
            "https://example.com?@evil.com/",
            "https://example.com#@evil.com/",
            "https://ex%61mple.com/",
            "https://exa\u{ad}mple.com/",
            "https://ex\u{e4}mple.com/",
            "https://\u{ff45}xample.com/",
            "https://example\u{3002}com/",
            "https://exam\tple.com/",
            " https://example.com/",
            "https://example.com/ ",
            "https://example.com/\n",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://2130706433/",
            "http://127.0.0.1./",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[fe80::1%25eth0]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[v1.a]/",
            "https://xn--example-.com/",
            "example.com://evil.com/",
            "javascript:alert(1)",
            "data:,x",
            "file:///etc/passwd",
            "https://example..com/",
            "https://exa$mple.com/",
            "https://example.com/\u{e9}",
            "blob:https://example.com/",
        ] {
            assert!(Url::read(url).is_none(), "{url}");
        }
    }
}
