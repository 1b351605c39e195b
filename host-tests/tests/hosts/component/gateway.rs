//! Runs the component in a program that embeds it, and sends calls to it. It never expects an outcome.

use host_tests::component::fields;
use host_tests::component_path;
use host_tests::embedder::*;
use host_tests::rpc;
use std::sync::LazyLock;

pub(super) const NOW: Millis = 1_767_225_618_000;
pub(super) const POLICY: &str = r#"{
    "version": "1", "default": "deny",
    "tools": {
        "run": { "limits": [
            { "counter": "few", "window": "minute", "max": 2 },
            { "counter": "few", "window": "minute", "max": 1, "scope": "grant", "on_deny": "Once." },
            { "counter": "all", "window": "month", "max": 9, "scope": "global" }
        ] },
        "tried": { "mode": "shadow", "rate_limit": "1/hour" },
        "look": {},
        "by_peer": { "limits": [ { "counter": "peers", "window": "week", "max": 2, "scope": "ip" } ] }
    }
}"#;

pub(super) fn wasm() -> Vec<u8> {
    std::fs::read(component_path()).expect("the component can be read")
}

pub(super) static SHARED: LazyLock<Component<Shared>> = LazyLock::new(compiled);

pub(super) fn compiled<C: Cells + Send + 'static>() -> Component<C> {
    Component::new(&wasm()).expect("it is a component of this interface")
}

pub(super) fn start<C: Cells + Send + 'static>(
    component: &Component<C>,
    cells: C,
) -> wasmtime::Result<Gateway<C>> {
    let gateway = component.start(cells, POLICY.as_bytes(), (1, 2))?;
    Ok(gateway.unwrap_or_else(|errors| panic!("{errors:?}")))
}

pub(super) fn headers() -> Vec<Header> {
    fields(&vec![
        (b":method".into(), b"POST".into()),
        (b"content-type".into(), b"application/json".into()),
    ])
}

pub(super) fn call(tool: &str) -> Event {
    Event::Body(Piece {
        bytes: rpc::call(tool),
        end_of_stream: true,
    })
}

/// Plays a whole request, as in the README of the component.
pub(super) fn judge<C: Cells + Send + 'static>(
    gateway: &mut Gateway<C>,
    tool: &str,
) -> wasmtime::Result<(Next, Vec<Effect>)> {
    let request = Request {
        headers: &headers(),
        end: false,
        events: vec![call(tool)],
        peer: "192.0.2.1:443",
        verified: unverified(),
        cluster: None,
    };
    let (exchange, next, effects) = gateway.judge(request, NOW)?;
    gateway.end(exchange, NOW)?;
    Ok((next, effects))
}

/// The client's answer as text; empty for a forwarded request.
pub(super) fn answered(next: &Next) -> Option<String> {
    match next {
        Next::Reply(reply) => Some(String::from_utf8_lossy(&reply.body).into_owned()),
        Next::Forward(_) => None,
        other => panic!("no verdict: {other:?}"),
    }
}
