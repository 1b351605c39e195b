//! Turns the headers of an HTTP request into the few values that matter to MCP.
//!
//! It refuses what two hops could read in two ways, and never looks at a body.

use super::error::Unreadable;
use super::headers::Headers;
use super::revision::Revision;

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// The header by which a client says of which session its message is (2025-03-26, Streamable HTTP, Session Management).
pub(crate) const SESSION: &str = "mcp-session-id";

/// What the headers of a request say.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) verb: Verb,
    /// From `MCP-Protocol-Version`.
    pub(crate) revision: Option<Revision>,
    /// From `Mcp-Method`.
    pub(crate) method: Option<Box<str>>,
    /// From `Mcp-Name`.
    pub(crate) name: Option<Box<str>>,
}

/// By what a request is found again in other logs. It decides nothing, so a value that is not plain is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// The host's own id of the request (`x-request-id`).
    pub(crate) request_id: Option<Box<str>>,
    /// The trace id of `traceparent` (W3C Trace Context §3.2).
    pub(crate) trace_id: Option<Box<str>>,
}

impl Trace {
    pub(crate) fn read(headers: &Headers) -> Self {
        Self {
            request_id: request_id(headers),
            trace_id: trace_id(headers),
        }
    }
}

/// The HTTP methods of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Post,
    Get,
    Delete,
    Options,
}

/// Headers by which some frameworks let a client change the method of its request.
const METHOD_OVERRIDES: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

impl Head {
    pub(crate) fn read(headers: &Headers) -> Result<Self, Unreadable> {
        let verb = verb(headers)?;
        if headers.has("upgrade") || headers.has(":protocol") {
            return Err(Unreadable::Upgrade);
        }
        if let Some(name) = METHOD_OVERRIDES.into_iter().find(|name| headers.has(name)) {
            return Err(Unreadable::MethodOverride(name));
        }
        if verb == Verb::Post {
            content_type(headers)?;
        } else if announces_body(headers) {
            return Err(Unreadable::BodyWhereNone);
        }
        content_encoding(headers)?;
        headers.single("mcp-session-id")?;
        let revision = headers.single("mcp-protocol-version")?.map(Revision::read);
        if verb != Verb::Post {
            // No message will say which revision it is of.
            revision.as_ref().map_or(Ok(()), Revision::known)?;
        }
        Ok(Self {
            verb,
            revision,
            method: headers.single("mcp-method")?.map(Into::into),
            name: headers.single("mcp-name")?.map(Into::into),
        })
    }
}

fn verb(headers: &Headers) -> Result<Verb, Unreadable> {
    match headers.single(":method")? {
        Some("POST") => Ok(Verb::Post),
        Some("GET") => Ok(Verb::Get),
        Some("DELETE") => Ok(Verb::Delete),
        Some("OPTIONS") => Ok(Verb::Options),
        _ => Err(Unreadable::Verb),
    }
}

/// `application/json`, alone or with `charset=utf-8`. A parameter or a second type could make a server decode the body
/// in another way than it was judged.
fn content_type(headers: &Headers) -> Result<(), Unreadable> {
    let value = headers
        .single("content-type")?
        .ok_or(Unreadable::ContentType)?;
    let mut parts = value.split(';').map(|part| part.trim_matches([' ', '\t']));
    let json = parts
        .next()
        .is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    let utf8 = match (parts.next(), parts.next()) {
        (None, _) => true,
        (Some(parameter), None) => {
            parameter.eq_ignore_ascii_case("charset=utf-8")
                || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
        }
        _ => false,
    };
    if json && utf8 {
        Ok(())
    } else {
        Err(Unreadable::ContentType)
    }
}

fn content_encoding(headers: &Headers) -> Result<(), Unreadable> {
    match headers.single("content-encoding")? {
        None => Ok(()),
        Some(coding) if coding.eq_ignore_ascii_case("identity") => Ok(()),
        Some(_) => Err(Unreadable::ContentEncoding),
    }
}

fn announces_body(headers: &Headers) -> bool {
    headers.has("transfer-encoding") || headers.all("content-length").any(|length| length != b"0")
}

fn request_id(headers: &Headers) -> Option<Box<str>> {
    let id = headers.single("x-request-id").ok()??;
    (1..=128).contains(&id.len()).then(|| id.into())
}

fn trace_id(headers: &Headers) -> Option<Box<str>> {
    let id = headers.single("traceparent").ok()??.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.into())
}
