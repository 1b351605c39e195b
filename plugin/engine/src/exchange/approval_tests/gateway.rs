//! A gateway in memory, its callers, and the persons who decide: turns their requests into what each of them sees.
//!
//! It expects no outcome.

use crate::host::*;
use crate::store::Memory;
use std::sync::Arc;

pub(super) const NOW: u64 = 1_767_225_618_000;

pub(super) const POLICY: &str = r#"{
    "version": "1", "default": "deny",
    "identity": { "from": [{ "jwt_claim": "sub" }] },
    "approvals": {
        "keys": ["KEY"], "url": "https://gateway.example/approvals", "ttl": "15m",
        "approvers": { "release": { "claim": { "role": "release" } }, "security": { "claim": { "role": "security" } } }
    },
    "tools": {
        "deploy": { "require_approval": { "message": "Deploying needs a person.", "approvers": ["release"] } },
        "drop": { "require_approval": { "conditions": [{ "path": "args.table", "op": "neq", "value": "test" }] } },
        "twice": { "require_approval": { "approvers": ["release"] } },
        "limited": { "limits": [{ "counter": "calls", "window": "hour", "max": 1, "over": "approve" }] },
        "several": { "action": "require_approval", "limits": [
            { "counter": "hourly", "window": "hour", "max": 1, "over": "approve" },
            { "counter": "daily", "window": "day", "max": 1, "over": "approve" }
        ] },
        "counted": { "action": "require_approval", "limits": [{ "counter": "some", "window": "hour", "max": 2 }] }
    },
    "all_tools": { "require_approval": { "conditions": [{ "path": "tool", "op": "eq", "value": "twice" }], "approvers": ["security"] } }
}"#;

pub(super) const AGENT: &str = r#"{"iss":"i","sub":"agent"}"#;
pub(super) const PERSON: &str = r#"{"iss":"i","sub":"pat","role":"release"}"#;
pub(super) const GUARD: &str = r#"{"iss":"i","sub":"gus","role":["security"]}"#;

/// The service of approvals: turns a question into the body of its answer.
pub(super) type Service = Box<dyn FnMut(&SignedMessage) -> Option<String>>;

pub(super) struct Gateway {
    pub(super) policy: Arc<Policy>,
    pub(super) store: Store,
    pub(super) memory: Memory,
    pub(super) now: u64,
    pub(super) lines: Vec<String>,
    pub(super) service: Service,
}

/// The outcome of a request: the body at the server, or the reply.
#[derive(Debug)]
pub(super) enum Seen {
    Passed(Option<String>),
    Reply(Reply),
}

impl Seen {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Passed(_) => "passed".into(),
            Self::Reply(reply) => String::from_utf8(reply.body.clone()).unwrap(),
        }
    }

    pub(super) fn passed(&self) -> bool {
        matches!(self, Self::Passed(_))
    }

    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Passed(_) => 0,
            Self::Reply(reply) => reply.status,
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    pub(super) fn id(&self) -> String {
        let url = self.json()["result"]["_meta"]["mcp-policy/decision"]["approvalUrl"].clone();
        url.as_str().unwrap().rsplit('/').next().unwrap().into()
    }
}

/// An answer with the status 200.
fn answered(body: String) -> ServiceAnswer {
    ServiceAnswer {
        status: 200,
        body: body.into(),
    }
}

pub(super) fn key(_: &str) -> Option<String> {
    Some("0123456789abcdef0123456789abcdef".into())
}

impl Gateway {
    pub(super) fn new() -> Self {
        Self::with(POLICY)
    }

    pub(super) fn with(policy: &str) -> Self {
        let policy = Policy::parse(policy.as_bytes()).unwrap();
        let policy = Arc::new(policy.with_environment(key).unwrap());
        let mut memory = Memory::default();
        let store = Store::prepare(&mut memory, "test", &policy, [7; 16]).unwrap();
        Self {
            policy,
            store,
            memory,
            now: NOW,
            lines: Vec::new(),
            service: Box::new(|_| None),
        }
    }

