//! Decides whether a URL addresses a host that the policy names.
//!
//! It compares labels, never characters, and never resolves DNS.

use super::error::NotCanonical;
use super::url::{Url, is_address};
use crate::words::truth::Truth;
use std::net::{IpAddr, Ipv6Addr};

/// A host in the policy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// The required scheme. `None` allows http and https.
    scheme: Option<Box<str>>,
    /// True for `*.name`: every host below the name, and not the name itself.
    below: bool,
    name: Box<str>,
    port: Port,
}

/// The ports of a host that a URL may name.
#[derive(Debug, PartialEq, Eq)]
enum Port {
    /// The default port of the URL's scheme.
    Own,
    This(u16),
    /// `:*`
    Any,
}

impl Host {
    /// Parses `name`, `*.name` or an address, optionally after `https://`, or before `:8443` or `:*`.
    pub(crate) fn parse(text: &str) -> Result<Self, NotCanonical> {
        Self::read(text).ok_or_else(|| {
            let canonical = canonical(text);
            NotCanonical(Self::read(&canonical).map(|_| canonical))
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = split(text);
        let any_port = rest.strip_suffix(":*");
        let rest = any_port.unwrap_or(rest);
        let below = rest.strip_prefix("*.");
        let url = format!("{}://{}", scheme.unwrap_or("any"), below.unwrap_or(rest));
        let url = Url::read(&url).filter(|_| !rest.contains(['/', '?', '#']))?;
        let port = match (any_port, url.port) {
            (None, None) => Port::Own,
            (None, Some(port)) => Port::This(port),
            (Some(_), None) => Port::Any,
            (Some(_), Some(_)) => return None,
        };
        (below.is_none() || !is_address(url.host)).then(|| Self {
            scheme: scheme.map(Into::into),
            below: below.is_some(),
            name: url.host.into(),
            port,
        })
    }

    pub(crate) fn holds(&self, url: &Url<'_>) -> Truth {
        match self.names(url.host) {
            // A listed host by another scheme or port: its server may redirect clients from one to the other.
            Truth::True if !self.is_reached_by(url) => Truth::Unknown,
            truth => truth,
        }
    }

    /// The number of bytes that the name and the URL's host share at their ends.
    pub(crate) fn common_bytes(&self, url: &Url<'_>) -> usize {
        let pairs = self.name.bytes().rev().zip(url.host.bytes().rev());
        pairs.take_while(|(one, other)| one == other).count()
    }

    fn is_reached_by(&self, url: &Url<'_>) -> bool {
        let scheme = match &self.scheme {
            Some(scheme) => **scheme == *url.scheme,
            None => ["http", "https"].contains(&url.scheme),
        };
        let port = match self.port {
            Port::Own => url.port.is_none(),
            Port::This(port) => url.port.or(url.own_port) == Some(port),
            Port::Any => true,
        };
        scheme && port
    }

    /// Compares label by label from the right. An encoded label can mean another label in the tables of IDNA, so only
    /// an identical encoding matches.
    fn names(&self, host: &str) -> Truth {
        let (mut name, mut host) = (self.name.rsplit('.'), host.rsplit('.'));
        loop {
            match (name.next(), host.next()) {
                (Some(label), Some(other)) if label == other => {}
                (Some(_), Some(other)) if is_encoded(other) => {
                    return Truth::Unknown;
                }
                (Some(_), _) => return Truth::False,
                (None, None) => return Truth::of(Some(!self.below)),
                (None, Some(other)) if is_encoded(other) || host.any(is_encoded) => {
                    return Truth::Unknown;
                }
                (None, Some(_)) => return Truth::of(Some(self.below)),
            }
        }
    }
}

fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    }
}

/// The canonical form that the text probably means: lower case, without a path, a final dot, or the scheme's default
/// port.
fn canonical(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let (scheme, rest) = split(&text);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let own = match scheme {
        Some("http") => ":80",
        Some("https") => ":443",
        _ => ":",
    };
    let host = host.strip_suffix(own).unwrap_or(host);
    let host = host.strip_suffix('.').unwrap_or(host);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let host = match address
        .parse::<Ipv6Addr>()
        .map(|address| address.to_canonical())
    {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => host.into(),
    };
    match scheme {
        Some(scheme) => format!("{scheme}://{host}"),
        None => host,
    }
}

