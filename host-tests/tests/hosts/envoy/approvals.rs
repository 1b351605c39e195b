//! Tests calls that wait for a person on a real Envoy with two workers: which pass, how often, and what is held meanwhile.

use super::gateway::LIMIT;
use host_tests::authentication::{ACME, AUDIENCE, Tokens, jwt_authn};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::tokens::Issuer;
use host_tests::upstream::{Recorded, Upstream};
use host_tests::wire::{Http1Request, Response, http1};
use host_tests::{APPROVAL_KEY, rpc, wasm_path};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

pub(super) const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [{ "jwt_claim": "sub" }] },
    "approvals": { "keys": ["KEY"], "url": "https://gateway.example/approvals", "hold": "3s",
        "approvers": { "release": { "claim": { "groups": "release" } } } },
    "tools": { "deploy": { "action": "require_approval" }, "free": {} },
    "host": { "hold_request_headers": true } }"#;

/// An Envoy with two workers, its server, and the tokens of an agent and a person.
pub(super) struct Gateway {
    pub(super) envoy: Envoy,
    pub(super) config: Config,
    pub(super) upstream: Upstream,
    pub(super) agent: String,
    pub(super) person: String,
}

pub(super) fn config(policy: &str, upstream: SocketAddr, issuer: &Issuer) -> Config {
    let mut listener = Listener::new("mcp", policy, upstream, &wasm_path());
    listener.before = vec![jwt_authn(&[ACME], Tokens::OneOrNone)];
    listener
        .environment
        .insert("KEY".into(), APPROVAL_KEY.into());
    let mut config = Config::new(vec![listener]);
    config.concurrency = 2;
    config.files.insert(ACME.file(), issuer.jwks());
    config
}

impl Gateway {
    fn start(ecds: bool) -> Self {
        Self::with(POLICY, ecds)
    }

    fn with(policy: &str, ecds: bool) -> Self {
        let upstream = Upstream::start().expect("the upstream starts");
        let issuer = Issuer::new(ACME.issuer, AUDIENCE);
        let mut config = config(policy, upstream.addr(), &issuer);
        config.ecds = ecds;
        let bearer = |claims: Value| format!("Bearer {}", issuer.token(claims));
        Self {
            envoy: Envoy::start(&config).expect("Envoy starts"),
            config,
            upstream,
            agent: bearer(json!({ "sub": "agent" })),
            person: bearer(json!({ "sub": "pat", "groups": ["release"] })),
        }
    }

    fn addr(&self) -> SocketAddr {
        self.envoy.addr("mcp")
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Response {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| ((*name).into(), (*value).into()));
        let request = Http1Request {
            method: method.into(),
            path: path.into(),
            headers: headers.collect(),
            body: body.map(Into::into),
            chunks: None,
        };
        http1(self.addr(), &request, LIMIT).expect("an answer")
    }

    fn call(&self, body: &str) -> Response {
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &*self.agent),
        ];
        self.send("POST", "/mcp", Some(body), &headers)
    }

    fn modern(&self, state: Option<&str>) -> Response {
        let body = modern_body(state);
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &*self.agent),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "deploy"),
        ];
        self.send("POST", "/mcp", Some(&body), &headers)
    }

    /// The id of the approval that a call asks for.
    pub(super) fn asked(&self) -> String {
        id_of(&self.call(&deploy(1)))
    }

    fn decide(&self, id: &str, decision: &str) -> Response {
        let path = format!("/approvals/{id}");
        let person = ("authorization", &*self.person);
        let shown = self.send(
            "GET",
            &path,
            None,
            &[person, ("accept", "application/json")],
        );
        let csrf = json_of(&shown)["csrf"].as_str().expect("a form").to_owned();
        let form = format!("decision={decision}&csrf={csrf}");
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send(
            "POST",
            &path,
            Some(&form),
            &[person, kind, ("accept", "application/json")],
        )
    }

    fn approve(&self, id: &str) {
        let decided = self.decide(id, "approve");
        assert_eq!(json_of(&decided)["approval"]["state"], "approved");
    }

    /// The calls of `deploy` that reached the server since the last look.
    fn served(&self) -> usize {
        let recorded = self.upstream.take();
        let deploys = recorded.iter().filter(|request| {
            assert!(request.header("cookie").is_none());
            String::from_utf8_lossy(&request.body).contains("deploy")
        });
        deploys.count()
    }
}

