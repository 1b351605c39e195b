//! Turns the plays of `host-tests/browser` into a test: persons, agents and attackers at the page of approvals, in a real browser.
//!
//! It never opens a page itself.

use crate::played::assert_played;
use host_tests::authentication::{ACME, Provider, Tokens, jwt_authn};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::require::{BROWSER, CHROMIUM, ENVOY, NODE, Need, lacks};
use host_tests::tokens::Issuer;
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::{APPROVAL_KEY, APPROVAL_KEYS, root, wasm_path};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const NEEDS: [Need; 4] = [ENVOY, NODE, CHROMIUM, BROWSER];

/// The issuer of all tokens. Persons send theirs in a cookie, which a browser keeps.
const PROVIDER: Provider<'_> = Provider {
    cookie: Some("session"),
    ..ACME
};

/// What must pass, as the program names it.
const PLAYS: [&str; 16] = [
    "approved_call_passes_once",
    "caller_cannot_decide_its_own_call",
    "doubtful_texts_are_counted_beside_the_form",
    "enter_key_in_the_reason_sends_nothing",
    "form_of_another_origin_is_refused",
    "hostile_call_is_shown_whole_and_runs_nothing",
    "keyboard_alone_decides",
    "list_leads_to_the_call",
    "model_reads_why_its_call_was_refused",
    "page_cannot_be_framed",
    "page_is_read_anew_each_time",
    "page_with_a_mistake_has_one",
    "pages_have_no_mistakes_in_any_scheme_and_width",
    "script_of_another_origin_neither_reads_nor_decides",
    "second_person_learns_that_it_is_decided",
    "visitor_without_a_token_sees_the_state_alone",
];

/// A gateway with the policy of the plays, in front of a server.
struct Scene {
    envoy: Envoy,
    server: Upstream,
    issuer: Issuer,
}

impl Scene {
    fn start() -> Self {
        let server = Upstream::answering(answer).expect("the server starts");
        let issuer = Issuer::new(PROVIDER.issuer, PROVIDER.audience);
        let policy = fs::read_to_string(root().join("host-tests/browser/policy.json"));
        let policy = policy.expect("a policy");
        let mut listener = Listener::new("mcp", &policy, server.addr(), &wasm_path());
        let key = (APPROVAL_KEYS[0].to_owned(), APPROVAL_KEY.to_owned());
        listener.environment = BTreeMap::from([key]);
        listener.before = vec![jwt_authn(&[PROVIDER], Tokens::OneOrNone)];
        let mut config = Config::new(vec![listener]);
        config.concurrency = 2;
        config.files = BTreeMap::from([(PROVIDER.file(), issuer.jwks())]);
        Self {
            envoy: Envoy::start(&config).expect("Envoy starts"),
            server,
            issuer,
        }
    }

    fn token(&self, name: &str, groups: &[&str]) -> String {
        self.issuer.token(json!({ "sub": name, "groups": groups }))
    }

    /// The lines that the program prints.
    fn play(&self) -> Vec<Value> {
        let options = json!({
            "gateway": format!("http://{}", self.envoy.addr("mcp")),
            "page": "/approvals",
            "tokens": {
                "agent": self.token("agent", &[]),
                "ada": self.token("ada", &["release"]),
                "bob": self.token("bob", &["release"]),
            },
            "chromium": root().join("target/chromium/chromium"),
            "screenshots": root().join("target/screenshots"),
        });
        let program = root().join("host-tests/browser/approvals.mjs");
        Program::lines_of(&program, &options)
    }
}

fn answer(request: &Recorded) -> Vec<u8> {
    let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let result =
        json!({ "content": [{ "type": "text", "text": "it ran" }], "resultType": "complete" });
    let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
    reply(200, "application/json", answer.to_string().as_bytes())
}

/// The calls that reached the server, and their number. A visit of the page never does.
fn reached(server: &Upstream) -> (BTreeSet<String>, usize) {
    let requests = server.take();
    let number = requests.len();
    let calls = requests.into_iter().map(|request| {
        assert_eq!(request.path, "/mcp", "{request:?}");
        assert_eq!(request.header("cookie"), None, "{request:?}");
        let body = String::from_utf8(request.body).expect("UTF-8");
        assert!(!body.contains("refused"), "{body}");
        body
    });
    (calls.collect(), number)
}

#[test]
fn page_of_approvals_holds_in_a_real_browser() {
    if lacks(&NEEDS) {
        return;
    }
    let scene = Scene::start();
    let lines = scene.play();
    assert_played(&lines, &PLAYS);
    let (calls, number) = reached(&scene.server);
    assert_eq!(calls.len(), number, "each approval is for one call");
    let ran = lines.iter().find_map(|line| line["ran"].as_u64());
    assert_eq!(ran, u64::try_from(number).ok(), "what agents saw run");
    assert!(number >= 5, "{calls:#?}");
}
