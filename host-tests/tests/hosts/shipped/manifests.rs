//! Loads the policies of the manifests in `envoy/` into a real Envoy, as Istio, Envoy Gateway and Higress configure theirs from them.
//!
//! It asks no cluster: what each gateway makes of a manifest is written here, by its source.

use super::gateway::{call_of, verdict};
use host_tests::bootstrap::{Config, FailurePolicy, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc;
use host_tests::shipped::objects;
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, http1};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(5);

/// The text of a policy that was an object: in one line, with sorted names, as Go writes it.
fn as_go_writes(policy: &Value) -> String {
    match policy {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            let members = members
                .iter()
                .map(|(name, value)| format!("{}:{}", json!(name), as_go_writes(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(as_go_writes).collect();
            format!("[{}]", elements.join(","))
        }
        other => other.to_string(),
    }
}

/// Bytes of a quantity such as `1Mi`.
fn bytes(quantity: &str) -> u32 {
    let mebibytes = quantity.strip_suffix("Mi").expect("mebibytes");
    mebibytes.parse::<u32>().expect("a number") << 20
}

/// A listener without header holding, which none of these gateways has a field for.
fn flowing(name: &str, policy: &Value, upstream: SocketAddr) -> Listener {
    let mut listener = Listener::new(name, &as_go_writes(policy), upstream, &wasm_path());
    listener.hold_request_headers = false;
    listener
}

/// Istio gives the VM no id.
fn istio(upstream: SocketAddr) -> Listener {
    let object = objects("istio/wasmplugin.yaml").swap_remove(0);
    let mut listener = flowing("istio", &object["spec"]["pluginConfig"], upstream);
    listener.vm_id = String::new();
    assert_eq!(object["spec"]["failStrategy"], "FAIL_RELOAD");
    listener
}

/// Higress is built on Istio, and closes for good after a crash.
fn higress(upstream: SocketAddr) -> Listener {
    let object = objects("higress/wasmplugin.yaml").swap_remove(0);
    let mut listener = flowing("higress", &object["spec"]["defaultConfig"], upstream);
    listener.vm_id = String::new();
    listener.failure_policy = FailurePolicy::Closed;
    listener
}

/// Envoy Gateway names the VM after the plugin, and holds as much of a body as the listener's policy says.
fn envoy_gateway(upstream: SocketAddr) -> Listener {
    let objects = objects("envoy-gateway/policies.yaml");
    let plugin = &objects[0]["spec"]["wasm"][0];
    let mut listener = flowing("envoy_gateway", &plugin["config"], upstream);
    listener.vm_id = plugin["name"].as_str().expect("a name").into();
    listener.buffer_limit = bytes(
        objects[1]["spec"]["connection"]["bufferLimit"]
            .as_str()
            .expect("a quantity"),
    );
    listener
}

/// Istio's agent replaces the place of the module by a file, and all else reaches Envoy as it is.
fn envoy_filter(upstream: SocketAddr) -> Listener {
    let object = objects("istio/envoyfilter.yaml").swap_remove(0);
    let mut extension = object["spec"]["configPatches"][1]["patch"]["value"].clone();
    let wasm = path::absolute(wasm_path()).expect("a path");
    extension["typed_config"]["config"]["vm_config"]["code"] =
        json!({ "local": { "filename": wasm } });
    let mut listener = Listener::new("envoyfilter", "", upstream, &wasm_path());
    listener.instead = Some(vec![extension]);
    listener
}

fn outcome(addr: SocketAddr, request: &Http1Request) -> String {
    verdict(&http1(addr, request, LIMIT).expect("an answer"))
}

/// A call with a body of more than 32 KiB, which gateways hold only if they are told to.
fn long_call(tool: &str) -> Http1Request {
    let text = "x".repeat(100_000);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": { "text": text } } });
    Http1Request {
        headers: call_of(tool).headers,
        ..rpc::post(body.to_string().into_bytes())
    }
}

#[test]
fn policies_of_manifests_are_enforced() {
    if lacks(&[ENVOY]) {
        return;
    }
    for listener in [istio, higress, envoy_gateway, envoy_filter] {
        let upstream = Upstream::start().expect("the upstream starts");
        let listener = listener(upstream.addr());
        let name = listener.name.clone();
        let envoy = Envoy::start(&Config::new(vec![listener])).expect("Envoy starts");
        let addr = envoy.addr(&name);
        for call in [call_of("run"), long_call("run")] {
            assert_eq!(outcome(addr, &call), "forwarded", "{name}");
        }
        assert_eq!(upstream.take().len(), 2, "{name}: they reach the server");
        for call in [call_of("drop_table"), long_call("drop_table")] {
            assert_eq!(outcome(addr, &call), "not_allowed", "{name}");
        }
        let bodies = upstream
            .take()
            .into_iter()
            .map(|request| request.body.len());
        assert_eq!(
            bodies.sum::<usize>(),
            0,
            "{name}: no byte of a refused body reaches the server"
        );
        let limit: Vec<_> = (0..10).map(|_| outcome(addr, &call_of("run"))).collect();
        assert_eq!(limit[9], "rate_limited", "{name}: {limit:?}");
    }
}

/// The control of the limit in the manifest.
#[test]
fn long_call_is_refused_by_envoy_gateway_with_its_own_limit() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let mut listener = envoy_gateway(upstream.addr());
    listener.buffer_limit = 32_768;
    let envoy = Envoy::start(&Config::new(vec![listener])).expect("Envoy starts");
    assert_eq!(
        outcome(envoy.addr("envoy_gateway"), &long_call("run")),
        "413"
    );
}