fn deploy(id: usize) -> String {
    String::from_utf8(rpc::call_with("deploy", id)).expect("a text")
}

/// A call of 2026-07-28 without arguments, of a client that shows no links.
fn modern_body(state: Option<&str>) -> String {
    let state = state.map(|state| format!(r#""requestState":"{state}","#));
    let state = state.unwrap_or_default();
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{state}"name":"deploy","_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"c","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).expect("an answer in JSON")
}

fn id_of(response: &Response) -> String {
    let answer = json_of(response);
    let url = &answer["result"]["_meta"]["mcp-policy/decision"]["approvalUrl"];
    let url = url.as_str().expect("a link");
    url.rsplit('/').next().unwrap_or_default().into()
}

fn passed(response: &Response) -> bool {
    json_of(response) == json!({ "jsonrpc": "2.0", "id": 1, "result": {} })
}

#[test]
fn thousand_retries_at_once_on_two_workers_pass_one_call() {
    if lacks(&[ENVOY]) {
        return;
    }
    const RETRIES: usize = 1000;
    let gateway = Gateway::start(false);
    let body = deploy(1);
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\nauthorization: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        gateway.agent,
        body.len()
    );
    for round in 0..10 {
        let id = gateway.asked();
        assert_eq!(gateway.served(), 0, "nothing passes before the approval");
        gateway.approve(&id);
        let connect = |_| TcpStream::connect(gateway.addr()).expect("a connection");
        let mut streams: Vec<_> = (0..RETRIES).map(connect).collect();
        for stream in &mut streams {
            stream.write_all(request.as_bytes()).expect("a request");
        }
        let mut passed = 0;
        for stream in &mut streams {
            stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            passed += usize::from(!answer.contains("POLICY DENIED"));
        }
        assert_eq!((passed, gateway.served()), (1, 1), "round {round}");
    }
}

#[test]
fn held_call_is_released_by_the_decision_and_reached_no_server_before() {
    if lacks(&[ENVOY]) {
        return;
    }
    for decision in ["approve", "refuse"] {
        let gateway = Gateway::start(false);
        let released = thread::scope(|scope| {
            let held = scope.spawn(|| gateway.modern(None));
            thread::sleep(Duration::from_millis(500));
            assert!(!held.is_finished(), "it waits");
            let id = gateway.asked();
            assert_eq!(
                gateway.upstream.take(),
                [],
                "without a request to the server"
            );
            gateway.decide(&id, decision);
            let released = held.join().expect("an answer");
            assert_eq!(id_of(&released), id);
            released
        });
        let answer = json_of(&released);
        assert_eq!(answer["result"]["resultType"], "input_required");
        let state = answer["result"]["requestState"].as_str().expect("a state");
        let retried = gateway.modern(Some(state));
        let refused = String::from_utf8_lossy(&retried.body).contains("A person refused");
        match decision {
            "approve" => assert!(passed(&retried), "{retried:?}"),
            _ => assert!(refused, "{retried:?}"),
        }
        let served = gateway.upstream.take();
        assert_eq!(served.len(), usize::from(decision == "approve"));
        let body = |request: &Recorded| request.body.clone();
        let bodies: Vec<_> = served.iter().map(body).collect();
        let own = bodies
            .iter()
            .any(|body| String::from_utf8_lossy(body).contains("requestState"));
        assert!(!own, "the server sees nothing of the rounds");
    }
}