fn is_encoded(label: &str) -> bool {
    label.starts_with("xn--")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_in(hosts: &[&str], url: &str) -> Truth {
        let host =
            |host: &&str| Host::parse(host).unwrap_or_else(|error| panic!("{host}: {error:?}"));
        match Url::read(url) {
            Some(url) => Truth::any(hosts.iter().map(host).map(|host| host.holds(&url))),
            None => Truth::Unknown,
        }
    }

    #[test]
    fn host_in_its_canonical_form_is_read() {
        for text in [
            "example.com",
            "*.example.com",
            "https://example.com",
            "https://*.example.com:8443",
            "localhost",
            "example.com:443",
            "192.0.2.1",
            "[2001:db8::1]:8080",
            "xn--bcher-kva.example",
            "ssh://git.example.com",
            "my_service",
            "http://[::1]",
            "example.com:*",
            "*.example.com:*",
            "https://example.com:*",
            "192.0.2.1:*",
            "[2001:db8::1]:*",
        ] {
            assert!(Host::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn host_in_another_form_is_rejected_with_the_canonical_one() {
        for (text, canonical) in [
            ("Example.COM", "example.com"),
            ("https://example.com/", "https://example.com"),
            ("https://example.com/api?x", "https://example.com"),
            ("https://example.com:443", "https://example.com"),
            ("example.com.", "example.com"),
            ("::1", "[::1]"),
            ("[2001:DB8:0::1]", "[2001:db8::1]"),
            ("[::ffff:10.0.0.1]", "10.0.0.1"),
            ("Example.com:*", "example.com:*"),
            ("https://example.com:*/", "https://example.com:*"),
            ("[2001:DB8::1]:*", "[2001:db8::1]:*"),
        ] {
            assert_eq!(
                Host::parse(text),
                Err(NotCanonical(Some(canonical.into()))),
                "{text}"
            );
        }
        for text in [
            "",
            "*",
            "*.",
            "*example.com",
            "a.*.com",
            "b\u{fc}cher.example",
            "user@example.com",
            "127.1",
            "0x7f.1",
            "*.0.0.1",
            "example..com",
            "//example.com",
            "https:example.com",
            "example.com:0",
            "example.com:port",
            "-a.com",
            "fe80::1%eth0",
            ":*",
            "*:*",
            "example.com*",
            "example.com:8*",
            "example.com:**",
            "example.com::*",
            "example.com:8443:*",
            "::1:*",
        ] {
            assert_eq!(Host::parse(text), Err(NotCanonical(None)), "{text}");
        }
    }

    #[test]
    fn host_is_compared_by_labels() {
        let hosts = [
            "example.com",
            "*.example.org",
            "https://api.example.net:8443",
            "10.0.0.1",
            "[::1]",
            "xn--bcher-kva.example",
        ];
        for url in [
            "https://example.com",
            "http://example.com/a?b#c",
            "https://example.com/@evil.org",
            "https://a.b.example.org/",
            "https://api.example.net:8443/x",
            "http://10.0.0.1/",
            "https://[::1]/",
            "https://xn--bcher-kva.example/",
        ] {
            assert_eq!(host_in(&hosts, url), Truth::True, "{url}");
        }
        for url in [
            "https://evil.com",
            "https://notexample.com/",
            "https://example.com.evil.org/",
            "https://example.org/",
            "https://a.example.com/",
            "http://10.0.0.2/",
            "http://[::2]/",
            "https://com/",
            "ftp://evil.com/",
        ] {
            assert_eq!(host_in(&hosts, url), Truth::False, "{url}");
        }
    }

    #[test]
    fn listed_host_by_another_scheme_or_port_is_unknown() {
        let hosts = [
            "example.com",
            "https://api.example.net:8443",
            "any.example.net:443",
        ];
        for url in [
            "ftp://example.com/",
            "https://example.com:8443/",
            "http://example.com:443/",
            "http://api.example.net:8443/",
            "https://api.example.net/",
            "http://any.example.net/",
        ] {
            assert_eq!(host_in(&hosts, url), Truth::Unknown, "{url}");
        }
        assert_eq!(host_in(&hosts, "https://any.example.net/"), Truth::True);
        assert_eq!(host_in(&hosts, "http://any.example.net:443/"), Truth::True);
    }

    #[test]
    fn star_is_any_port_of_the_same_host_and_scheme() {
        let hosts = ["example.com:*", "*.example.org:*", "[::1]:*", "ws://w:*"];
        for (url, truth) in [
            ("https://example.com/", Truth::True),
            ("http://example.com:8443/", Truth::True),
            ("http://example.com:443/", Truth::True),
            ("https://a.example.org:1/", Truth::True),
            ("http://[::1]:65535/", Truth::True),
            ("ws://w:3000/", Truth::True),
            ("ftp://example.com:8443/", Truth::Unknown),
            ("http://w:3000/", Truth::Unknown),
            ("https://example.com:443/", Truth::Unknown),
            ("https://example.com:0/", Truth::Unknown),
            ("https://example.com:8443@evil.com/", Truth::Unknown),
            ("https://evil.com:8443/", Truth::False),
            ("https://example.org:8443/", Truth::False),
            ("http://[::2]:3000/", Truth::False),
        ] {
            assert_eq!(host_in(&hosts, url), truth, "{url}");
        }
    }

    #[test]
    fn encoded_label_matches_only_the_same_encoding() {
        for (host, url, truth) in [
            ("xn--a.example", "https://xn--a.example/", Truth::True),
            ("xn--a.example", "https://b.example/", Truth::False),
            ("b.example", "https://xn--a.example/", Truth::Unknown),
            ("b.example", "https://xn--a.test/", Truth::False),
            ("*.example", "https://xn--a.example/", Truth::Unknown),
            ("*.xn--a.example", "https://b.xn--a.example/", Truth::True),
            ("example", "https://xn--a.example/", Truth::Unknown),
        ] {
            assert_eq!(host_in(&[host], url), truth, "{host} {url}");
        }
    }
}
