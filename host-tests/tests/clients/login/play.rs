//! Plays the login of each client, and controls in which it does not log in, or in vain.
//!
//! It never gives a client a token.

use super::gateway::{Known, policy, start};
use super::server::{self, TOOL};
use host_tests::authentication::AUDIENCE;
use host_tests::ports;
use host_tests::program::Program;
use host_tests::require::{ENVOY, NODE, Need, OLDER_SDK, TYPESCRIPT_SDKS, lacks};
use host_tests::shipped::Shipped;
use host_tests::tokens::Issuer;
use host_tests::upstream::Upstream;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

const NEEDS: [Need; 4] = [ENVOY, OLDER_SDK, NODE, TYPESCRIPT_SDKS];

/// Interpreter, program and arguments.
type Client = (&'static str, &'static str, &'static [&'static str]);

/// One client on each line of an SDK.
const CLIENTS: [Client; 4] = [
    ("MCP_PYTHON_1", "login.py", &[]),
    ("MCP_PYTHON", "login.py", &[]),
    (
        "NODE",
        "login.mjs",
        &[
            "@modelcontextprotocol/sdk/client/index.js",
            "@modelcontextprotocol/sdk/client/streamableHttp.js",
        ],
    ),
    ("NODE", "login.mjs", &["@modelcontextprotocol/client"]),
];

/// A gateway, and the server behind it.
struct Scene {
    gateway: Shipped,
    server: Upstream,
    origin: String,
}

impl Scene {
    fn new(port: u16, token: String, known: &Known<'_>, challenge: bool) -> Self {
        let origin = format!("http://127.0.0.1:{port}");
        let server = server::start(&origin, token);
        let policy = policy(known, &origin, challenge);
        let gateway = start(port, server.addr(), known, &policy);
        server.take();
        Self {
            gateway,
            server,
            origin,
        }
    }

    /// The output of a client that may have a token of an earlier login, and the requests that reached the server
    /// meanwhile.
    fn play(
        &self,
        (interpreter, program, arguments): &Client,
        token: Option<&str>,
    ) -> (Value, Vec<String>) {
        let mut program = Program::start(interpreter, program, arguments);
        let url = server::resource(&self.origin);
        program.tell(&json!({ "url": url, "tool": TOOL, "token": token }).to_string());
        let told = program.told();
        let saw = told
            .first()
            .and_then(|line| serde_json::from_str(line).ok());
        let saw = saw.unwrap_or_else(|| json!({ "printed": told }));
        let requests = self.server.take().into_iter();
        let requests = requests.map(|request| {
            let path = request.path.split('?').next().unwrap_or_default();
            format!("{} {path}", request.method)
        });
        (saw, requests.collect())
    }
}

/// The requests of a login, in their order, and then the first one of MCP.
fn steps() -> [String; 6] {
    [
        format!("GET {}", server::METADATA),
        "GET /.well-known/oauth-authorization-server".into(),
        "POST /register".into(),
        "GET /authorize".into(),
        "POST /token".into(),
        "POST /mcp".into(),
    ]
}

/// Each client logs in once, and then calls the tool; nothing of MCP reaches the server before it has a token.
fn log_in(scene: &Scene, token: Option<&str>, caller: &str) {
    for client in &CLIENTS {
        let (saw, requests) = scene.play(client, token);
        let log = scene.gateway.log();
        let shown = format!("{client:?} saw {saw}\n{requests:#?}\n{log}");
        assert_eq!(saw["logins"], 1, "{shown}");
        assert_eq!(saw["tools"], json!([TOOL]), "{shown}");
        assert_eq!(saw["result"], "it ran", "{shown}");
        let first = |step: &String| requests.iter().position(|request| request == step);
        let at = steps().each_ref().map(first);
        assert!(at.is_sorted() && !at.contains(&None), "{at:?} {shown}");
    }
    let log = scene.gateway.log();
    let calls = log.lines();
    let calls = calls.filter(|line| line.contains(r#""method":"tools/call""#));
    let admitted = |line: &&str| line.contains(r#""decision":"allow""#) && line.contains(caller);
    assert_eq!(calls.filter(admitted).count(), CLIENTS.len(), "{log}");
}

/// No client gets further than a refusal, after so many logins; nothing of MCP reaches the server.
fn end_refused(scene: &Scene, logins: RangeInclusive<u64>, refusal: &str) {
    for client in &CLIENTS {
        let (saw, requests) = scene.play(client, None);
        let shown = format!("{client:?} saw {saw}\n{requests:#?}");
        let seen = saw["logins"].as_u64();
        assert!(seen.is_some_and(|seen| logins.contains(&seen)), "{shown}");
        let ended = saw["ended"].as_str();
        assert!(
            ended.is_some_and(|ended| ended.contains(refusal)),
            "{shown}"
        );
        assert!(!requests.contains(&"POST /mcp".to_owned()), "{shown}");
        assert_eq!(requests.is_empty(), seen == Some(0), "{shown}");
    }
}

/// Tokens are verified by Envoy: those that it refuses, it refuses before the policy.
#[test]
fn client_without_a_valid_token_logs_in_where_envoy_verifies_tokens() {
    if lacks(&NEEDS) {
        return;
    }
    let port = ports::free();
    let name = format!("http://127.0.0.1:{port}");
    let issuer = Issuer::new(&name, AUDIENCE);
    let token = issuer.token(json!({ "sub": "ada" }));
    let caller = format!(r#""grant":"jwt:sub=ada iss={name}""#);
    let expired = issuer.token(json!({ "sub": "ada", "exp": 1 }));
    for earlier in [None, Some(&*expired)] {
        let scene = Scene::new(port, token.clone(), &Known::Claim(&issuer), true);
        log_in(&scene, earlier, &caller);
    }
}

#[test]
fn client_without_a_token_logs_in_where_a_grant_has_its_digest() {
    if lacks(&NEEDS) {
        return;
    }
    let known = Known::Digest("token-of-ada");
    let scene = Scene::new(ports::free(), "token-of-ada".into(), &known, true);
    log_in(&scene, None, r#""grant":"ada""#);
}

/// A token that no grant lists any more is refused with 401, so that the client replaces it.
#[test]
fn client_with_a_stale_token_logs_in_where_a_grant_has_the_digest_of_the_new_one() {
    if lacks(&NEEDS) {
        return;
    }
    let known = Known::Digest("token-of-ada");
    let scene = Scene::new(ports::free(), "token-of-ada".into(), &known, true);
    log_in(&scene, Some("token-of-last-year"), r#""grant":"ada""#);
}

/// Some SDKs end after the token of one login is refused; the others ask the user again, who gives up.
#[test]
fn client_whose_new_token_is_unknown_ends_with_the_refusal() {
    if lacks(&NEEDS) {
        return;
    }
    let known = Known::Digest("token-of-ada");
    let scene = Scene::new(ports::free(), "token-of-nobody".into(), &known, true);
    end_refused(&scene, 1..=2, "");
}

/// The control: the same clients do not log in where the policy does not tell them to.
#[test]
fn client_without_a_token_does_not_log_in_without_a_challenge() {
    if lacks(&NEEDS) {
        return;
    }
    let known = Known::Digest("token-of-ada");
    let scene = Scene::new(ports::free(), "token-of-ada".into(), &known, false);
    end_refused(&scene, 0..=0, "Unknown caller. Send your bearer token");
}
