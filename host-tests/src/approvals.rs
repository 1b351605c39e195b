//! Turns policies whose tool waits for a person into a gateway in front of an MCP server, and the person's decisions into
//! requests to the gateway's page.
//!
//! It never calls the tool, and expects no outcome.

use crate::authentication::{ACME, Tokens, jwt_authn};
use crate::bootstrap::{Config, Listener};
use crate::envoy::Envoy;
use crate::tokens::Issuer;
use crate::upstream::{Recorded, Upstream, reply};
use crate::wire::{Deadline, Http1Request, Response, http1};
use crate::{APPROVAL_KEY, APPROVAL_KEYS, wasm_path};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The tool that needs an approval.
pub const TOOL: &str = "deploy";
/// The text of its result.
pub const RESULT: &str = "it ran";
/// The newest revision, whose clients wait by themselves.
const MODERN: &str = "2026-07-28";
const PAGE: &str = "/approvals";
/// The time for one answer of the page.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time for a call to reach the gateway: an SDK starts and connects before it.
const ARRIVAL: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// A policy that allows the tool to callers with a token: once a person has approved, or at once.
pub fn policy(asks: bool) -> Value {
    let message = json!({ "require_approval": { "message": "Deploying needs a person." } });
    json!({
        "version": "1",
        "default": "deny",
        "host": { "hold_request_headers": true },
        "identity": { "from": [{ "jwt_claim": "sub" }] },
        "approvals": {
            "keys": [APPROVAL_KEYS[0]],
            "url": format!("https://gateway.example{PAGE}"),
            "approvers": { "release": { "claim": { "groups": "release" } } },
        },
        "tools": { TOOL: if asks { message } else { json!({}) } },
    })
}

/// The same policy with another time for which an answer is held.
pub fn held_for(hold: &str) -> Value {
    let mut policy = policy(true);
    policy["approvals"]["hold"] = hold.into();
    policy
}

/// The number of calls that reached the server, by their argument `service`.
type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// A running gateway, its server, and the person.
#[derive(Debug)]
pub struct Gateway {
    envoy: Envoy,
    _server: Upstream,
    counts: Counts,
    issuer: Issuer,
    person: String,
    /// The listener whose page the person visits. All have the same approvals.
    page: String,
}

impl Gateway {
    /// Starts the server, and an Envoy with a listener for each of these names and policies.
    ///
    /// # Panics
    /// When one of them does not start.
    pub fn start(policies: &[(&str, Value)]) -> Self {
        let counts = Counts::default();
        let counted = Arc::clone(&counts);
        let server = Upstream::serving(move |request| answer(request, &counted).into());
        let server = server.expect("the server starts");
        let issuer = Issuer::new(ACME.issuer, ACME.audience);
        let listeners = policies
            .iter()
            .map(|(name, policy)| listener(name, policy, server.addr()));
        let mut config = Config::new(listeners.collect());
        config.concurrency = 2;
        config.files = BTreeMap::from([(ACME.file(), issuer.jwks())]);
        Self {
            envoy: Envoy::start(&config).expect("Envoy starts"),
            _server: server,
            counts,
            person: issuer.token(json!({ "sub": "pat", "groups": ["release"] })),
            issuer,
            page: policies.first().expect("there is one").0.to_owned(),
        }
    }

    /// The gateway itself.
    pub const fn envoy(&self) -> &Envoy {
        &self.envoy
    }

    /// The token of a caller with this claim `sub`.
    pub fn token(&self, caller: &str) -> String {
        self.issuer.token(json!({ "sub": caller }))
    }

    /// The number of calls with this argument `service` that reached the server.
    ///
    /// # Panics
    /// When the server panicked.
    pub fn ran(&self, service: &str) -> usize {
        let counts = self.counts.lock().expect("no panic");
        counts.get(service).copied().unwrap_or_default()
    }

    /// The number of requests at a listener that have no complete answer.
    ///
    /// # Panics
    /// When Envoy does not know it.
    pub fn under_way(&self, listener: &str) -> u64 {
        let name = format!("http.{listener}.downstream_rq_active");
        self.envoy.stat(&name).expect("Envoy counts them")
    }

