//! Tests calls whose approvals an external service keeps, on real Envoys: two gateways share one service, and a service that
//! fails passes nothing.

use super::gateway::LIMIT;
use host_tests::approval_service::{ApprovalService, Mode, SERVICE_KEY};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::upstream::Upstream;
use host_tests::wire::{Http1Request, Response, http1};
use host_tests::{APPROVAL_KEY, root, rpc, wasm_path};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "approvals": { "keys": ["KEY"], "hold": "2s",
        "service": { "cluster": "decisions", "path": "/ask", "key": "SERVICE", "timeout": "1s" } },
    "tools": { "deploy": { "action": "require_approval" }, "free": {} },
    "host": { "hold_request_headers": true } }"#;

/// Two Envoys with two workers each, in front of one server.
struct Fleet {
    envoys: [Envoy; 2],
    service: ApprovalService,
    upstream: Upstream,
}

impl Fleet {
    fn start() -> Self {
        Self::with(false)
    }

    fn with(ecds: bool) -> Self {
        let upstream = Upstream::start().expect("the upstream starts");
        let service = ApprovalService::start().expect("the service starts");
        let mut listener = Listener::new("mcp", POLICY, upstream.addr(), &wasm_path());
        for (name, key) in [("KEY", APPROVAL_KEY), ("SERVICE", SERVICE_KEY)] {
            listener.environment.insert(name.into(), key.into());
        }
        let mut config = Config::new(vec![listener]);
        config.concurrency = 2;
        config.ecds = ecds;
        config.servers.insert("decisions".into(), service.addr());
        let envoy = || Envoy::start(&config).expect("Envoy starts");
        Self {
            envoys: [envoy(), envoy()],
            service,
            upstream,
        }
    }

    fn send(&self, envoy: usize, body: Vec<u8>, more: &[(&str, &str)]) -> Response {
        let kind = ("content-type", "application/json");
        let headers = std::iter::once(&kind).chain(more);
        let request = Http1Request {
            method: "POST".into(),
            path: "/mcp".into(),
            headers: headers
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            body: Some(body),
            chunks: None,
        };
        http1(self.envoys[envoy].addr("mcp"), &request, LIMIT).unwrap_or_else(|error| {
            let log = self.envoys[envoy].log();
            panic!("{error}: {log}")
        })
    }

    fn call(&self, envoy: usize) -> Response {
        self.send(envoy, rpc::call_with("deploy", 1), &[])
    }

