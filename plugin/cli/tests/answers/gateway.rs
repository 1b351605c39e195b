//! A gateway that serves approvals, and other servers in its place; it keeps the requests.
//!
//! It never decides by the form: the path says what it answers.

use crate::http::{Answer, Request, answer, start_plain};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(super) const ID: &str = "5f3a9c0e7b1d4a2f8e6c0b9d7a5f3e1c";

#[derive(Clone, Default)]
pub(super) struct Gateway {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    pub(super) fn start() -> Self {
        let gateway = Self::default();
        let address = start_plain(gateway.respond());
        Self { address, ..gateway }
    }

    pub(super) fn url(&self) -> String {
        self.at("/approvals")
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far, whole.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }

    pub(super) fn respond(&self) -> impl Fn(&Request) -> Answer + Send + Clone + 'static {
        let requests = Arc::clone(&self.requests);
        move |request| {
            let whole = format!("{}{}", request.head, request.body);
            requests.lock().expect("requests").push(whole);
            match request.has_field("authorization: Bearer secret") {
                true => respond(request),
                false => answer("401 x", "", "Jwt is missing"),
            }
        }
    }
}

fn respond(request: &Request) -> Answer {
    let (path, id) = request.path.rsplit_once('/').unwrap_or_default();
    match (&*request.method, id == ID) {
        ("POST", true) => decision(path, &request.body),
        ("GET", true) => one(path),
        _ => list(&request.path),
    }
}

const JSON: &str = "Content-Type: application/json\r\n";
const LOGIN: &str = "Location: https://login.example/authorize?state=hunter2\r\n";

fn list(path: &str) -> Answer {
    match path {
        "/empty" => ok(&json!({ "approvals": [] })),
        "/stranger" => error("403 x", "You are no approver."),
        "/redirect" => answer("302 x", LOGIN, ""),
        "/text" => answer("200 x", "", "hello"),
        "/huge" => answer("200 x", JSON, &padded(1 << 20)),
        "/large" => answer("200 x", JSON, &padded(1 << 19)),
        "/slow" => {
            std::thread::sleep(Duration::from_secs(5));
            ok(&json!({ "approvals": [] }))
        }
        _ => ok(&json!({ "approvals": [call("pending", "deploy", &json!({}))] })),
    }
}

/// An empty list with so much space.
fn padded(space: usize) -> String {
    format!("{}{}", r#"{"approvals":[]}"#, " ".repeat(space))
}

fn one(path: &str) -> Answer {
    let main = call("pending", "deploy", &json!({ "branch": "main" }));
    match path {
        "/own" => ok(&json!({ "approval": main, "cannot": "You made this call yourself." })),
        "/stranger" => ok(&json!({ "state": "pending" })),
        "/hostile" => ok(&json!({ "approval": hostile(), "csrf": "hunter2" })),
        _ => ok(&json!({ "approval": main, "csrf": "hunter2" })),
    }
}

fn hostile() -> Value {
    let arguments = json!({
        "ansi": "ok\u{1b}[8mrm -rf /\u{1b}[0m",
        "bidi": "user\u{202e}txt.exe\u{2066}",
        "zero": "ad\u{200b}min\u{feff}",
        "\u{9b}2J": 1
    });
    call("pending", "d\u{435}ploy", &arguments)
}

fn decision(path: &str, form: &str) -> Answer {
    match path {
        "/expired" => error("410 x", "This call has expired."),
        "/decided" => error("409 x", "`ops:bob` has refused this call already."),
        "/post-redirect" => answer("303 x", "Location: /login\r\n", ""),
        _ if form.starts_with("decision=approve&csrf=hunter2") => {
            ok(&json!({ "approval": call("approved", "deploy", &json!({})) }))
        }
        _ if form == "decision=refuse&csrf=hunter2" => {
            ok(&json!({ "approval": call("refused", "deploy", &json!({})) }))
        }
        _ => error("403 x", "The form is not one of this page."),
    }
}

fn call(state: &str, name: &str, arguments: &Value) -> Value {
    json!({
        "id": ID, "state": state, "grant": "ci", "server": "builds", "kind": "tool", "name": name,
        "asked": "2026-11-29T22:00:00.000Z", "expires": "2126-11-29T22:15:00.000Z",
        "rule": "/tools/deploy/require_approval", "arguments": arguments
    })
}

fn ok(body: &Value) -> Answer {
    answer("200 x", JSON, &body.to_string())
}

fn error(status: &'static str, sentence: &str) -> Answer {
    answer(status, JSON, &json!({ "error": sentence }).to_string())
}