    /// The pending approvals, newest first: the id of each, and its caller.
    ///
    /// # Panics
    /// When the page does not show them.
    pub fn pending(&self) -> Vec<(String, String)> {
        let page = json_of(&self.visit("GET", "", None));
        let all = page["approvals"].as_array().expect("a list").iter();
        let of = |own: &Value, name: &str| own[name].as_str().expect("a text").to_owned();
        all.map(|own| (of(own, "id"), of(own, "grant"))).collect()
    }

    /// The pending approval of a caller, once there is one.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn asked_by(&self, caller: &str) -> String {
        let grant = format!("jwt:sub={caller} iss={}", ACME.issuer);
        let deadline = Deadline::after(ARRIVAL);
        loop {
            let mut pending = self.pending().into_iter();
            if let Some((id, _)) = pending.find(|(_, own)| *own == grant) {
                return id;
            }
            let left = deadline.left();
            assert!(left.is_ok(), "no call of {caller}: {}", self.envoy.log());
            thread::sleep(PAUSE);
        }
    }

    /// The approval as the person sees it, with the token of its form.
    pub fn shown(&self, id: &str) -> Value {
        json_of(&self.visit("GET", &format!("/{id}"), None))
    }

    /// The person decides (`approve` or `refuse`). Returns the status of the answer.
    pub fn decide(&self, id: &str, decision: &str, reason: &str) -> u16 {
        let shown = self.shown(id);
        // Without a form, the person has no token, and tries in vain.
        let token = shown["csrf"].as_str().unwrap_or("none");
        let reason = reason.replace(' ', "+");
        let form = format!("decision={decision}&reason={reason}&csrf={token}");
        self.visit("POST", &format!("/{id}"), Some(form)).status
    }

    /// The person approves.
    ///
    /// # Panics
    /// When the page does not take it.
    pub fn approve(&self, id: &str) {
        assert_eq!(self.decide(id, "approve", ""), 200, "{}", self.shown(id));
    }

    fn visit(&self, method: &str, path: &str, form: Option<String>) -> Response {
        let person = format!("Bearer {}", self.person);
        let headers = [
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("authorization", &person),
        ];
        let request = Http1Request {
            method: method.into(),
            path: format!("{PAGE}{path}"),
            headers: headers
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            body: form.map(String::into_bytes),
            chunks: None,
        };
        http1(self.envoy.addr(&self.page), &request, PATIENCE).expect("the page answers")
    }
}

fn json_of(response: &Response) -> Value {
    let shown = String::from_utf8_lossy(&response.body);
    assert_eq!(response.status, 200, "{shown}");
    serde_json::from_slice(&response.body).expect("JSON")
}

/// A listener that verifies tokens before the plugin. They share their approvals, as they have the same VM.
fn listener(name: &str, policy: &Value, server: SocketAddr) -> Listener {
    let mut listener = Listener::new(name, &policy.to_string(), server, &wasm_path());
    let key = (APPROVAL_KEYS[0].to_owned(), APPROVAL_KEY.to_owned());
    listener.environment = BTreeMap::from([key]);
    listener.before = vec![jwt_authn(&[ACME], Tokens::One)];
    listener
}

/// The answers of an MCP server without sessions, of the newest revision and of older ones.
fn answer(request: &Recorded, counts: &Counts) -> Vec<u8> {
    let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let result = match message["method"].as_str() {
        Some("server/discover") => {
            json!({ "supportedVersions": [MODERN], "capabilities": { "tools": {} } })
        }
        Some("initialize") => json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "server-of-the-test", "version": "1" },
        }),
        Some("tools/list") => {
            json!({ "tools": [{ "name": TOOL, "inputSchema": { "type": "object" } }] })
        }
        Some("tools/call") => ran(&message, counts),
        Some(_) => return b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_vec(),
        None => return reply(405, "application/json", b"{}"),
    };
    let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": complete(result) });
    reply(200, "application/json", answer.to_string().as_bytes())
}

/// A result with the members that the newest revision requires.
fn complete(mut result: Value) -> Value {
    result["resultType"] = "complete".into();
    result["ttlMs"] = 0.into();
    result["cacheScope"] = "private".into();
    result
}

fn ran(message: &Value, counts: &Counts) -> Value {
    let service = message["params"]["arguments"]["service"].as_str();
    let service = service.unwrap_or_default().to_owned();
    *counts.lock().expect("no panic").entry(service).or_default() += 1;
    json!({ "content": [{ "type": "text", "text": RESULT }] })
}
