//! A native gateway that counts, and its callers. It never expects an outcome.

use host_tests::gateway::{Gateway as InMemoryGateway, InMemoryCells};
use host_tests::rpc;
use mcp_policy::host::{Cells, Event, Exchange, Headers, Millis, Next, Response};

/// 2026-01-01T00:00:00Z.
pub(super) const START: u64 = 1_767_225_600_000;
pub(super) const MINUTE: u64 = 60_000;
pub(super) const DAY: u64 = 1440 * MINUTE;

pub(super) struct Gateway<C = InMemoryCells>(pub(super) InMemoryGateway<C>);

/// A caller: a header's value or a bearer token, from an address.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) header: (&'a str, &'a str),
    pub(super) peer: &'a str,
}

impl Gateway {
    pub(super) fn new(policy: &str) -> Self {
        Self::on(InMemoryCells::default(), policy)
    }
}

impl<C: Cells> Gateway<C> {
    pub(super) fn on(cells: C, policy: &str) -> Self {
        Self(InMemoryGateway::on(cells, policy.as_bytes()).expect("a valid policy"))
    }

    /// True when the call passes.
    pub(super) fn call(&mut self, caller: Caller<'_>, tool: &str, now: u64) -> bool {
        self.send(&[caller.header], caller.peer, rpc::call(tool), now)
            .is_some()
    }

    /// The number of calls that pass.
    pub(super) fn calls(&mut self, name: &str, calls: u32, now: u64) -> usize {
        (0..calls)
            .filter(|_| self.call(user(name), "run", now))
            .count()
    }

    /// The exchange of a message that passes.
    pub(super) fn send(
        &mut self,
        headers: &[(&str, &str)],
        peer: &str,
        body: Vec<u8>,
        now: u64,
    ) -> Option<Exchange> {
        let context = self.0.context(Some(peer), false);
        let (exchange, step) = self.0.post(headers, body, context, Millis(now));
        matches!(step.next, Next::Forward).then_some(exchange)
    }

    /// Plays the server's answer to a message that passes.
    pub(super) fn answer(
        &mut self,
        exchange: &mut Exchange,
        headers: &[(&str, &str)],
        body: String,
    ) {
        let json = [("content-type", "application/json")];
        let head = Response::Head {
            status: 200,
            headers: Headers::from_iter(json.iter().chain(headers).copied()),
            end_of_stream: false,
        };
        let body = Response::Body {
            bytes: body.into_bytes(),
            end_of_stream: true,
        };
        for response in [head, body] {
            self.0
                .feed(exchange, Event::Response(response), Millis(START));
        }
    }

    /// Plays a call of the user that becomes a task.
    pub(super) fn gives_task(&mut self, user: &str, id: &str) {
        let body =
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"other","task":{}}}"#;
        let sent = self.send(&[("x-user", user)], PEER, body.into(), START);
        let result =
            format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"task":{{"taskId":"{id}"}}}}}}"#);
        self.answer(&mut sent.expect("it is let through"), &[], result);
    }

    pub(super) fn has_task(&mut self, user: &str, id: &str) -> bool {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{{"taskId":"{id}"}}}}"#
        );
        let sent = self.send(&[("x-user", user)], PEER, body.into_bytes(), START);
        sent.is_some()
    }

    /// Plays the start of a session of the user.
    pub(super) fn gives_session(&mut self, user: &str, id: &str) {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
        let sent = self.send(&[("x-user", user)], PEER, body.into(), START);
        let result = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let session = [("mcp-session-id", id)];
        self.answer(
            &mut sent.expect("it is let through"),
            &session,
            result.into(),
        );
    }

    /// The number of calls that pass in a session, until one does not.
    pub(super) fn calls_in(&mut self, user: &str, session: &str) -> usize {
        let headers = [("x-user", user), ("mcp-session-id", session)];
        let calls = (0..100).map(|_| self.send(&headers, PEER, rpc::call("run"), START));
        calls.take_while(Option::is_some).count()
    }
}

pub(super) const PEER: &str = "192.0.2.1";

pub(super) fn user(name: &str) -> Caller<'_> {
    Caller {
        header: ("x-user", name),
        peer: "192.0.2.1",
    }
}

pub(super) const PER_USER: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "run": { "limits": [
        { "counter": "minute", "window": "minute", "max": 2 },
        { "counter": "day", "window": "day", "max": 100 } ] } },
    "host": { "slots": 16384 } }"#;

pub(super) const FIVE: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "run": { "limits": [ { "counter": "minute", "window": "minute", "max": 5 } ] } },
    "host": { "slots": 1024 } }"#;

/// The cell of the table that counts a name.
pub(super) fn cell_of(name: &str) -> String {
    let mut scratch = Gateway::new(FIVE);
    scratch.calls(name, 1, START);
    scratch.0.cells.last_key
}

/// The SHA-256 of a text, as the shell's own tool computes it.
pub(super) fn sha256(text: &str) -> String {
    let command = format!("printf %s '{text}' | sha256sum");
    let output = std::process::Command::new("sh")
        .args(["-c", &command])
        .output()
        .expect("sh runs");
    String::from_utf8_lossy(&output.stdout)[..64].to_owned()
}
