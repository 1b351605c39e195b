//! The MCP server behind all chains: its answers are made in advance, one for each path.
//!
//! It reads no message.

use crate::comparisons::Comparison;
use bytes::Bytes;
use host_tests::samples::{Answer, results};
use host_tests::upstream::{Upstream, reply};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// The path whose answer begins a session.
pub(crate) const BEGIN: &str = "/mcp/begin";
/// The path whose answer comes after [`WHILE`].
pub(crate) const SLOW: &str = "/mcp/slow";
pub(crate) const WHILE: Duration = Duration::from_millis(300);
/// The path whose answer has [`SECRET`] in its text.
pub(crate) const LEAK: &str = "/mcp/leak";
pub(crate) const SECRET: &str = "AKIAIOSFODNN7EXAMPLE";

/// Serves the answer of each comparison on its path, or an empty result if its calls should not reach the server.
pub(crate) fn start(comparisons: &[Comparison]) -> Upstream {
    let answer = |own: &Comparison| own.workload.answer.clone().unwrap_or_else(results::empty);
    let paths = comparisons.iter();
    let mut answers: HashMap<String, Bytes> = paths
        .map(|own| (own.path.clone(), raw(&answer(own))))
        .collect();
    answers.insert(SLOW.into(), raw(&results::empty()));
    answers.insert(LEAK.into(), raw(&results::saying(SECRET)));
    let sessions = AtomicU64::new(0);
    let upstream = Upstream::serving(move |request| match request.path.as_str() {
        BEGIN => begun(sessions.fetch_add(1, Ordering::Relaxed)),
        path => {
            if path == SLOW {
                thread::sleep(WHILE);
            }
            answers.get(path).cloned().unwrap_or_default()
        }
    });
    upstream.expect("the server starts")
}

/// The bytes of an answer: a document with its length, or a stream in chunks.
fn raw(answer: &Answer) -> Bytes {
    if answer.content_type == "application/json" {
        return reply(200, answer.content_type, &answer.body).into();
    }
    let head = format!(
        "HTTP/1.1 200 -\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
        answer.content_type,
        answer.body.len()
    );
    [head.as_bytes(), &answer.body, b"\r\n0\r\n\r\n"]
        .concat()
        .into()
}

fn begun(number: u64) -> Bytes {
    let body = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1"}}}"#;
    let head = format!(
        "HTTP/1.1 200 -\r\ncontent-type: application/json\r\nmcp-session-id: 6f1c0f6d6a5c4a8c9b1d2e3f{number:08x}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head, body.into()].concat().into()
}
