//! Tests that all workers know the state that one worker saw.

use super::gateway::{LIMIT, post, start, verdict};
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::{self, call, headers};
use host_tests::upstream::{Upstream, reply};
use host_tests::wire::{Http1Request, http1};
use std::sync::{Arc, Mutex};

#[test]
fn seen_definitions_are_shared_across_workers() {
    if lacks(&[ENVOY]) {
        return;
    }
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
        // Each call has a connection of its own, so that both workers get some.
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
fn issued_ids_are_shared_across_workers() {
    if lacks(&[ENVOY]) {
        return;
    }
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
                headers,
                ..rpc::post(body.into())
            };
            http1(envoy.addr("mcp"), &request, LIMIT).expect("an answer")
        };
        // Each call has a connection of its own, so that both workers get some.
        let all = |body: &[u8]| {
            (0..32)
                .map(|_| verdict(&in_session(body)))
                .collect::<Vec<_>>()
        };
        let task = br#"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t-1"}}"#;
        assert_eq!(all(task), vec!["200 not_allowed"; 32]);
        in_session(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","task":{"ttl":1}}}"#);
        assert_eq!(all(task), vec!["forwarded"; 32]);
        // Before the server issues it, the session counts on the grant.
        for _ in ["on the grant", "on the session"] {
            let searched = all(&call("search"));
            let admitted = searched.iter().filter(|verdict| *verdict == "forwarded");
            assert_eq!(admitted.count(), 3, "{searched:?}");
            in_session(br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#);
        }
    }
}
