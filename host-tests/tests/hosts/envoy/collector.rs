//! Tests that a collector gets each line of the log once, and that no call waits for it.

use super::gateway::{post, verdict};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::call;
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wasm_path;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} },
    "host": { "hold_request_headers": true,
        "audit_collector": { "cluster": "audit", "path": "/v1/audit", "timeout": "1s" } } }"#;

/// The reaction of the collector to a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Takes,
    Refuses,
    Closes,
    Hangs,
}

/// The mode of a collector, and the lines of the batches that it took.
struct Taken {
    mode: Mode,
    lines: Vec<String>,
}

/// A collector, and an Envoy with two workers whose plugin sends to it.
struct Gateway {
    taken: Arc<Mutex<Taken>>,
    envoy: Envoy,
    _servers: [Upstream; 2],
}

fn collect(taken: &Mutex<Taken>, request: &Recorded) -> Vec<u8> {
    let mut taken = taken.lock().expect("no thread panics while it holds it");
    let mode = taken.mode;
    if mode == Mode::Takes {
        let body = String::from_utf8_lossy(&request.body);
        taken.lines.extend(body.lines().map(Into::into));
    }
    drop(taken);
    match mode {
        Mode::Takes => reply(200, "text/plain", b""),
        Mode::Refuses => reply(503, "text/plain", b"busy"),
        Mode::Closes => Vec::new(),
        Mode::Hangs => {
            thread::sleep(Duration::from_secs(3));
            Vec::new()
        }
    }
}

impl Gateway {
    fn start() -> Self {
        let lines = Vec::new();
        let taken = Arc::new(Mutex::new(Taken {
            mode: Mode::Takes,
            lines,
        }));
        let own = taken.clone();
        let collector = Upstream::answering(move |request| collect(&own, request));
        let collector = collector.expect("the collector starts");
        let upstream = Upstream::counting().expect("the upstream starts");
        let listener = Listener::new("mcp", POLICY, upstream.addr(), &wasm_path());
        let mut config = Config::new(vec![listener]);
        config.concurrency = 2;
        config.ecds = true;
        config.servers.insert("audit".into(), collector.addr());
        Self {
            taken,
            envoy: Envoy::start(&config).expect("Envoy starts"),
            _servers: [collector, upstream],
        }
    }

    fn set(&self, mode: Mode) {
        self.taken.lock().expect("no thread panicked").mode = mode;
    }

    /// Makes calls on connections of their own, so that both workers get some. Returns the longest time of one.
    #[expect(
        clippy::disallowed_methods,
        reason = "a call that waits for a collector takes seconds of the real clock"
    )]
    fn calls(&self, number: usize) -> Duration {
        let addr = self.envoy.addr("mcp");
        let one = |_| {
            let start = Instant::now();
            assert_eq!(verdict(&post(addr, call("run"))), "forwarded");
            start.elapsed()
        };
        let many = || (0..number / 4).map(one).max().unwrap_or_default();
        thread::scope(|scope| {
            let callers: Vec<_> = (0..4).map(|_| scope.spawn(many)).collect();
            let longest = callers.into_iter().map(thread::ScopedJoinHandle::join);
            longest.map(|time| time.expect("no caller panics")).max()
        })
        .unwrap_or_default()
    }

    /// The lines that the collector took, in order of their texts.
    fn taken(&self) -> Vec<String> {
        let mut lines = self.taken.lock().expect("no thread panicked").lines.clone();
        lines.sort();
        lines
    }

    /// The lines of decisions in Envoy's log, in order of their texts.
    fn logged(&self) -> Vec<String> {
        let log = self.envoy.log();
        let lines = log
            .lines()
            .filter_map(|line| line.find(r#"{"v":1,"#).map(|at| &line[at..]));
        let mut lines: Vec<String> = lines.map(Into::into).collect();
        lines.sort();
        lines
    }

    /// The number of lines that the collector took, and of those that it was told are lost.
    fn sums(&self) -> (usize, u64) {
        let (mut lines, mut lost) = (0, 0);
        for line in self.taken() {
            let line: Value = serde_json::from_str(&line).expect("a line of JSON");
            match line.get("lost").and_then(Value::as_u64) {
                Some(number) => lost += number,
                None => lines += 1,
            }
        }
        (lines, lost)
    }
}

#[test]
fn collector_gets_each_line_of_two_workers_once() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = Gateway::start();
    gateway.calls(1000);
    for _ in 0..50 {
        if gateway.taken().len() >= 1000 {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    // Anything that is sent twice arrives within the next ticks.
    thread::sleep(Duration::from_millis(2500));
    let (taken, logged) = (gateway.taken(), gateway.logged());
    assert_eq!((taken.len(), logged.len()), (1000, 1000));
    assert!(taken == logged, "the lines are those of Envoy's log");
}

#[test]
fn outage_of_the_collector_delays_no_call_and_each_line_is_counted() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = Gateway::start();
    for mode in [Mode::Refuses, Mode::Closes, Mode::Hangs] {
        gateway.set(mode);
        let longest = gateway.calls(200);
        println!("{mode:?}: the longest call took {longest:?}");
        assert!(
            longest < Duration::from_millis(2500),
            "{mode:?}: {longest:?}"
        );
        thread::sleep(Duration::from_millis(4500));
    }
    gateway.set(Mode::Takes);
    for _ in 0..20 {
        gateway.calls(32);
        thread::sleep(Duration::from_millis(1500));
        let ((lines, lost), decided) = (gateway.sums(), gateway.logged().len());
        println!("{lines} taken, {lost} lost, {decided} decided");
        if lines as u64 + lost == decided as u64 {
            assert!(lost > 0, "an outage of some seconds loses lines");
            return;
        }
    }
    panic!("the numbers do not add up\n{}", gateway.envoy.log());
}

#[test]
fn reload_of_the_policy_loses_no_line() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = Gateway::start();
    for description in ["one", "two", "three"] {
        gateway.calls(100);
        let described = format!(r#""description": "{description}", "version""#);
        let policy = POLICY.replacen(r#""version""#, &described, 1);
        assert!(
            gateway
                .envoy
                .reload("mcp", &policy)
                .expect("Envoy reads it")
        );
    }
    // The next batches carry the adopted lines.
    for _ in 0..10 {
        gateway.calls(32);
        thread::sleep(Duration::from_millis(1500));
        let mut taken = gateway.taken();
        let all = taken.len();
        taken.dedup();
        println!("{} lines, {} of them twice", taken.len(), all - taken.len());
        if taken == gateway.logged() {
            return;
        }
    }
    panic!("lines are missing\n{}", gateway.envoy.log());
}