    /// A call of 2026-07-28, with the state of an earlier answer.
    fn modern(&self, state: Option<&str>) -> Response {
        let mut params = json!({ "name": "deploy", "arguments": { "service": "web" }, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "c", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        } });
        if let Some(state) = state {
            params["requestState"] = state.into();
        }
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "deploy"),
        ];
        self.send(0, body.to_string().into_bytes(), &headers)
    }

    /// Waits until a gateway asks the service.
    fn asks(&self) {
        while self.service.asked().is_empty() {
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn served(&self) -> usize {
        self.upstream.take().len()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if !thread::panicking() {
            let document = fs::read_to_string(root().join("envoy/approval-service.openapi.json"));
            let document: Value = serde_json::from_str(&document.expect("a file")).expect("JSON");
            for (name, value) in self.service.exchanged() {
                let mut schema = document.clone();
                schema["$ref"] = format!("#/components/schemas/{name}").into();
                let valid = jsonschema::draft202012::validate(&schema, &value);
                valid.unwrap_or_else(|error| panic!("{name}: {error} in {value}"));
            }
        }
    }
}

/// The call with more headers, each with its line break.
fn request(more: &str) -> Vec<u8> {
    let body = rpc::call_with("deploy", 1);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).expect("an answer in JSON")
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

fn passed(response: &Response) -> bool {
    json_of(response) == json!({ "jsonrpc": "2.0", "id": 1, "result": {} })
}

#[test]
fn call_asked_at_one_gateway_passes_once_at_another() {
    if lacks(&[ENVOY]) {
        return;
    }
    let fleet = Fleet::start();
    let asked = fleet.call(0);
    assert!(
        text(&asked).contains("https://approvals.example/"),
        "{}",
        text(&asked)
    );
    assert!(!passed(&fleet.call(1)), "no person has decided");
    assert_eq!(fleet.service.standings(), ["pending"], "asked once");
    fleet.service.decide(None);
    assert_eq!(fleet.served(), 0);
    assert!(passed(&fleet.call(1)), "at the other gateway");
    assert!(!passed(&fleet.call(0)), "once");
    assert_eq!(fleet.served(), 1);
    assert_eq!(fleet.service.standings(), ["used", "pending"]);
    fleet.service.decide(Some("Not on a Friday."));
    let refused = text(&fleet.call(1));
    assert!(refused.contains("Not on a Friday."), "{refused}");
}

#[test]
fn many_retries_at_once_on_two_gateways_pass_one_call() {
    if lacks(&[ENVOY]) {
        return;
    }
    const RETRIES: usize = 200;
    let fleet = Fleet::start();
    let request = request("connection: close\r\n");
    for round in 0..5 {
        assert!(!passed(&fleet.call(0)));
        fleet.service.decide(None);
        let connect = |retry: usize| {
            let addr = fleet.envoys[retry % 2].addr("mcp");
            TcpStream::connect(addr).expect("a connection")
        };
        let mut streams: Vec<_> = (0..RETRIES).map(connect).collect();
        for stream in &mut streams {
            stream.write_all(&request).expect("a request");
        }
        let mut admitted = 0;
        for mut stream in streams {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            admitted += usize::from(answer.contains(r#""result":{}"#));
        }
        assert_eq!((admitted, fleet.served()), (1, 1), "round {round}");
        // The others asked for the next one.
        if fleet.service.standings().last() == Some(&"pending") {
            fleet.service.decide(Some("no"));
            fleet.service.forget();
        }
    }
}

#[test]
fn waiting_client_passes_with_its_next_round() {
    if lacks(&[ENVOY]) {
        return;
    }
    let fleet = Fleet::start();
    let first = thread::scope(|scope| {
        let call = scope.spawn(|| fleet.modern(None));
        fleet.asks();
        thread::sleep(Duration::from_secs(1));
        assert!(!call.is_finished(), "its answer is held");
        json_of(&call.join().expect("an answer"))
    });
    assert_eq!(first["result"]["resultType"], "input_required", "{first}");
    let state = first["result"]["requestState"].as_str().expect("a state");
    fleet.service.decide(None);
    let passed = fleet.modern(Some(state));
    assert!(self::passed(&passed), "{}", text(&passed));
    let served = fleet.upstream.take();
    let [request] = &served[..] else {
        panic!("{served:?}")
    };
    let body = String::from_utf8_lossy(&request.body);
    assert!(
        !body.contains("requestState") && body.contains("web"),
        "{body}"
    );
    assert_eq!(fleet.service.asked(), ["find", "use"]);
    let again = fleet.modern(Some(state));
    assert!(
        text(&again).contains("has passed its one call"),
        "{}",
        text(&again)
    );
}

#[test]
fn service_that_fails_passes_nothing() {
    if lacks(&[ENVOY]) {
        return;
    }
    let fleet = Fleet::start();
    assert!(!passed(&fleet.call(0)));
    fleet.service.decide(None);
    for mode in [
        Mode::Late(Duration::from_millis(1500)),
        Mode::Status(500),
        Mode::Status(201),
        Mode::Body(""),
        Mode::Body(r#"{"approvals":[{"standing":"approved"}]}"#),
        Mode::Closes,
        Mode::Repeats,
    ] {
        fleet.service.set(mode);
        let refused = fleet.call(1);
        assert!(
            text(&refused).contains("cannot ask for a person's approval right now"),
            "{mode:?}: {}",
            text(&refused)
        );
        assert_eq!(fleet.served(), 0, "{mode:?}");
        let free = fleet.send(1, rpc::call_with("free", 1), &[]);
        assert!(passed(&free), "it asks nothing: {}", text(&free));
        assert_eq!(fleet.served(), 1);
    }
    fleet.service.set(Mode::Answers);
    assert!(passed(&fleet.call(1)), "control");
}

#[test]
fn caller_that_leaves_while_the_service_thinks_uses_no_approval() {
    if lacks(&[ENVOY]) {
        return;
    }
    let fleet = Fleet::start();
    assert!(!passed(&fleet.call(0)));
    fleet.service.decide(None);
    fleet.service.asked();
    fleet.service.set(Mode::Late(Duration::from_millis(500)));
    let mut stream = TcpStream::connect(fleet.envoys[0].addr("mcp")).expect("a connection");
    stream.write_all(&request("")).expect("a request");
    fleet.asks();
    drop(stream);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(
        fleet.service.asked(),
        Vec::<String>::new(),
        "it asks no more"
    );
    assert_eq!(
        (fleet.service.standings(), fleet.served()),
        (vec!["approved"], 0)
    );
    fleet.service.set(Mode::Answers);
    assert!(passed(&fleet.call(0)), "control");
}

#[test]
fn reload_while_the_service_thinks_leaves_no_call_without_an_answer() {
    if lacks(&[ENVOY]) {
        return;
    }
    let fleet = Fleet::with(true);
    assert!(!passed(&fleet.call(0)));
    fleet.service.decide(None);
    fleet.service.asked();
    fleet.service.set(Mode::Late(Duration::from_millis(600)));
    let answer = thread::scope(|scope| {
        let call = scope.spawn(|| fleet.call(0));
        fleet.asks();
        let reloaded = POLICY.replace("\"2s\"", "\"3s\"");
        let taken = fleet.envoys[0].reload("mcp", &reloaded);
        assert!(taken.expect("it reloads"), "{}", fleet.envoys[0].log());
        call.join().expect("an answer")
    });
    assert!(passed(&answer), "{}", text(&answer));
    assert_eq!(fleet.served(), 1);
}
