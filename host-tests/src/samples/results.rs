//! The server answers that are measured: a result of any size, as a JSON document or in an event stream.
//!
//! Nothing in them is redacted.

use serde_json::{Value, json};

/// An answer, in the form in which a server sends it.
#[derive(Clone)]
pub struct Answer {
    /// `application/json` or `text/event-stream`.
    pub content_type: &'static str,
    /// The whole body.
    pub body: Vec<u8>,
}

/// The shortest answer: an empty result, 36 bytes.
pub fn empty() -> Answer {
    document(&json!({}))
}

/// A tool's result with a text of so many bytes, as a JSON document.
pub fn text(bytes: usize) -> Answer {
    document(&result(bytes))
}

/// A tool's result with this text, as a JSON document.
pub fn saying(text: &str) -> Answer {
    document(&said(text))
}

/// A tool's result with a text of so many bytes in an event stream, as servers on the official SDKs send it.
pub fn events(bytes: usize) -> Answer {
    stream(&result(bytes))
}

/// The shortest answer in an event stream.
pub fn empty_event() -> Answer {
    stream(&json!({}))
}

/// A list of so many tools.
pub fn list(tools: usize) -> Answer {
    let schema = json!({ "type": "object", "properties": { "path": { "type": "string" } } });
    let tool = |number: usize| json!({ "name": format!("tool_{number}"), "description": "Reads one file and returns its text.", "inputSchema": schema });
    document(&json!({ "tools": (0..tools).map(tool).collect::<Value>() }))
}

fn result(bytes: usize) -> Value {
    const LINE: &str = "The build took 12.5 s; see \"out/log.txt\" for 3 warnings.\n";
    let text: String = LINE.chars().cycle().take(bytes).collect();
    said(&text)
}

fn said(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

fn message(result: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string()
}

fn document(result: &Value) -> Answer {
    Answer {
        content_type: "application/json",
        body: message(result).into_bytes(),
    }
}

fn stream(result: &Value) -> Answer {
    Answer {
        content_type: "text/event-stream",
        body: format!("event: message\ndata: {}\n\n", message(result)).into_bytes(),
    }
}
