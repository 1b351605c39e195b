//! Tests requests that Envoy sends to another server than the one for which mcp-policy judged them: the answer of that
//! server never reaches the client.

use super::super::gateway::{LIMIT, verdict};
use super::super::probe::oldest_and_current;
use super::later::with_header;
use super::setting::{SERVERS, before_servers};
use host_tests::bootstrap::Listener;
use host_tests::envoy::Envoy;
use host_tests::routing::{chosen_route, lua, route, routes};
use host_tests::rpc;
use host_tests::upstream::{Upstream, reply};
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, Response, http1};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const WITHHELD: &str = "502 unavailable";
const LINE: &str = "sent the request to another server than the one that it was judged for";

/// Servers by their clusters. A server must not get the token of `alice`, but that of `bob`.
/// `printf %s token | sha256sum`, and likewise `other`.
fn policy() -> Value {
    let server = |name: &str| json!({ "match": { "cluster": name } });
    json!({
        "version": "1", "default": "deny", "host": { "hold_request_headers": true },
        "servers": { "python": server("python-mcp"), "files": server("files-mcp") },
        "tools": { "run": {} },
        "grants": {
            "alice": { "policy": "main", "match": { "bearer_sha256":
                "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0" } },
            "bob": { "policy": "main", "forward": true, "match": { "bearer_sha256":
                "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa" } },
        },
    })
}

/// An Envoy with such a policy, behind filters, in front of two servers that answer with their names.
struct Gateway {
    envoy: Envoy,
    upstreams: Vec<Upstream>,
}

impl Gateway {
    fn start(binary: Option<std::path::PathBuf>, before: Vec<Value>, all: &[Value]) -> Self {
        let upstreams = SERVERS.map(|name| {
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"of":"{name}"}}}}"#);
            let answer = move |_: &_| reply(200, "application/json", body.as_bytes());
            Upstream::answering(answer).expect("the upstream starts")
        });
        let any = upstreams[2].addr();
        let mut listener = Listener::new("mcp", &policy().to_string(), any, &wasm_path());
        listener.before = before;
        listener.connection_manager = routes(all);
        let envoy = before_servers(listener, binary, &upstreams);
        let upstreams = upstreams.into();
        Self { envoy, upstreams }
    }

    fn send(&self, request: &Http1Request, token: &str) -> Response {
        let mut request = request.clone();
        let token = format!("Bearer {token}").into_bytes();
        request.headers.push(("authorization".into(), token));
        http1(self.envoy.addr("mcp"), &request, LIMIT).expect("an answer")
    }

    /// The verdict or the name of the server that answers, the number of requests that the servers got, and the number of
    /// lines about requests that went to another server.
    fn outcome(&self, request: &Http1Request, token: &str) -> (String, [usize; 2], usize) {
        let before = self.envoy.log().matches(LINE).count();
        let answer = self.send(request, token);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let mut servers = SERVERS.iter().filter(|name| text.contains(**name));
        let seen = match servers.next() {
            Some(name) => (*name).to_owned(),
            None => verdict(&answer),
        };
        let got = [0, 1].map(|at: usize| self.upstreams[at].take().len());
        (seen, got, self.envoy.log().matches(LINE).count() - before)
    }
}

fn call() -> Http1Request {
    rpc::post(rpc::call("run"))
}

#[test]
fn answer_of_the_server_that_the_plugins_own_edit_leads_to_is_withheld() {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let with_token = route(with_header("/mcp", "authorization"), "python-mcp");
        let all = [with_token, route(json!({ "path": "/mcp" }), "files-mcp")];
        let gateway = Gateway::start(binary, Vec::new(), &all);
        let [stays, leaves] = ["other", "token"].map(|token| gateway.outcome(&call(), token));
        assert_eq!(stays, ("python-mcp".to_owned(), [1, 0], 0));
        assert_eq!(leaves, (WITHHELD.to_owned(), [0, 1], 1));
        let get = Http1Request {
            method: "GET".into(),
            body: None,
            ..call()
        };
        assert_eq!(gateway.outcome(&get, "other").0, "python-mcp");
        assert_eq!(
            gateway.outcome(&get, "token"),
            (WITHHELD.to_owned(), [0, 1], 1)
        );
    }
}

#[test]
fn answer_of_the_server_that_an_earlier_filter_leads_to_is_withheld() {
    const CLEAR: &str = "handle:headers():replace('x-late', '1') handle:clearRouteCache()";
    let all = [
        route(with_header("/mcp", "x-late"), "files-mcp"),
        route(json!({ "path": "/mcp" }), "python-mcp"),
    ];
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let outdated = Gateway::start(binary.clone(), vec![lua(CLEAR, false)], &all);
        assert_eq!(
            outdated.outcome(&call(), "other"),
            (WITHHELD.to_owned(), [0, 1], 1)
        );
        let chosen = Gateway::start(binary, vec![lua(CLEAR, false), chosen_route()], &all);
        assert_eq!(
            chosen.outcome(&call(), "other"),
            ("files-mcp".to_owned(), [0, 1], 0)
        );
    }
}

#[test]
fn request_that_a_weighted_route_divides_goes_where_it_was_judged_after_an_edit_too() {
    let half = |name: &str| json!({ "name": name, "weight": 50 });
    let clusters = json!({ "clusters": [half("python-mcp"), half("files-mcp")] });
    let all = [json!({ "match": { "path": "/mcp" }, "route": { "weighted_clusters": clusters } })];
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let gateway = Gateway::start(binary, Vec::new(), &all);
        let outcomes = ["other", "token"].map(|token| {
            let seen = (0..40).map(|_| gateway.outcome(&call(), token).0);
            seen.collect::<BTreeSet<_>>()
        });
        let both = BTreeSet::from(["files-mcp".to_owned(), "python-mcp".to_owned()]);
        assert_eq!(outcomes, [both.clone(), both]);
    }
}
