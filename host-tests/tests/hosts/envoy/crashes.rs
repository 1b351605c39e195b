//! Tests VMs that trap, and an Envoy that is killed.

use super::gateway::{LIMIT, OPEN, limited, post, raw, start, start_with, verdict};
use host_tests::http2::{End, Http2Request, Outcome, http2};
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::{call, headers};
use host_tests::upstream::Upstream;
use host_tests::wasm;
use host_tests::wire::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// A copy of the module in which a callback traps, and so a request that reaches it.
pub(super) fn trapping_module(callback: &str, folder: &Path) -> std::path::PathBuf {
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
fn trapped_vm_fails_closed_restarts_and_keeps_counters() {
    if lacks(&[ENVOY]) {
        return;
    }
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
    // The next VM may have to wait for the backoff of a second.
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
fn killed_envoy_forwards_nothing_unjudged() {
    if lacks(&[ENVOY]) {
        return;
    }
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
