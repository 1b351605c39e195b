//! Tests limits of calls under way: counted at the server, with clients that leave, timeouts and a VM that traps.

use super::crashes::trapping_module;
use super::gateway::{LIMIT, call_with_trailers, post, raw, verdict};
use bytes::Bytes;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::http2::http2;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::call;
use host_tests::upstream::{Upstream, reply};
use host_tests::wasm_path;
use host_tests::wire::Connection;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The calls at the server: how many at once, and when each arrived.
#[derive(Default)]
struct AtServer {
    now: AtomicU64,
    most: AtomicU64,
    arrivals: Mutex<Vec<Instant>>,
}

impl AtServer {
    /// A server that takes so long for each call.
    fn start(self: &Arc<Self>, work: Duration) -> Upstream {
        let server = self.clone();
        let answer = move |_: &_| {
            server.work(work);
            Bytes::from(reply(
                200,
                "application/json",
                br#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            ))
        };
        Upstream::serving(answer).expect("the upstream starts")
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the test measures the times of arrivals"
    )]
    fn work(&self, work: Duration) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.arrivals.lock().expect("no panic").push(Instant::now());
        thread::sleep(work);
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    /// The most calls that arrived within one interval of this length.
    fn most_within(&self, length: Duration) -> usize {
        let mut arrivals = self.arrivals.lock().expect("no panic").clone();
        arrivals.sort();
        let within = |first: &Instant| {
            let same = arrivals.iter().filter(|other| *other >= first);
            same.filter(|other| **other - *first < length).count()
        };
        arrivals.iter().map(within).max().unwrap_or(0)
    }

    fn count(&self) -> usize {
        self.arrivals.lock().expect("no panic").len()
    }
}

fn running(max: u64, longest: &str) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{
            "limits": [ {{ "counter": "calls", "window": "running", "max": {max}, "for": "{longest}" }} ] }} }} }}"#
    )
}

fn start(policy: &str, upstream: &Upstream, timeout: &str, wasm: &Path) -> Envoy {
    let mut listener = Listener::new("mcp", policy, upstream.addr(), wasm);
    listener.timeout = timeout.into();
    let mut config = Config::new(vec![listener]);
    config.concurrency = 2;
    Envoy::start(&config).expect("Envoy starts")
}

/// Sends calls on so many connections at once, until so many have passed. Returns how many were refused.
fn crowd(addr: SocketAddr, clients: u64, calls: u64) -> u64 {
    let (passed, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let request = raw("run");
    let client = || {
        let mut connection = Connection::open(addr).expect("a connection");
        while passed.load(Ordering::Relaxed) < calls {
            let response = connection.send(&request).expect("an answer");
            let counter = match &*verdict(&response) {
                "forwarded" => &passed,
                "200 rate_limited" => &refused,
                other => panic!("{other}"),
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| (0..clients).for_each(|_| drop(scope.spawn(client))));
    refused.into_inner()
}

#[test]
fn crowd_on_two_workers_never_exceeds_the_calls_under_way() {
    if lacks(&[ENVOY]) {
        return;
    }
    let server = Arc::new(AtServer::default());
    let upstream = server.start(Duration::from_millis(5));
    let envoy = start(&running(8, "10m"), &upstream, "0s", &wasm_path());
    let refused = crowd(envoy.addr("mcp"), 64, 1000);
    let without = Arc::new(AtServer::default());
    let other = without.start(Duration::from_millis(5));
    let free = start(&running(64, "10m"), &other, "0s", &wasm_path());
    crowd(free.addr("mcp"), 64, 1000);
    assert!(
        without.most.load(Ordering::SeqCst) > 8,
        "without the limit more are under way"
    );
    let most = server.most.load(Ordering::SeqCst);
    assert!(refused > 0, "64 clients want more than 8 places");
    assert_eq!(most, 8, "all places are taken, and no more");
    assert!(server.count() >= 1000, "places come back");
    let after = (0..20).map(|_| verdict(&post(envoy.addr("mcp"), call("run"))));
    assert!(
        after.into_iter().all(|verdict| verdict == "forwarded"),
        "none is lost"
    );
    println!("64 clients, 2 workers: {most} of 8 at once, {refused} refused");
}

#[test]
fn clients_that_leave_keep_their_places_for_the_time() {
    if lacks(&[ENVOY]) {
        return;
    }
    let server = Arc::new(AtServer::default());
    let upstream = server.start(Duration::from_millis(400));
    let envoy = start(&running(4, "2s"), &upstream, "0s", &wasm_path());
    let addr = envoy.addr("mcp");
    for _ in 0..60 {
        let mut stream = TcpStream::connect(addr).expect("a connection");
        stream.write_all(&raw("run")).expect("it is sent");
        thread::sleep(Duration::from_millis(100));
    }
    let most = server.most_within(Duration::from_secs(2));
    let count = server.count();
    assert_eq!(most, 4, "within two seconds");
    assert!(
        (8..=16).contains(&count),
        "{count} calls in six seconds: places come back"
    );
}

#[test]
fn timeout_of_the_gateway_frees_no_place() {
    if lacks(&[ENVOY]) {
        return;
    }
    let server = Arc::new(AtServer::default());
    let upstream = server.start(Duration::from_secs(1));
    let envoy = start(&running(2, "2s"), &upstream, "0.1s", &wasm_path());
    let run = || verdict(&post(envoy.addr("mcp"), call("run")));
    let timeout = "504 no reason";
    assert_eq!([run(), run()], [timeout; 2]);
    assert_eq!([run(), run()], ["200 rate_limited"; 2]);
    thread::sleep(Duration::from_millis(2300));
    assert_eq!([run(), run()], [timeout; 2], "the time is over");
    assert_eq!(run(), "200 rate_limited");
    assert_eq!(server.count(), 4);
}

#[test]
fn vm_that_traps_keeps_the_places_of_its_calls() {
    if lacks(&[ENVOY]) {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcp-policy-places-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let server = Arc::new(AtServer::default());
    let upstream = server.start(Duration::from_millis(300));
    let module = trapping_module("proxy_on_request_trailers", &folder);
    let mut listener = Listener::new("mcp", &running(2, "1h"), upstream.addr(), &module);
    listener.timeout = "0s".into();
    let envoy = Envoy::start(&Config::new(vec![listener])).expect("Envoy starts");
    let addr = envoy.addr("mcp");
    let run = move || verdict(&post(addr, call("run")));
    let first = thread::spawn(run);
    thread::sleep(Duration::from_millis(100));
    trap(addr);
    drop(first.join());
    // The next VM may have to wait for the backoff of a second.
    let mut admitted = 0;
    for _ in 0..100 {
        admitted += u64::from(run() == "forwarded");
        if admitted == 3 {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert!(server.most.load(Ordering::SeqCst) <= 2);
    assert_eq!(admitted, 3, "the other place comes back with each answer");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

fn trap(addr: SocketAddr) {
    let _ = http2(addr, &call_with_trailers(), LIMIT);
}
