//! Replaces the plugin by another version in a running Envoy, and by the first one again, while calls arrive.
//!
//! The other version is the module of `$OLD`, or without one the plugin with another hash.

use super::gateway::{limited, post, verdict};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::call;
use host_tests::upstream::Upstream;
use host_tests::{module_of, wasm, wasm_path};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// More calls than are made while the versions change.
const MAX: u64 = 12000;
const CALLERS: usize = 4;
/// The pause between two calls of a caller.
const PAUSE: Duration = Duration::from_millis(2);
const VERSION_SERVED: Duration = Duration::from_millis(500);

#[test]
fn upgrade_and_rollback_under_load_keep_counters_and_lose_no_call() {
    if lacks(&[ENVOY]) {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcp-policy-upgrade-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let other = module_of("OLD").unwrap_or_else(|| other_hash(&folder));
    let upstream = Upstream::counting().expect("the upstream starts");
    let envoy = discovering(&upstream);
    let addr = envoy.addr("mcp");
    let stop = AtomicBool::new(false);
    let (before_the_limit, answers) = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| call_until(&stop, addr)))
            .collect();
        let changed = change_versions(&envoy, &[&other, &wasm_path()], &upstream);
        let until_refused =
            (0..MAX).take_while(|_| verdict(&post(addr, call("run"))) == "forwarded");
        println!("{} calls more until the limit", until_refused.count());
        stop.store(true, Ordering::Relaxed);
        let counts = callers.into_iter().map(thread::ScopedJoinHandle::join);
        let counts = counts.map(|counts| counts.expect("no caller panics"));
        (changed, counts.collect::<Vec<_>>())
    });
    let before_the_limit = before_the_limit.expect("Envoy took both versions");
    assert!(before_the_limit < MAX, "a longer limit is needed");
    let mut all = BTreeMap::new();
    for (answer, count) in answers.into_iter().flatten() {
        *all.entry(answer).or_insert(0) += count;
    }
    println!("answers across both versions: {all:?}");
    let is_a_verdict = |answer: &String| ["200 rate_limited", "forwarded"].contains(&&**answer);
    assert!(all.keys().all(is_a_verdict), "{all:?}");
    assert_eq!(upstream.count(), MAX, "one count for both versions");
    fs::remove_dir_all(&folder).expect("the folder goes");
}

/// The number of calls that had arrived when the last version had served for a while; `None` where Envoy refused one.
fn change_versions(envoy: &Envoy, versions: &[&Path], upstream: &Upstream) -> Option<u64> {
    for version in versions {
        thread::sleep(VERSION_SERVED);
        if !envoy.upgrade("mcp", version).ok()? {
            return None;
        }
        thread::sleep(VERSION_SERVED);
    }
    Some(upstream.count())
}

fn discovering(upstream: &Upstream) -> Envoy {
    let listener = Listener::new("mcp", &limited(MAX), upstream.addr(), &wasm_path());
    let mut config = Config::new(vec![listener]);
    config.ecds = true;
    config.concurrency = 2;
    Envoy::start(&config).expect("Envoy starts")
}

/// The number of times that each answer arrived. The number of calls is bounded, so that a failure elsewhere ends the
/// test.
fn call_until(stop: &AtomicBool, addr: SocketAddr) -> BTreeMap<String, u64> {
    let mut answers = BTreeMap::new();
    for _ in (0..MAX).take_while(|_| !stop.load(Ordering::Relaxed)) {
        *answers
            .entry(verdict(&post(addr, call("run"))))
            .or_insert(0) += 1;
        thread::sleep(PAUSE);
    }
    answers
}

/// The plugin with one more custom section, which makes it another module to hosts.
fn other_hash(folder: &Path) -> PathBuf {
    let path = folder.join("other.wasm");
    // A custom section (id 0) of four bytes: a name of two, and one byte.
    let module = [&wasm()[..], &[0, 4, 2, b'v', b'2', b'1']].concat();
    fs::write(&path, module).expect("the module can be written");
    path
}
