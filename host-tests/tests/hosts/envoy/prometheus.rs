//! Tests that a real Prometheus reads the metrics of a real Envoy with the rules and the dashboard of `envoy/prometheus`.

use super::gateway::LIMIT;
use super::metrics::shipped_tags;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::require::{ENVOY, PROMETHEUS, lacks};
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wire::{Connection, Deadline, Http1Request, http1};
use host_tests::{APPROVAL_KEY, ports, root, rpc, wasm_path};
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{self, Command};
use std::thread::sleep;
use std::time::Duration;
use std::{fmt::Write as _, fs};

/// Each user of `each` takes a slot of the smallest table. A caller holds at most 64 MiB.
const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "trusted_headers": ["x-client-id"] },
    "grants": { "ci": { "match": { "header": { "x-client-id": "ci" } }, "policy": "main" } },
    "servers": { "main": { "match": { "path": "/mcp" } }, "crowded": { "match": { "path": "/crowded" } } },
    "approvals": { "keys": ["KEY"], "url": "https://gateway.example/approvals",
        "approvers": { "release": { "claim": { "groups": "release" } } } },
    "tools": {
        "deploy": { "action": "require_approval" },
        "run": { "limits": [{ "counter": "runs", "window": "month", "max": 5 }],
            "result": { "redact": [{ "regex": "CUST-[0-9]{8}" }] } },
        "long": { "result": { "redact": ["secrets"] } },
        "each": { "limits": [{ "counter": "each", "window": "month", "max": 5, "scope": "header:x-user" }] },
        "try": { "mode": "shadow", "action": "deny" },
        "guess": { "require": [{ "conditions": [{ "path": "args.a", "op": "lt", "value": 1 }] }] },
        "dear": { "require": [{ "conditions": [{ "path": "args.a", "op": "regex", "value": "a[ab]{1000}c" }] }] }
    },
    "audit": { "answers": true },
    "host": { "metrics": true, "hold_request_headers": true, "slots": 1024,
        "max_response_bytes": 16777216, "held_bytes": 268435456,
        "audit_collector": { "cluster": "audit", "path": "/" } } }"#;

/// Before the first call.
const NO_DECISIONS: &str = "McpPolicyNoDecisions";

/// The alerts about what the test makes happen. Not among them are [`NO_DECISIONS`], and `McpPolicySharedDataRetries`: two
/// workers come before one another too rarely.
const FIRING: [&str; 10] = [
    "McpPolicyAuditLinesLost",
    "McpPolicyBudgetUsedUp",
    "McpPolicyConfigurationRefused",
    "McpPolicyHeldBytesHigh",
    "McpPolicyLimitNearlyUsedUp",
    "McpPolicyRefusalsJump",
    "McpPolicyTableNearlyFull",
    "McpPolicyUnavailable",
    "McpPolicyUnknownCallers",
    "McpPolicyUnknownConditions",
];

/// The metric of what does not happen in the test.
const QUIET: &str = "mcp_policy_shared_data_retries_total";

/// The part of a result that the server sends before it waits, and the number of such results that a caller may hold.
const BEGINNING: usize = 11 << 20;
const HELD: usize = 5;

/// More than half of the slots of the table.
const USERS: usize = 700;

/// Dropping it ends the process, and removes its files.
struct Prometheus {
    _program: Program,
    addr: SocketAddr,
    folder: PathBuf,
}