#[test]
fn held_call_is_answered_after_a_reload_and_an_approval_survives_it() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = Gateway::start(true);
    let id = thread::scope(|scope| {
        let held = scope.spawn(|| gateway.modern(None));
        thread::sleep(Duration::from_millis(300));
        let changed = POLICY.replace(r#""free": {}"#, r#""free": {}, "more": {}"#);
        assert!(gateway.envoy.reload("mcp", &changed).expect("a reload"));
        id_of(&held.join().expect("an answer"))
    });
    gateway.approve(&id);
    assert!(gateway.envoy.reload("mcp", POLICY).expect("a reload"));
    assert!(passed(&gateway.call(&deploy(1))), "the rule is the same");
    assert!(!passed(&gateway.call(&deploy(1))));
}

#[test]
fn restart_loses_approvals_and_approves_nothing() {
    if lacks(&[ENVOY]) {
        return;
    }
    let mut gateway = Gateway::start(false);
    let id = gateway.asked();
    gateway.approve(&id);
    drop(std::mem::replace(
        &mut gateway.envoy,
        Envoy::start(&gateway.config).expect("Envoy starts again"),
    ));
    assert_ne!(gateway.asked(), id);
    assert_eq!(gateway.served(), 0);
    let seen = gateway.send(
        "GET",
        &format!("/approvals/{id}"),
        None,
        &[
            ("authorization", &gateway.person),
            ("accept", "application/json"),
        ],
    );
    assert_eq!(seen.status, 404);
}

#[test]
fn page_shows_what_jwt_authn_verified_and_reaches_no_server() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = Gateway::start(false);
    let id = gateway.asked();
    let path = format!("/approvals/{id}");
    let json = ("accept", "application/json");
    let person = ("authorization", &*gateway.person);
    let agent = ("authorization", &*gateway.agent);
    let shown = |headers: &[(&str, &str)]| json_of(&gateway.send("GET", &path, None, headers));
    assert_eq!(shown(&[person, json])["approval"]["name"], "deploy");
    assert_eq!(shown(&[agent, json]), json!({ "state": "pending" }));
    let forged = [
        ("x-user", "pat"),
        ("x-groups", "release"),
        ("cookie", "token=x"),
        json,
    ];
    assert_eq!(shown(&forged), json!({ "state": "pending" }));
    let page = gateway.send(
        "GET",
        "/approvals",
        None,
        &[person, ("accept", "text/html")],
    );
    let text = String::from_utf8_lossy(&page.body).into_owned();
    assert!(text.contains("deploy"), "{text}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(page.header(name), Some(value.as_bytes()), "{name}");
    }
    assert_eq!(gateway.upstream.take(), []);
}

#[test]
fn person_decides_where_headers_are_not_held_and_no_credential_is_passed_on() {
    if lacks(&[ENVOY]) {
        return;
    }
    let flowing = POLICY.replace(
        r#""hold_request_headers": true"#,
        r#""hold_request_headers": false"#,
    );
    assert_ne!(flowing, POLICY);
    let gateway = Gateway::with(&flowing, false);
    let id = gateway.asked();
    gateway.approve(&id);
    for request in gateway.upstream.take() {
        assert!(!request.complete, "{request:?}");
        let decides = request.path.starts_with("/approvals");
        assert!(
            !decides || request.header("authorization").is_none(),
            "{request:?}"
        );
    }
    assert!(passed(&gateway.call(&deploy(1))));
}

#[test]
fn policy_with_approvals_and_without_a_key_is_refused() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let issuer = Issuer::new(ACME.issuer, AUDIENCE);
    for (key, found) in [
        (
            None,
            "found `KEY`, which the environment of the VM does not have",
        ),
        (
            Some("short"),
            "found `KEY`, whose value has less than 32 characters",
        ),
    ] {
        let mut config = config(POLICY, upstream.addr(), &issuer);
        for listener in &mut config.listeners {
            listener.environment.clear();
            let key = key.map(|key| ("KEY".into(), key.into()));
            listener.environment.extend(key);
        }
        let error = Envoy::start(&config).expect_err("the policy is refused");
        assert!(error.log.contains(found), "{}", error.log);
    }
}
