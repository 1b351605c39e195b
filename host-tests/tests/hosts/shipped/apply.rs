//! Tests `mcp-policy envoy apply` with a running Envoy: what it writes, what it waits for, and what it says.

use super::gateway::{Gateway, call_of, deliver, eventually};
use host_tests::require::{ENVOY, lacks};
use host_tests::tool::mcp_policy;
use host_tests::upstream::{Upstream, reply};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// The exit code of the tool, and its output.
pub(super) type Told = (Option<i32>, String);

/// The policy with these tools beside a limit of three runs.
fn policy(tools: &str) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ {tools}
            "run": {{ "limits": [ {{ "counter": "runs", "window": "month", "max": 3 }} ] }} }} }}"#
    )
}

fn file(gateway: &Gateway) -> PathBuf {
    gateway.folder().join("plugin.json")
}

/// Applies a policy to a gateway that is named by these options.
pub(super) fn apply_with(policy: &str, gateway: &Gateway, options: &[&str]) -> Told {
    let path = gateway.folder().join("policy.json");
    fs::write(&path, policy).expect("the policy can be written");
    let mut apply = mcp_policy();
    apply.args(["envoy", "apply"]).arg(path);
    apply.arg("--file").arg(file(gateway));
    apply.arg("--log").arg(gateway.folder().join("envoy.log"));
    let admin = format!("http://{}", gateway.admin());
    apply.args(["--admin", &admin]).args(options);
    let output = apply.output().expect("the tool runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into())
}

fn apply(policy: &str, gateway: &Gateway) -> Told {
    apply_with(policy, gateway, &[])
}

fn started(upstream: &Upstream) -> Gateway {
    Gateway::start("envoy-ecds.yaml", upstream, |folder| {
        deliver(&policy(""), folder)
    })
}

#[test]
fn applied_policy_decides_about_the_next_call_and_keeps_counters() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = started(&upstream);
    let run = || gateway.call("run");
    assert_eq!([run(), run()], ["forwarded", "forwarded"]);
    let (code, told) = apply(&policy(r#""status": {},"#), &gateway);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("in force after"), "{told}");
    assert_eq!(gateway.call("status"), "forwarded");
    let (code, told) = apply(&policy(""), &gateway);
    assert_eq!(
        code,
        Some(0),
        "a policy of before is another delivery: {told}"
    );
    assert_eq!(gateway.call("status"), "not_allowed");
    assert_eq!(
        [run(), run()],
        ["forwarded", "rate_limited"],
        "three in all"
    );
}

#[test]
fn policy_with_a_mistake_is_not_written() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = started(&upstream);
    let before = fs::read(file(&gateway)).expect("the file");
    let mistaken = r#"{ "version": "1", "default": "allow", "tolls": {} }"#;
    let (code, told) = apply(mistaken, &gateway);
    assert_eq!(code, Some(1));
    assert!(told.contains("did you mean `tools`?"), "{told}");
    assert_eq!(fs::read(file(&gateway)).expect("the file"), before);
    assert_eq!(gateway.call("drop_table"), "not_allowed");
}

/// Without the check, the plugin itself refuses the policy.
fn write_unchecked(gateway: &Gateway, policy: &str) {
    let text = fs::read(file(gateway)).expect("the file");
    let mut response: Value = serde_json::from_slice(&text).expect("JSON");
    let plugin = &mut response["resources"][0]["typed_config"]["config"];
    plugin["configuration"]["value"] = json!(policy);
    response["version_info"] = json!("by hand");
    let beside = gateway.folder().join("beside.json");
    fs::write(&beside, response.to_string()).expect("a file");
    fs::rename(beside, file(gateway)).expect("it can be moved");
}

#[test]
fn policy_that_the_plugin_refuses_leaves_the_former_one_in_force() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = started(&upstream);
    let mistaken = r#"{ "version": "1", "default": "allow", "tolls": {} }"#;
    write_unchecked(&gateway, mistaken);
    eventually("Envoy has read the policy", || {
        gateway.log().contains("did you mean `tools`?")
    });
    assert_eq!(gateway.call("drop_table"), "not_allowed");
}

