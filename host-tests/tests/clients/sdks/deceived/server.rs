//! Turns a request into the answer of a deceiving server: the path names the trick.
//!
//! It does not deceive before a session begins, so that every client gets to its lists and calls.

use super::tricks::{Answer, TRICKS, Trick};
use host_tests::upstream::{Recorded, Upstream, reply};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The deceiving server, and the server that its redirects lead to.
pub(super) struct Server {
    pub(super) deceiving: Upstream,
    _beside: Upstream,
}

impl Server {
    pub(super) fn start() -> Self {
        let beside = Upstream::answering(|request| answer(request, ([127, 0, 0, 1], 0).into()));
        let beside = beside.expect("a server beside");
        let addr = beside.addr();
        let deceiving = Upstream::answering(move |request| answer(request, addr));
        Self {
            deceiving: deceiving.expect("a server"),
            _beside: beside,
        }
    }
}

fn answer(request: &Recorded, beside: SocketAddr) -> Vec<u8> {
    if request.method != "POST" {
        return reply(405, "text/plain", b"");
    }
    let message: Value = serde_json::from_slice(&request.body).expect("a client sends JSON");
    let id = message["id"].clone();
    match message["method"].as_str() {
        Some("initialize") => {
            let version = &message["params"]["protocolVersion"];
            let result = json!({ "protocolVersion": version, "capabilities": { "tools": {} }, "serverInfo": { "name": "server", "version": "1" } });
            let message = json!({ "jsonrpc": "2.0", "id": id, "result": result });
            reply(200, "application/json", message.to_string().as_bytes())
        }
        Some(method @ ("tools/list" | "tools/call")) => {
            let list = method == "tools/list";
            (trick(&request.path).answer)(&Answer { id, list, beside })
        }
        _ => reply(202, "text/plain", b""),
    }
}

fn trick(path: &str) -> &'static Trick {
    let named = TRICKS.iter().find(|own| path == format!("/{}", own.name));
    named.unwrap_or_else(|| panic!("no trick is called {path}"))
}
