//! Tests that a real Prometheus reads the metrics of a real Envoy with the rules and the dashboard of `envoy/prometheus`.

use super::gateway::LIMIT;
use super::metrics::shipped_tags;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::require::{ENVOY, PROMETHEUS, lacks};
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wire::{Deadline, Http1Request, http1};
use host_tests::{ports, root, rpc, wasm_path};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{self, Command};
use std::thread::sleep;
use std::time::Duration;
use std::{fmt::Write as _, fs};

const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "trusted_headers": ["x-client-id"] },
    "grants": { "ci": { "match": { "header": { "x-client-id": "ci" } }, "policy": "main" } },
    "tools": {
        "run": { "limits": [{ "counter": "runs", "window": "month", "max": 5 }],
            "result": { "redact": [{ "regex": "CUST-[0-9]{8}" }] } },
        "try": { "mode": "shadow", "action": "deny" },
        "guess": { "require": [{ "conditions": [{ "path": "args.a", "op": "lt", "value": 1 }] }] }
    },
    "audit": { "answers": true },
    "host": { "metrics": true, "hold_request_headers": true } }"#;

/// The alerts about what the test makes happen.
const FIRING: [&str; 5] = [
    "McpPolicyConfigurationRefused",
    "McpPolicyLimitNearlyUsedUp",
    "McpPolicyRefusalsJump",
    "McpPolicyUnknownCallers",
    "McpPolicyUnknownConditions",
];

/// The metrics of what does not happen in the test, or only where a response comes in several pieces.
const QUIET: [&str; 3] = [
    "mcp_policy_held_bytes",
    "mcp_policy_shared_data_retries_total",
    "mcp_policy_used_up_budgets_total",
];

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

/// Answers with a long result that is edited.
fn answering() -> Upstream {
    let text = format!("CUST-12345678 {}", "x".repeat(400_000));
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#
    );
    let answer = move |_: &Recorded| reply(200, "application/json", body.as_bytes());
    Upstream::answering(answer).expect("the upstream starts")
}

fn started(upstream: &Upstream) -> Envoy {
    let listener = Listener::new("mcp", POLICY, upstream.addr(), &wasm_path());
    let mut config = Config::new(vec![listener]);
    config.ecds = true;
    config.stats_tags = shipped_tags();
    Envoy::start(&config).expect("Envoy starts")
}

/// Calls a tool with an argument that no condition can compare.
fn call(envoy: &Envoy, client: &str, tool: &str) {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{{"a":"x"}}}}}}"#
    );
    let mut request = rpc::post(body.into_bytes());
    request.headers.push(("x-client-id".into(), client.into()));
    http1(envoy.addr("mcp"), &request, LIMIT).expect("an answer");
}

/// Calls that are allowed, limited, refused, refused in shadow and unknown, and a configuration that is refused.
fn play(envoy: &Envoy) {
    for tool in ["run", "drop_1", "guess", "try"] {
        (0..8).for_each(|_| call(envoy, "ci", tool));
    }
    (0..12).for_each(|_| call(envoy, "nobody", "run"));
    let taken = envoy.reload("mcp", r#"{ "version": "1" }"#);
    assert!(!taken.expect("a reload"), "a bad policy is refused");
}

#[test]
fn alerts_and_dashboard_show_what_happened() {
    if lacks(&[ENVOY, PROMETHEUS]) {
        return;
    }
    let upstream = answering();
    let envoy = started(&upstream);
    let prometheus = Prometheus::start(envoy.admin());
    let alerts = prometheus.rules("alerting");
    assert_eq!(alerts.len(), 10);
    play(&envoy);
    for (name, expression) in prometheus.rules("recording") {
        until(&name, || prometheus.has_series(&expression));
    }
    for expression in dashboard() {
        let happened = !QUIET.iter().any(|quiet| expression.contains(quiet));
        until(&expression, || {
            prometheus.has_series(&expression) || !happened
        });
    }
    let firing = || {
        let firing = alerts.iter().filter(|(_, own)| prometheus.has_series(own));
        let mut names: Vec<_> = firing.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    };
    until("the alerts", || firing() == FIRING);
    until("their texts", || prometheus.annotations().len() >= 10);
    for annotation in prometheus.annotations() {
        assert!(!annotation.contains('<'), "{annotation}");
    }
}
