//! A server whose answers depend on the path of the URL.
//!
//! It never keeps state.

use crate::http::{Answer, Request, answer};

pub(super) fn respond(request: &Request) -> Answer {
    let endpoint = "event: endpoint\ndata: /messages\n\n";
    let stream = || answer("200 x", "Content-Type: text/event-stream\r\n", endpoint);
    match (&*request.path, &*request.method) {
        ("/old", "GET") | ("/old-post", _) => stream(),
        ("/old", _) => answer("405 x", "", ""),
        ("/key", _) if !request.has_field("x-key: a b") => answer("401 x", "", ""),
        ("/token", _) if !request.has_field("authorization: Bearer secret") => {
            answer("401 x", "", "")
        }
        (path, method) => match fixed(path) {
            Some(answer) => answer,
            None if method == "POST" => message(path, &request.body),
            None => answer("405 x", "", ""),
        },
    }
}

/// The answers that do not depend on the message.
fn fixed(path: &str) -> Option<Answer> {
    const JSON: &str = "Content-Type: application/json\r\n";
    const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
    const TEXT: &str = "Content-Type: text/plain\r\n";
    let (status, fields, body) = match path {
        "/308" => ("308 x", "Location: /mcp/?key=hunter2\r\n", ""),
        "/307" => (
            "307 x",
            "Location: https://a:hunter2@mcp.example.com/x\r\n",
            "",
        ),
        "/302" => ("302 x", "Location: /login?state=hunter2\r\n", ""),
        "/301" => ("301 x", "Location: javascript:alert(1)\r\n", ""),
        "/401" => (
            "401 x",
            "WWW-Authenticate: Bearer realm=\"a\", resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource\"\r\n",
            "",
        ),
        "/403" => (
            "403 x",
            JSON,
            r#"{"error":{"message":"Not for you\u001b[2J"}}"#,
        ),
        "/404" => ("404 x", TEXT, "404 page not found\n"),
        "/405" => ("405 x", "", ""),
        "/406" => (
            "406 x",
            JSON,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Not Acceptable"}}"#,
        ),
        "/429" => ("429 x", "Retry-After: 30\r\n", ""),
        "/502" => (
            "502 x",
            HTML,
            "<html><head><title>502 Bad Gateway</title></head></html>",
        ),
        "/599" => ("599 x", "", ""),
        "/html" => ("200 x", HTML, "<!doctype html><title>Sign in</title>"),
        "/text" => ("200 x", TEXT, "hello"),
        "/202" => ("202 x", "", ""),
        _ => return None,
    };
    Some(answer(status, fields, body))
}

/// The answer of an MCP server to one message.
fn message(path: &str, body: &str) -> Answer {
    let message: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let Some(id) = message.get("id") else {
        return answer("202 x", "", "");
    };
    let result = match (
        path,
        message.get("method").and_then(|method| method.as_str()),
    ) {
        (_, Some("initialize")) => {
            r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}"#
        }
        ("/late401", _) => return answer("401 x", "", ""),
        ("/pages", _) if !body.contains("\"cursor\":\"next\"") => {
            r#"{"tools":[{"name":"get_first","inputSchema":{"type":"object"}}],"nextCursor":"next"}"#
        }
        ("/number", _) => r#"{"tools":[{"name":5,"inputSchema":{}}]}"#,
        ("/error", _) => {
            let body = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"broken"}}}}"#
            );
            return answer("200 x", "Content-Type: application/json\r\n", &body);
        }
        _ => r#"{"tools":[{"name":"get_x","inputSchema":{"type":"object"}}]}"#,
    };
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
    match path {
        "/events" => answer(
            "200 x",
            "Content-Type: text/event-stream\r\n",
            &format!("data: {body}\n\n"),
        ),
        _ => answer("200 x", "Content-Type: application/json\r\n", &body),
    }
}
