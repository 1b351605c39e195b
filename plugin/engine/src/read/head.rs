//! Turns the headers of an HTTP request into the few values that matter to MCP.
//!
//! It refuses headers that two hops could read differently, and never reads a body.

use super::error::RequestError;
use super::headers::Headers;
use super::message::Call;
use super::revision::Revision;
use crate::words::secret;

impl HttpMethod {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// The header in which a client names the session of its message (2025-03-26, Streamable HTTP, Session Management).
pub(crate) const SESSION: &str = "mcp-session-id";

/// The headers of a request that matter to MCP.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) http_method: HttpMethod,
    /// From `MCP-Protocol-Version`.
    pub(crate) revision: Option<Revision>,
    /// From `Mcp-Method`.
    pub(crate) method: Option<Box<str>>,
    /// From `Mcp-Name`.
    pub(crate) name: Option<Box<str>>,
}

/// The ids by which other logs identify a request. They decide nothing, so an irregular value is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestIds {
    /// The host's own id of the request (`x-request-id`).
    pub(crate) request_id: Option<Box<str>>,
    /// The trace id of `traceparent` (W3C Trace Context §3.2).
    pub(crate) trace_id: Option<Box<str>>,
}

impl RequestIds {
    pub(crate) fn read(headers: &Headers) -> Self {
        Self {
            request_id: request_id(headers),
            trace_id: trace_id(headers),
        }
    }

    /// Takes the trace id of a message where the headers have none. Returns it.
    pub(crate) fn traced_by(&mut self, call: &Call<'_>) -> Option<&str> {
        if self.trace_id.is_some() {
            return None;
        }
        self.trace_id = trace_id_of(call.trace_parent.as_deref()?);
        self.trace_id.as_deref()
    }
}

/// The HTTP methods of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpMethod {
    Post,
    Get,
    Delete,
    Options,
}

/// Headers that change the method of a request in some frameworks.
const METHOD_OVERRIDES: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

impl Head {
    pub(crate) fn read(headers: &Headers) -> Result<Self, RequestError> {
        let http_method = http_method(headers)?;
        if headers.has("upgrade") || headers.has(":protocol") {
            return Err(RequestError::Upgrade);
        }
        if let Some(name) = METHOD_OVERRIDES.into_iter().find(|name| headers.has(name)) {
            return Err(RequestError::MethodOverride(name));
        }
        if http_method == HttpMethod::Post {
            content_type(headers)?;
        } else if announces_body(headers) {
            return Err(RequestError::UnexpectedBody);
        }
        content_encoding(headers)?;
        headers.single("mcp-session-id")?;
        let revision = headers.single("mcp-protocol-version")?;
        // Some clients send the header empty before they know the revision.
        let revision = revision.filter(|text| !text.is_empty()).map(Revision::read);
        if http_method != HttpMethod::Post {
            // No message will name a revision.
            revision.as_ref().map_or(Ok(()), Revision::known)?;
        }
        Ok(Self {
            http_method,
            revision,
            method: headers.single("mcp-method")?.map(Into::into),
            name: headers.single("mcp-name")?.map(Into::into),
        })
    }
}

/// The two names of UTF-8 that every server knows, plain and quoted.
const UTF_8: [&str; 4] = [
    "charset=utf-8",
    "charset=utf8",
    "charset=\"utf-8\"",
    "charset=\"utf8\"",
];

fn http_method(headers: &Headers) -> Result<HttpMethod, RequestError> {
    match headers.single(":method")? {
        Some("POST") => Ok(HttpMethod::Post),
        Some("GET") => Ok(HttpMethod::Get),
        Some("DELETE") => Ok(HttpMethod::Delete),
        Some("OPTIONS") => Ok(HttpMethod::Options),
        _ => Err(RequestError::HttpMethod),
    }
}

/// `application/json`, alone or with a charset of UTF-8. Another parameter or a second type could make a server decode
/// the body differently.
fn content_type(headers: &Headers) -> Result<(), RequestError> {
    let value = headers
        .single("content-type")?
        .ok_or(RequestError::ContentType)?;
    let mut parts = value.split(';').map(|part| part.trim_matches([' ', '\t']));
    let json = parts
        .next()
        .is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    let utf8 = match (parts.next(), parts.next()) {
        (None, _) => true,
        (Some(parameter), None) => UTF_8
            .into_iter()
            .any(|charset| parameter.eq_ignore_ascii_case(charset)),
        _ => false,
    };
    if json && utf8 {
        Ok(())
    } else {
        Err(RequestError::ContentType)
    }
}

fn content_encoding(headers: &Headers) -> Result<(), RequestError> {
    match headers.single("content-encoding")? {
        None => Ok(()),
        Some(coding) if coding.eq_ignore_ascii_case("identity") => Ok(()),
        Some(_) => Err(RequestError::ContentEncoding),
    }
}

fn announces_body(headers: &Headers) -> bool {
    headers.has("transfer-encoding") || headers.all("content-length").any(|length| length != b"0")
}

fn request_id(headers: &Headers) -> Option<Box<str>> {
    let id = headers.single("x-request-id").ok()??;
    // Clients choose it where the host keeps what they send.
    let is_id = (1..=128).contains(&id.len()) && (is_uuid(id) || !secret::may_stand(id));
    is_id.then(|| id.into())
}

/// True for a text with the form of the ids that hosts make, which needs no search.
fn is_uuid(id: &str) -> bool {
    let dash = |at: &usize| id.as_bytes().get(*at) == Some(&b'-');
    id.len() == 36 && [8, 13, 18, 23].iter().all(dash)
}

fn trace_id(headers: &Headers) -> Option<Box<str>> {
    trace_id_of(headers.single("traceparent").ok()??)
}

fn trace_id_of(trace_parent: &str) -> Option<Box<str>> {
    let id = trace_parent.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.into())
}
