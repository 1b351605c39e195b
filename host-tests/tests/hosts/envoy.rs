//! What only a real Envoy can show: worker threads, HTTP/2, reloads, crashes.

use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::hosts::envoys;
use host_tests::http2::{End, Http2Request, Outcome, http2};
use host_tests::seen::audit_of;
use host_tests::upstream::{Upstream, reply};
use host_tests::wire::{Connection, Http1Request, RawHeaders, Response, http1};
use host_tests::{wasm, wasm_path};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);
const OPEN: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
const HELD: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} }, "host": { "hold_request_headers": true } }"#;

/// The window is a month, so that its edge comes between two calls of a test once in a lifetime of them.
fn limited(max: u64) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{
            "limits": [ {{ "counter": "runs", "window": "month", "max": {max} }} ] }} }} }}"#
    )
}

fn start(policy: &str, upstream: &Upstream, concurrency: u32) -> Envoy {
    start_with(policy, upstream, concurrency, &wasm_path())
}

fn start_with(policy: &str, upstream: &Upstream, concurrency: u32, wasm: &Path) -> Envoy {
    let mut config = Config::new(vec![Listener::new("mcp", policy, upstream.addr(), wasm)]);
    config.concurrency = concurrency;
    Envoy::start(&config).expect("Envoy starts")
}

fn call(tool: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
        .into_bytes()
}

fn headers() -> RawHeaders {
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    headers
        .map(|(name, value)| (name.into(), value.into()))
        .into()
}

fn post(addr: SocketAddr, body: Vec<u8>) -> Response {
    let request = Http1Request {
        method: "POST".into(),
        path: "/mcp".into(),
        headers: headers(),
        body: Some(body),
        chunks: None,
    };
    http1(addr, &request, LIMIT).expect("an answer")
}

/// `forwarded` is what the recording server answers; everything else is the plugin's.
fn verdict(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    if text == r#"{"jsonrpc":"2.0","id":1,"result":{}}"# {
        return "forwarded".into();
    }
    let reason = text
        .split(r#""reason":""#)
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("no reason");
    format!("{} {reason}", response.status)
}

