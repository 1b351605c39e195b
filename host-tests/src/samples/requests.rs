//! The HTTP requests of clients that are measured.
//!
//! They are those of ordinary clients, on persistent connections.

use super::policies::BEARER;

/// The headers that a client on the official SDK for Python sends with each message, without its session and the
/// framing of the body.
pub const HEADERS: [(&str, &str); 6] = [
    ("accept", "application/json, text/event-stream"),
    ("accept-encoding", "gzip, deflate"),
    ("user-agent", "python-httpx/0.28.1"),
    ("content-type", "application/json"),
    ("mcp-protocol-version", "2025-11-25"),
    ("authorization", BEARER),
];

/// The headers of such a request in Envoy.
pub const IN_ENVOY: [(&str, &str); 14] = [
    (":authority", "localhost"),
    (":path", "/mcp"),
    (":method", "POST"),
    (":scheme", "http"),
    HEADERS[0],
    HEADERS[1],
    HEADERS[2],
    HEADERS[3],
    HEADERS[4],
    ("mcp-session-id", "6f1c0f6d6a5c4a8c9b1d2e3f4a5b6c7d"),
    HEADERS[5],
    ("content-length", "150"),
    ("x-forwarded-proto", "http"),
    ("x-request-id", "4f9c6a2e-7a0b-4c57-9a35-b7f7f3c8d1e2"),
];

/// A POST of a message in HTTP/1.1, byte for byte, with these headers besides [`HEADERS`].
pub fn post(path: &str, further: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    let framing = [("host", "localhost"), ("content-length", &length)];
    let headers = framing.iter().chain(&HEADERS).chain(further);
    let lines = headers.map(|(name, value)| format!("{name}: {value}\r\n"));
    let head = format!("POST {path} HTTP/1.1\r\n{}\r\n", lines.collect::<String>());
    [head.as_bytes(), body].concat()
}
