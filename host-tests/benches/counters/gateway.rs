//! The engine as one worker of a gateway, with shared data as Envoy has it: one map behind one lock.
//!
//! It keeps no measurements.

use host_tests::abi::SharedData;
use host_tests::cells::{Counted, Work};
use host_tests::gateway::Gateway;
use host_tests::rpc;
use mcp_policy::host::{Event, Headers, Millis, Next};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: u64 = 1_767_225_600_000;

pub(crate) struct Worker(Gateway<Counted<SharedData>>);

/// A call that is ready to be played.
pub(crate) struct Call {
    headers: Headers,
    body: Vec<u8>,
}

impl Call {
    pub(crate) fn of(caller: &str) -> Self {
        let headers = [
            (":method", "POST"),
            ("content-type", "application/json"),
            ("x-user", caller),
        ];
        Self {
            headers: Headers::from_iter(headers),
            body: rpc::call("run"),
        }
    }
}

impl Worker {
    pub(crate) fn new(shared: &SharedData, policy: &str) -> Self {
        let cells = Counted::new(shared.clone());
        Self(Gateway::on(cells, policy.as_bytes()).expect("a valid policy"))
    }

    /// Plays a call, and returns whether it was forwarded. The line of the log is written to memory and dropped.
    pub(crate) fn play(&mut self, call: &Call, now: u64) -> bool {
        let now = Millis(now);
        let context = self.0.context(None, false);
        let (mut exchange, _) = self.0.begin(&call.headers, false, context, now);
        let body = Event::Body {
            bytes: call.body.clone(),
            end_of_stream: true,
        };
        let step = self.0.feed(&mut exchange, body, now);
        std::hint::black_box(step.audit.map(|audit| audit.line()));
        matches!(step.next, Next::Forward)
    }

    pub(crate) fn work(&self) -> Work {
        self.0.cells.work
    }
}

/// A policy with one limit, by the name of the caller.
pub(crate) fn policy(slots: u64, window: &str, max: u64) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny",
        "identity": {{ "from": [ {{ "header": "x-user", "set_by_gateway": true }} ] }},
        "tools": {{ "run": {{ "limits": [ {{ "counter": "runs", "window": "{window}", "max": {max} }} ] }} }},
        "host": {{ "slots": {slots} }} }}"#
    )
}