fn raw(tool: &str) -> Vec<u8> {
    let body = call(tool);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// Sends `calls` calls from `clients` connections at once; gives how many were let through.
fn flood(addr: SocketAddr, clients: u64, calls: u64) -> u64 {
    let left = AtomicU64::new(calls);
    let admitted = AtomicU64::new(0);
    let request = raw("run");
    let client = || {
        let mut connection = Connection::open(addr).expect("a connection");
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        {
            let response = connection.send(&request).expect("an answer");
            admitted.fetch_add(
                u64::from(verdict(&response) == "forwarded"),
                Ordering::Relaxed,
            );
        }
    };
    thread::scope(|scope| (0..clients).for_each(|_| drop(scope.spawn(client))));
    admitted.into_inner()
}

fn exactly_the_limit(rounds: u32) {
    for round in 1..=rounds {
        let upstream = Upstream::counting().expect("the upstream starts");
        let envoy = start(&limited(1000), &upstream, 2);
        let admitted = flood(envoy.addr("mcp"), 64, 20_000);
        assert_eq!((admitted, upstream.count()), (1000, 1000), "round {round}");
        println!("round {round}: 64 clients, 2 workers, 20,000 calls: 1000 reached the server");
    }
}

#[test]
fn two_workers_and_64_clients_admit_exactly_the_limit() {
    exactly_the_limit(2);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn ten_times_in_a_row_exactly_the_limit() {
    exactly_the_limit(10);
}

#[test]
fn http2_has_no_way_around_the_end_of_a_body() {
    let checksum: RawHeaders = vec![(b"x-checksum".to_vec(), b"1".to_vec())];
    let batch = [b"[".to_vec(), call("run"), b"]".to_vec()].concat();
    let unfinished = call("run")[..40].to_vec();
    let endings = || [End::Data, End::EmptyData, End::Trailers(checksum.clone())];
    for policy in [OPEN, HELD] {
        let upstream = Upstream::start().expect("the upstream starts");
        let envoy = start(policy, &upstream, 1);
        let send = |body: &[u8], end: End| {
            let pieces = body.chunks(7).map(<[u8]>::to_vec).collect();
            let request = Http2Request {
                method: "POST".into(),
                path: "/mcp".into(),
                headers: headers(),
                pieces,
                end,
            };
            match http2(envoy.addr("mcp"), &request, Duration::from_secs(2)).expect("a connection")
            {
                Outcome::Answered(response) => verdict(&response),
                Outcome::Reset(_) => "reset".into(),
                Outcome::TimedOut => "no answer".into(),
            }
        };
        for end in endings() {
            assert_eq!(
                send(&call("drop_table"), end.clone()),
                "200 not_allowed",
                "{end:?}"
            );
            assert_eq!(send(&batch, end.clone()), "400 unreadable", "{end:?}");
            assert_eq!(send(&unfinished, end.clone()), "400 unreadable", "{end:?}");
            assert_eq!(send(b"", end.clone()), "400 unreadable", "{end:?}");
        }
        assert_eq!(send(b"", End::Headers), "400 unreadable");
        assert_eq!(
            send(&call("run"), End::Never),
            "no answer",
            "a body that never ends is never released"
        );
        let seen = upstream.take();
        assert!(
            seen.iter()
                .all(|request| !request.complete && request.body.is_empty()),
            "{seen:?}"
        );
        for end in endings() {
            assert_eq!(send(&call("run"), end.clone()), "forwarded", "{end:?}");
        }
        assert_eq!(
            upstream
                .take()
                .iter()
                .filter(|request| request.complete && request.body == call("run"))
                .count(),
            3
        );
    }
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_comes() {
    let padded = |length: usize| {
        let call = String::from_utf8(call("run")).expect("text");
        let open =
            call.strip_suffix("}}").expect("an object").to_owned() + r#","arguments":{"text":""#;
        format!("{open}{}\"}}}}}}", "x".repeat(length - open.len() - 4)).into_bytes()
    };
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = start(OPEN, &upstream, 1);
    let send = |body: Vec<u8>, chunks| {
        let request = Http1Request {
            method: "POST".into(),
            path: "/mcp".into(),
            headers: headers(),
            body: Some(body),
            chunks,
        };
        http1(envoy.addr("mcp"), &request, LIMIT)
            .map_or_else(|_| "no answer".into(), |response| verdict(&response))
    };
    let max = 768 * 1024;
    for chunks in [None, Some(vec![1000, 500_000])] {
        assert_eq!(send(padded(max), chunks.clone()), "forwarded");
        assert_eq!(send(padded(max + 1), chunks.clone()), "400 unreadable");
        // Beyond Envoy's own buffer Envoy may be the one that answers (413), or break the connection.
        let huge = send(padded(3 * 1024 * 1024), chunks);
        assert!(
            ["400 unreadable", "413 no reason", "no answer"].contains(&&*huge),
            "{huge}"
        );
    }
    assert_eq!(upstream.count(), 2);
}

#[test]
fn an_invalid_policy_keeps_envoy_from_starting() {
    let upstream = Upstream::start().expect("the upstream starts");
    let policy = r#"{ "version": "1", "defualt": "deny" }"#;
    let config = Config::new(vec![Listener::new(
        "mcp",
        policy,
        upstream.addr(),
        &wasm_path(),
    )]);
    let error = Envoy::start(&config).expect_err("Envoy refuses to start");
    for line in [
        "/defualt: unknown key `defualt`, did you mean `default`?",
        "the document: the key `default` is missing",
    ] {
        assert!(
            error
                .log
                .contains(&format!("mcp-policy: policy refused: {line}")),
            "{}",
            error.log
        );
    }
}

#[test]
fn a_reload_changes_the_policy_and_keeps_the_counters() {
    let upstream = Upstream::start().expect("the upstream starts");
    let mut config = Config::new(vec![Listener::new(
        "mcp",
        &limited(5),
        upstream.addr(),
        &wasm_path(),
    )]);
    config.ecds = true;
    config.concurrency = 2;
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let addr = envoy.addr("mcp");
    let run = || verdict(&post(addr, call("run")));
    assert_eq!([run(), run(), run()], ["forwarded"; 3]);
    assert!(
        !envoy
            .reload("mcp", r#"{ "version": "1" }"#)
            .expect("a reload"),
        "a bad policy is refused"
    );
    assert_eq!(run(), "forwarded", "and the old one stays");
    let changed = limited(5).replace(r#""tools": {"#, r#""tools": { "status": {}, "#);
    assert!(
        envoy.reload("mcp", &changed).expect("a reload"),
        "a good policy is taken"
    );
    eventually("the new policy is in force", || {
        verdict(&post(addr, call("status"))) == "forwarded"
    });
    assert_eq!(
        [run(), run()],
        ["forwarded", "200 rate_limited"],
        "five in all, across both policies"
    );
}

#[test]
fn what_one_worker_saw_of_a_tool_all_know_until_the_process_ends() {
    let description = Arc::new(Mutex::new("Runs."));
    let listed = description.clone();
    let upstream = Upstream::answering(move |request| {
        let body = String::from_utf8_lossy(&request.body);
        let result = match body.contains("tools/list") {
            true => {
                let description = *listed.lock().expect("no test panics while it holds it");
                format!(r#"{{"tools":[{{"name":"run","description":"{description}"}}]}}"#)
            }
            false => "{}".into(),
        };
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
        reply(200, "application/json", text.as_bytes())
    });
    let upstream = upstream.expect("the upstream starts");
    // printf %s '{"description":"Runs.","name":"run"}' | sha256sum
    let pin = "sha256:40a8102ff95a50f5dc2342c433092e8ad843632d10793021665612d05986277a";
    let policy = format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{ "pin": "{pin}" }} }} }}"#
    );
    let list = |addr| {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        String::from_utf8_lossy(&post(addr, body.into()).body).contains("Runs")
    };
    for _ in ["a start", "a restart"] {
        let envoy = start(&policy, &upstream, 2);
        let addr = envoy.addr("mcp");
        // Each on a connection of its own, so that both workers get some.
        let all = |expected: &str| {
            let verdicts = (0..32).map(|_| verdict(&post(addr, call("run"))));
            verdicts.for_each(|verdict| assert_eq!(verdict, expected));
        };
        all("200 pinned");
        assert!(list(addr), "it is as it was reviewed");
        all("forwarded");
        *description.lock().expect("no thread panicked") = "Runs anything.";
        assert!(!list(addr), "another description reaches nobody");
        all("200 pinned");
        *description.lock().expect("no thread panicked") = "Runs.";
        assert!(list(addr), "it is what it was");
        all("forwarded");
    }
}

