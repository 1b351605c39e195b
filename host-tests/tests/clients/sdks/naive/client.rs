//! Turns methods and parameters into the requests of a client without an SDK, which all have the id 1.
//!
//! It ignores a server's own messages, and answers none of its requests.

use crate::sdks::programs::{LEGACY, MODERN};
use host_tests::wire::{Http1Request, RawHeaders, Response, http1};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// How a client uses its session.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    /// It uses the issued session, in this revision.
    Keeps(&'static str),
    /// It ignores the issued session.
    Forgets,
    /// It uses the newest revision, which has no sessions.
    Modern,
}

pub(super) const WAYS: [Way; 5] = [
    Way::Keeps("2025-03-26"),
    Way::Keeps("2025-06-18"),
    Way::Keeps(LEGACY),
    Way::Forgets,
    Way::Modern,
];

impl Way {
    pub(super) fn revision(self) -> &'static str {
        match self {
            Self::Keeps(revision) => revision,
            Self::Forgets => LEGACY,
            Self::Modern => MODERN,
        }
    }

    pub(super) fn name(self) -> String {
        let session = match self {
            Self::Keeps(_) => "",
            Self::Forgets => ", session forgotten",
            Self::Modern => ", no session",
        };
        format!("{}{session}", self.revision())
    }
}

/// A client, from its first request on.
pub(super) struct Client {
    addr: SocketAddr,
    caller: String,
    way: Way,
    session: Option<Vec<u8>>,
    /// The number of requests sent.
    sent: usize,
    got: Vec<Response>,
}

impl Client {
    fn new(addr: SocketAddr, caller: &str, way: Way) -> Self {
        Self {
            addr,
            caller: caller.into(),
            way,
            session: None,
            sent: 0,
            got: Vec::new(),
        }
    }

    pub(super) fn begin(addr: SocketAddr, caller: &str, way: Way) -> Self {
        let mut client = Self::new(addr, caller, way);
        if way == Way::Modern {
            client.ask("server/discover", json!({}));
            return client;
        }
        let info = json!({ "name": "naive", "version": "1" });
        let params =
            json!({ "protocolVersion": way.revision(), "capabilities": {}, "clientInfo": info });
        client.ask("initialize", params);
        if way != Way::Forgets {
            let session = client.got[0].header("mcp-session-id");
            client.session = Some(session.expect("a session").to_vec());
        }
        client.tell("notifications/initialized");
        client
    }

    /// Another connection of the same session, whose exchanges have names of their own.
    pub(super) fn beside(&self) -> Self {
        Self {
            session: self.session.clone(),
            sent: 1000,
            ..Self::new(self.addr, &self.caller, self.way)
        }
    }

    /// Sends all requests, ends the session, and continues as if it had not.
    pub(super) fn play(mut self, requests: &[(String, Value)]) -> Vec<Response> {
        for (method, params) in requests {
            self.ask(method, params.clone());
        }
        if self.way != Way::Modern {
            self.send("DELETE", None, vec![]);
            self.ask("tools/list", json!({}));
        }
        self.got
    }

    pub(super) fn ask(&mut self, method: &str, params: Value) {
        self.ask_by(1, method, params);
    }

    pub(super) fn ask_by(&mut self, id: u32, method: &str, mut params: Value) {
        let mut headers = vec![];
        if self.way == Way::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": { "elicitation": {}, "sampling": {} },
                "io.modelcontextprotocol/clientInfo": { "name": "naive", "version": "1" },
            });
            headers.push(("mcp-method", method.to_owned()));
            let named = params["name"].as_str().or_else(|| params["uri"].as_str());
            headers.extend(named.map(|name| ("mcp-name", name.to_owned())));
        }
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send("POST", Some(message), headers);
    }

    fn tell(&mut self, method: &str) {
        let message = json!({ "jsonrpc": "2.0", "method": method });
        self.send("POST", Some(message), vec![]);
    }

    fn send(&mut self, verb: &str, message: Option<Value>, more: Vec<(&str, String)>) {
        self.sent += 1;
        let fields = [
            ("content-type", "application/json".into()),
            ("accept", "application/json, text/event-stream".into()),
            ("x-user", self.caller.clone()),
            ("x-exchange", format!("{}, {}", self.caller, self.sent)),
        ];
        let own = fields.into_iter().chain(more);
        let mut headers: RawHeaders = own
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        if self.sent > 1 || self.way == Way::Modern {
            headers.push((b"mcp-protocol-version".to_vec(), self.way.revision().into()));
        }
        let session = self.session.iter().cloned();
        headers.extend(session.map(|session| (b"mcp-session-id".to_vec(), session)));
        let request = Http1Request {
            method: verb.into(),
            path: "/mcp".into(),
            headers,
            body: message.map(|message| message.to_string().into_bytes()),
            chunks: None,
        };
        let response = http1(self.addr, &request, LIMIT);
        self.got
            .push(response.unwrap_or_else(|error| panic!("{}: {error}", self.caller)));
    }

    /// # Panics
    /// When the last answer does not hold this text.
    pub(super) fn sees(&self, text: &str) {
        let body = self.got.last().map(|response| &*response.body);
        let body = String::from_utf8_lossy(body.unwrap_or_default());
        assert!(body.contains(text), "{}: no {text} in {body}", self.caller);
    }
}