impl Prometheus {
    /// With the shipped configuration, but for the target and a scrape each second.
    fn start(scraped: SocketAddr) -> Self {
        let folder = root().join(format!("target/tmp/prometheus-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let shipped = root().join("envoy/prometheus");
        fs::copy(shipped.join("alerts.yaml"), folder.join("alerts.yaml")).expect("the rules");
        let config = fs::read_to_string(shipped.join("prometheus.yaml")).expect("it is there");
        let config = config
            .replace("127.0.0.1:9901", &scraped.to_string())
            .replace(": 15s", ": 1s");
        fs::write(folder.join("prometheus.yaml"), config).expect("a configuration");
        let addr = SocketAddr::from(([127, 0, 0, 1], ports::free()));
        let mut command = Command::new(root().join("target/prometheus/prometheus"));
        command
            .arg("--config.file=prometheus.yaml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address={addr}"))
            .current_dir(&folder);
        Self {
            _program: Program::run(command),
            addr,
            folder,
        }
    }

    /// The `data` of an answer; `None` while Prometheus does not answer.
    fn ask(&self, path: &str) -> Option<Value> {
        let request = Http1Request {
            method: "GET".into(),
            path: path.into(),
            ..Http1Request::default()
        };
        let answer = http1(self.addr, &request, LIMIT).ok()?;
        let mut answer: Value = serde_json::from_slice(&answer.body).ok()?;
        assert_eq!(answer["status"], "success", "{path}\n{answer}");
        Some(answer["data"].take())
    }

    fn has_series(&self, expression: &str) -> bool {
        let answer = self.ask(&format!("/api/v1/query?query={}", encoded(expression)));
        let answer = answer.expect("Prometheus answers");
        !answer["result"].as_array().expect("series").is_empty()
    }

    /// The names and expressions of the rules of one kind, `alerting` or `recording`, once they are loaded.
    fn rules(&self, kind: &str) -> Vec<(String, String)> {
        until("the rules", || self.ask("/api/v1/rules").is_some());
        let rules = self.ask("/api/v1/rules").expect("an answer");
        let rules = rules["groups"][0]["rules"].as_array().expect("rules");
        let rules = rules.iter().filter(|rule| rule["type"] == kind);
        rules
            .map(|rule| (text(&rule["name"]), text(&rule["query"])))
            .collect()
    }

    /// The annotations of the alerts that fire, or will after their `for`.
    fn annotations(&self) -> Vec<String> {
        let alerts = self.ask("/api/v1/alerts").expect("an answer");
        let alerts = alerts["alerts"].as_array().expect("alerts");
        let annotations = alerts
            .iter()
            .filter_map(|own| own["annotations"].as_object());
        annotations.flat_map(|own| own.values().map(text)).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").expect("a text grows");
        encoded
    })
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Deadline::after(Duration::from_secs(60));
    while !holds() {
        assert!(deadline.left().is_ok(), "not within a minute: {what}");
        sleep(Duration::from_millis(200));
    }
}