    pub(super) fn send(
        &mut self,
        headers: &[(&str, &str)],
        body: Option<&str>,
        claims: Option<&str>,
    ) -> Seen {
        let verified = Verified {
            claims: claims.map(Into::into),
            ..Verified::default()
        };
        let context = HostContext {
            verified,
            ..HostContext::default()
        };
        let now = Millis(self.now);
        let headers = Headers::from_iter(headers.iter().copied());
        let (mut exchange, step) =
            Exchange::new(self.policy.clone(), &headers, body.is_none(), context, &now);
        let mut step = exchange.resolve(step, &self.store, &mut self.memory, &now);
        if let (Next::NeedMore, Some(body)) = (&step.next, body) {
            let event = Event::Body {
                bytes: body.into(),
                end_of_stream: true,
            };
            let fed = exchange.feed(event, &now);
            step = exchange.resolve(fed, &self.store, &mut self.memory, &now);
        }
        while let Next::Ask(Ask::Service(message)) = &step.next {
            let answer = (self.service)(message).map(answered);
            let fed = exchange.feed(Event::ServiceAnswer(answer), &now);
            step = exchange.resolve(fed, &self.store, &mut self.memory, &now);
        }
        self.lines.extend(step.audit.map(|audit| audit.into_line()));
        match step.next {
            Next::Forward => Seen::Passed(None),
            Next::ForwardBody(body) => Seen::Passed(Some(String::from_utf8(body).unwrap())),
            Next::Reply(reply) => Seen::Reply(reply),
            next => panic!("{next:?}"),
        }
    }

    pub(super) fn post(&mut self, body: &str, claims: &str) -> Seen {
        let headers = [
            (":method", "POST"),
            (":path", "/mcp"),
            ("content-type", "application/json"),
        ];
        self.send(&headers, Some(body), Some(claims))
    }

    pub(super) fn call(&mut self, tool: &str, arguments: &str) -> Seen {
        self.call_as(tool, arguments, AGENT)
    }

    pub(super) fn call_as(&mut self, tool: &str, arguments: &str, claims: &str) -> Seen {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        );
        self.post(&body, claims)
    }

    pub(super) fn modern(&mut self, tool: &str, members: &str, capabilities: &str) -> Seen {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{members}"name":"{tool}","arguments":{{"service":"web"}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"c","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{capabilities}}}}}}}"#
        );
        let headers = [
            (":method", "POST"),
            (":path", "/mcp"),
            ("content-type", "application/json"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        self.send(&headers, Some(&body), Some(AGENT))
    }

    pub(super) fn get(&mut self, path: &str, claims: Option<&str>) -> Seen {
        let headers = [
            (":method", "GET"),
            (":path", path),
            ("accept", "application/json"),
        ];
        self.send(&headers, None, claims)
    }

    pub(super) fn show(&mut self, id: &str, claims: &str) -> serde_json::Value {
        self.get(&format!("/approvals/{id}"), Some(claims)).json()
    }

    /// The token of the form that the person sees.
    pub(super) fn csrf(&mut self, id: &str) -> String {
        let shown = self.show(id, PERSON);
        shown["csrf"].as_str().unwrap().to_owned()
    }

    pub(super) fn submit(&mut self, id: &str, form: &str, claims: &str) -> Seen {
        self.submit_with(id, form, claims, &[])
    }

    pub(super) fn submit_with(
        &mut self,
        id: &str,
        form: &str,
        claims: &str,
        more: &[(&str, &str)],
    ) -> Seen {
        let path = format!("/approvals/{id}");
        let headers = [
            (":method", "POST"),
            (":path", &*path),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(&[&headers, more].concat(), Some(form), Some(claims))
    }

    pub(super) fn decide(&mut self, id: &str, decision: &str, claims: &str) -> Seen {
        let shown = self.show(id, claims);
        let csrf = shown["csrf"].as_str().unwrap_or_default();
        self.submit(id, &format!("decision={decision}&csrf={csrf}"), claims)
    }

    pub(super) fn approve(&mut self, id: &str) {
        let decided = self.decide(id, "approve", PERSON);
        assert_eq!(
            decided.json()["approval"]["state"],
            "approved",
            "{decided:?}"
        );
    }
}