/// Envoy counts a configuration as accepted that equals one that it has just refused.
#[test]
fn delivery_that_envoy_refuses_is_refused_each_time_and_the_file_restored() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = started(&upstream);
    let before = fs::read(file(&gateway)).expect("the file");
    let open = r#"{ "version": "1", "default": "allow" }"#;
    for _ in ["once", "once more"] {
        let (code, told) = apply_with(open, &gateway, &["--wasm", "/nowhere.wasm"]);
        assert_eq!(code, Some(1), "{told}");
        assert!(
            told.contains("refused:\n  Invalid path: /nowhere.wasm"),
            "{told}"
        );
        assert!(told.contains("holds the former policy again"), "{told}");
        assert_eq!(fs::read(file(&gateway)).expect("the file"), before);
        assert_eq!(gateway.call("drop_table"), "not_allowed");
    }
    let (code, told) = apply(open, &gateway);
    assert_eq!(code, Some(0), "control: with its own module: {told}");
    assert_eq!(gateway.call("drop_table"), "forwarded");
}

#[test]
fn envoy_that_does_not_read_the_file_is_reported() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = started(&upstream);
    let elsewhere = gateway.folder().join("elsewhere.json");
    let mut apply = mcp_policy();
    apply.args(["envoy", "apply", "--timeout", "1", "--file"]);
    apply
        .arg(elsewhere)
        .arg(gateway.folder().join("policy.json"));
    apply
        .arg("--admin")
        .arg(format!("http://{}", gateway.admin()));
    let output = apply.output().expect("the tool runs");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("it has not read"), "{told}");
    let (code, told) = apply_with(&policy(""), &gateway, &["--name", "other"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("found `mcp_policy`"), "{told}");
}

/// The configuration with a control plane at this address in the place of the file.
fn from_control_plane(text: &str, port: u16) -> String {
    let (before, rest) = text
        .split_once("                # `envoy apply`")
        .expect("the place of the file");
    let (_, after) = rest.split_once("type_urls").expect("the end of the place");
    let cluster = json!({
        "name": "control_plane", "type": "STATIC", "connect_timeout": "1s",
        "load_assignment": { "cluster_name": "control_plane", "endpoints": [{ "lb_endpoints": [{ "endpoint": {
            "address": { "socket_address": { "address": "127.0.0.1", "port_value": port } } } }] }] },
    });
    let source = "                api_config_source: { api_type: REST, transport_api_version: V3, cluster_names: [control_plane], refresh_delay: 0.1s }\n              ";
    let text = format!("{before}{source}type_urls{after}");
    text.replace("  clusters:\n", &format!("  clusters:\n  - {cluster}\n"))
}

/// A control plane that hands on a file, as `ExtensionConfigDiscoveryService` in JSON.
fn control_plane(file: PathBuf) -> Upstream {
    let upstream = Upstream::answering(move |request| {
        assert_eq!(request.path, "/v3/discovery:extension_configs");
        match fs::read(&file) {
            Ok(text) => reply(200, "application/json", &text),
            Err(_) => reply(503, "text/plain", b""),
        }
    });
    upstream.expect("the control plane starts")
}

#[test]
fn policy_reaches_envoy_through_a_control_plane_too() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let mut plane = None;
    let gateway = Gateway::prepared("envoy-ecds.yaml", &upstream, |folder: &Path, text| {
        deliver(&policy(""), folder);
        let started = plane.insert(control_plane(folder.join("plugin.json")));
        from_control_plane(&text, started.addr().port())
    });
    assert_eq!(gateway.call("status"), "not_allowed");
    let (code, told) = apply(&policy(r#""status": {},"#), &gateway);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(gateway.call("status"), "forwarded");
    let (code, told) = apply_with(&policy(""), &gateway, &["--wasm", "/nowhere.wasm"]);
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(
        gateway.call("status"),
        "forwarded",
        "the former policy stays"
    );
    drop(plane);
    sleep(Duration::from_millis(500));
    assert_eq!(
        gateway.call("status"),
        "forwarded",
        "also without the control plane"
    );
    assert_eq!(gateway.send(&call_of("run")).as_deref(), Some("forwarded"));
}