/// The expressions of the dashboard, with values for its variables.
fn dashboard() -> Vec<String> {
    let text = fs::read_to_string(root().join("envoy/prometheus/dashboard.json"));
    let dashboard: Value = serde_json::from_str(&text.expect("it is there")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let expressions = targets.flatten().filter_map(|own| own["expr"].as_str());
    let given = expressions.map(|own| {
        own.replace("$__rate_interval", "1m")
            .replace("$__range", "10m")
            .replace("$server", ".*")
            .replace("$tool", ".*")
    });
    given.collect()
}

/// Answers with a long result that is edited, and to a call of `long` with the beginning of one.
fn answering() -> Upstream {
    let text = format!("CUST-12345678 {}", "x".repeat(400_000));
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#
    );
    let whole = reply(200, "application/json", body.as_bytes());
    let mut part = reply(200, "application/json", &vec![b' '; BEGINNING + 1]);
    part.pop();
    let is_long = |own: &Recorded| String::from_utf8_lossy(&own.body).contains(r#""long""#);
    let answer = move |own: &Recorded| if is_long(own) { &part } else { &whole }.clone();
    Upstream::answering(answer).expect("the upstream starts")
}

/// An Envoy whose collector refuses all lines.
struct Gateway {
    envoy: Envoy,
    _servers: [Upstream; 2],
}

impl Gateway {
    fn start() -> Self {
        let upstream = answering();
        let collector = Upstream::answering(|_| reply(503, "text/plain", b"busy"));
        let collector = collector.expect("the collector starts");
        let mut listener = Listener::new("mcp", POLICY, upstream.addr(), &wasm_path());
        let key = ("KEY".into(), APPROVAL_KEY.into());
        listener.environment.extend([key]);
        let mut config = Config::new(vec![listener]);
        config.ecds = true;
        config.stats_tags = shipped_tags();
        config.servers.insert("audit".into(), collector.addr());
        Self {
            envoy: Envoy::start(&config).expect("Envoy starts"),
            _servers: [upstream, collector],
        }
    }

    /// Calls a tool with this argument.
    fn call(&self, client: &str, tool: &str, argument: &str) {
        let mut request = rpc::post(with_argument(tool, argument));
        request.headers.push(("x-client-id".into(), client.into()));
        http1(self.envoy.addr("mcp"), &request, LIMIT).expect("an answer");
    }

    /// Calls that are allowed, limited, refused, refused in shadow, unknown and too dear, and a configuration that is
    /// refused.
    fn play(&self) {
        for tool in ["run", "drop_1", "guess", "try", "deploy"] {
            (0..8).for_each(|_| self.call("ci", tool, "x"));
        }
        (0..12).for_each(|_| self.call("nobody", "run", "x"));
        self.call("ci", "dear", &"a".repeat(60_000));
        let taken = self.envoy.reload("mcp", r#"{ "version": "1" }"#);
        assert!(!taken.expect("a reload"), "a bad policy is refused");
    }

    /// One call of each of many users, at a server of their own.
    fn crowd(&self) {
        let mut connection = Connection::open(self.envoy.addr("mcp")).expect("a connection");
        for user in 0..USERS {
            let request = raw("/crowded", &format!("x-user: user-{user}\r\n"), "each");
            connection.send(&request).expect("an answer");
        }
    }

    /// Calls whose results never end: as many as fit, and one more.
    fn hold(&self) -> Vec<TcpStream> {
        let call = |_| {
            let mut stream = TcpStream::connect(self.envoy.addr("mcp")).expect("a connection");
            let request = raw("/mcp", "", "long");
            stream.write_all(&request).expect("a request");
            stream
        };
        (0..=HELD).map(call).collect()
    }
}

fn with_argument(tool: &str, argument: &str) -> Vec<u8> {
    let params = json!({ "name": tool, "arguments": { "a": argument } });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    call.to_string().into_bytes()
}

/// A request of the client with a grant.
fn raw(path: &str, headers: &str, tool: &str) -> Vec<u8> {
    let body = rpc::call(tool);
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\nx-client-id: ci\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.into_bytes(), body].concat()
}

#[test]
fn alerts_and_dashboard_show_what_happened() {
    if lacks(&[ENVOY, PROMETHEUS]) {
        return;
    }
    let gateway = Gateway::start();
    let prometheus = Prometheus::start(gateway.envoy.admin());
    let alerts = prometheus.rules("alerting");
    assert_eq!(alerts.len(), 12);
    let firing = || {
        let firing = alerts.iter().filter(|(_, own)| prometheus.has_series(own));
        let mut names: Vec<_> = firing.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    };
    until("the alert before the first call", || {
        firing() == [NO_DECISIONS]
    });
    let held = gateway.hold();
    gateway.play();
    gateway.crowd();
    for (name, expression) in prometheus.rules("recording") {
        until(&name, || prometheus.has_series(&expression));
    }
    for expression in dashboard() {
        let happened = !expression.contains(QUIET);
        until(&expression, || {
            prometheus.has_series(&expression) || !happened
        });
    }
    until("the alerts", || firing() == FIRING);
    until("their texts", || {
        prometheus.annotations().len() >= 2 * FIRING.len()
    });
    for annotation in prometheus.annotations() {
        assert!(!annotation.contains('<'), "{annotation}");
    }
    drop(held);
}
