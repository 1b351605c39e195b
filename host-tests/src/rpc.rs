//! The JSON-RPC messages that tests send, the HTTP requests around them, and the reason in the answer to a refused one.
//!
//! It never sends one.

use crate::wire::{Http1Request, RawHeaders, Response};

/// A call of a tool without arguments, with the id 1.
pub fn call(tool: &str) -> Vec<u8> {
    call_with(tool, 1)
}

/// A call of a tool without arguments.
pub fn call_with(tool: &str, id: usize) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
        .into_bytes()
}

/// The header fields that a client of the protocol sends with a message.
pub fn headers() -> RawHeaders {
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    headers
        .map(|(name, value)| (name.into(), value.into()))
        .into()
}

/// The reason of a refusal, such as `not_allowed`; `None` in an answer of a server.
pub fn reason(response: &Response) -> Option<String> {
    let text = String::from_utf8_lossy(&response.body);
    let reason = text.split(r#""reason":""#).nth(1)?;
    reason.split('"').next().map(Into::into)
}

/// A POST of a message to `/mcp`.
pub fn post(body: Vec<u8>) -> Http1Request {
    Http1Request {
        method: "POST".into(),
        path: "/mcp".into(),
        headers: headers(),
        body: Some(body),
        chunks: None,
    }
}