#[test]
fn what_a_server_gave_to_a_caller_all_workers_know_until_the_process_ends() {
    let upstream = Upstream::answering(|request| {
        let body = String::from_utf8_lossy(&request.body);
        let result = match body.contains("ttl") {
            true => r#"{"task":{"taskId":"t-1","status":"working"}}"#,
            false => "{}",
        };
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
        let answer = reply(200, "application/json", text.as_bytes());
        let session: &[u8] = match body.contains("initialize") {
            true => b"HTTP/1.1 200 -\r\nmcp-session-id: one",
            false => b"HTTP/1.1 200 -",
        };
        [
            session,
            answer.strip_prefix(b"HTTP/1.1 200 -").unwrap_or_default(),
        ]
        .concat()
    });
    let upstream = upstream.expect("the upstream starts");
    let policy = r#"{ "version": "1", "default": "deny", "tools": { "run": {}, "search": { "limits": [
        { "counter": "searches", "window": "month", "max": 3, "scope": "session" } ] } } }"#;
    for _ in ["a start", "a restart"] {
        let envoy = start(policy, &upstream, 2);
        let in_session = |body: &[u8]| {
            let mut headers = headers();
            headers.push(("mcp-session-id".into(), "one".into()));
            let request = Http1Request {
                method: "POST".into(),
                path: "/mcp".into(),
                headers,
                body: Some(body.into()),
                chunks: None,
            };
            http1(envoy.addr("mcp"), &request, LIMIT).expect("an answer")
        };
        // Each on a connection of its own, so that both workers get some.
        let all = |body: &[u8]| {
            (0..32)
                .map(|_| verdict(&in_session(body)))
                .collect::<Vec<_>>()
        };
        let task = br#"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t-1"}}"#;
        assert_eq!(all(task), vec!["200 not_allowed"; 32]);
        in_session(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","task":{"ttl":1}}}"#);
        assert_eq!(all(task), vec!["forwarded"; 32]);
        // Before the server began it, the session counts on the grant.
        for _ in ["on the grant", "on the session"] {
            let searched = all(&call("search"));
            let admitted = searched.iter().filter(|verdict| *verdict == "forwarded");
            assert_eq!(admitted.count(), 3, "{searched:?}");
            in_session(br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#);
        }
    }
}

#[test]
fn a_call_that_no_server_was_reached_with_does_not_count() {
    // Nobody listens there once it is closed.
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = gone.local_addr().expect("its address");
    drop(gone);
    for (version, binary) in envoys() {
        let mut config = Config::new(vec![Listener::new("mcp", &limited(2), addr, &wasm_path())]);
        config.binary = binary;
        let envoy = Envoy::start(&config).expect("Envoy starts");
        let run = || post(envoy.addr("mcp"), call("run")).status;
        assert_eq!(
            [run(), run(), run(), run()],
            [503; 4],
            "{version}: none is counted, so none is refused"
        );
        let log = envoy.log();
        let refunds = log
            .lines()
            .filter(|line| line.contains(r#"{"event":"refund""#));
        assert_eq!(refunds.count(), 4, "{log}");
    }
}

/// Workers take a new configuration one after the other.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..100 {
        if (0..8).all(|_| holds()) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("not within five seconds: {what}");
}

/// A copy of the module in which a callback, and so a request that reaches it, traps.
fn trapping_module(callback: &str, folder: &Path) -> std::path::PathBuf {
    let mut module = walrus::Module::from_buffer(&wasm()).expect("the plugin is a module");
    let export = module
        .exports
        .iter()
        .find(|export| export.name == callback)
        .expect("the callback is exported")
        .id();
    let walrus::ExportItem::Function(function) = module.exports.get(export).item else {
        panic!("no function")
    };
    let types = module.types.get(module.funcs.get(function).ty());
    let (params, results) = (types.params().to_vec(), types.results().to_vec());
    let mut builder = walrus::FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    let args = params
        .iter()
        .map(|param| module.locals.add(*param))
        .collect();
    let trap = builder.finish(args, &mut module.funcs);
    module.exports.get_mut(export).item = trap.into();
    let path = folder.join("trapping.wasm");
    std::fs::write(&path, module.emit_wasm()).expect("the module can be written");
    path
}

#[test]
fn a_vm_that_traps_lets_nothing_through_comes_back_and_keeps_the_counters() {
    let folder = std::env::temp_dir().join(format!("mcp-policy-trap-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = start_with(
        &limited(5),
        &upstream,
        1,
        &trapping_module("proxy_on_request_trailers", &folder),
    );
    let addr = envoy.addr("mcp");
    let run = || verdict(&post(addr, call("run")));
    assert_eq!([run(), run(), run()], ["forwarded"; 3]);
    upstream.take();
    let trailers = End::Trailers(vec![(b"x-checksum".to_vec(), b"1".to_vec())]);
    let request = Http2Request {
        method: "POST".into(),
        path: "/mcp".into(),
        headers: headers(),
        pieces: vec![call("run")],
        end: trailers,
    };
    match http2(addr, &request, LIMIT).expect("a connection") {
        Outcome::Answered(response) => assert_eq!(response.status, 503, "the trap fails closed"),
        other => println!("the request that met the trap: {other:?}"),
    }
    assert!(
        upstream.take().iter().all(|request| !request.complete),
        "and nothing of it is let through"
    );
    // The next VM may have to wait for the reload's backoff of a second.
    let mut next = run();
    for _ in 0..40 {
        if next == "forwarded" {
            break;
        }
        assert_eq!(next, "503 no reason");
        thread::sleep(Duration::from_millis(100));
        next = run();
    }
    assert_eq!(
        [next, run(), run()],
        ["forwarded", "forwarded", "200 rate_limited"],
        "five in all, across the trap"
    );
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

#[test]
fn killing_envoy_in_the_middle_lets_nothing_unjudged_through() {
    let upstream = Upstream::start().expect("the upstream starts");
    let stop = AtomicBool::new(false);
    let envoy = start(OPEN, &upstream, 2);
    let addr = envoy.addr("mcp");
    let answered = AtomicU64::new(0);
    let client = |tool: &'static str| {
        let (stop, answered) = (&stop, &answered);
        move || {
            let request = raw(tool);
            while let Ok(mut connection) = Connection::open(addr) {
                while !stop.load(Ordering::Relaxed) && connection.send(&request).is_ok() {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                if stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    };
    thread::scope(|scope| {
        (0..8).for_each(|number| {
            drop(scope.spawn(client(if number % 2 == 0 { "run" } else { "drop_table" })))
        });
        thread::sleep(Duration::from_millis(700));
        envoy.kill_9();
        stop.store(true, Ordering::Relaxed);
    });
    let again = start(OPEN, &upstream, 2);
    assert_eq!(
        verdict(&post(again.addr("mcp"), call("drop_table"))),
        "200 not_allowed"
    );
    assert_eq!(verdict(&post(again.addr("mcp"), call("run"))), "forwarded");
    let seen = upstream.take();
    assert!(answered.into_inner() > 100, "there was load when it died");
    let foreign: Vec<_> = seen
        .iter()
        .filter(|request| !request.body.is_empty() && request.body != call("run"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn a_stream_of_server_events_is_opened_and_a_session_is_ended() {
    let upstream = Upstream::start().expect("the upstream starts");
    for policy in [OPEN, HELD] {
        let envoy = start(policy, &upstream, 1);
        for method in ["GET", "DELETE", "OPTIONS"] {
            let request = Http1Request {
                method: method.into(),
                path: "/mcp".into(),
                headers: vec![(b"accept".to_vec(), b"text/event-stream".to_vec())],
                body: None,
                chunks: None,
            };
            let response = http1(envoy.addr("mcp"), &request, LIMIT).expect("an answer");
            assert_eq!(verdict(&response), "forwarded", "{method}");
        }
        // HTTP/2 clients may end a request without a body in a frame of its own.
        let request = Http2Request {
            method: "GET".into(),
            path: "/mcp".into(),
            headers: Vec::new(),
            pieces: Vec::new(),
            end: End::EmptyData,
        };
        let Outcome::Answered(response) =
            http2(envoy.addr("mcp"), &request, LIMIT).expect("a connection")
        else {
            panic!("no answer")
        };
        assert_eq!(verdict(&response), "forwarded");
    }
}

#[test]
fn each_decision_is_one_line_of_the_log() {
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = start(OPEN, &upstream, 1);
    for tool in ["run", "drop_table", "run"] {
        post(envoy.addr("mcp"), call(tool));
    }
    let log = envoy.log();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter_map(audit_of)
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| format!("{} {}", line["tool"], line["decision"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""run" "allow""#,
            r#""drop_table" "deny""#,
            r#""run" "allow""#
        ]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["request_id"].is_string() && line["time"].is_string())
    );
}
