//! Compares the generated files of the base with those that the commands of `envoy/FLEET.md` write, and with `BLESS` writes them.

use super::base::folder;
use crate::pages::{commands, page};
use host_tests::require::{ENVOY, lacks};
use host_tests::tool::mcp_policy;
use host_tests::{ports, root, wasm_path};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const FILES: [&str; 3] = ["envoy.yaml", "limits.yaml", "plugin.json"];

/// Runs the commands beside a copy of the policy, and returns their files.
fn written() -> [String; 3] {
    let fleet = std::env::temp_dir().join(format!("mcp-policy-kustomize-{}", ports::free()));
    let own = fleet.join("kustomize");
    fs::create_dir_all(&own).expect("a folder");
    let copy = |from: &Path, to: &Path| fs::copy(from, to).expect("a copy");
    copy(&folder().join("policy.json"), &own.join("policy.json"));
    copy(
        &root().join("envoy/fleet/counters.yaml"),
        &fleet.join("counters.yaml"),
    );
    let lines = commands(&page("envoy/FLEET.md").text).into_iter();
    let lines = lines.filter(|line| line.starts_with("mcp-policy ") || line.starts_with("sed "));
    let mut sh = Command::new("sh");
    sh.args(["-ec", &lines.collect::<Vec<_>>().join("\n")])
        .current_dir(&own);
    let tool = mcp_policy();
    let tools = Path::new(tool.get_program()).parent().expect("a folder");
    let path = std::env::var("PATH").expect("a path");
    sh.env("PATH", format!("{}:{path}", tools.display()));
    let output = sh.output().expect("sh runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let files = FILES.map(|name| fs::read_to_string(own.join(name)).expect(name));
    fs::remove_dir_all(&fleet).expect("it can be removed");
    files
}

/// The text without the time, by which Envoy knows one delivery from another.
fn timeless(text: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(text) else {
        return text.to_owned();
    };
    document["version_info"] = Value::Null;
    let interval = "/resources/0/typed_config/config/reload_config/backoff/base_interval";
    *document.pointer_mut(interval).expect("an interval") = Value::Null;
    format!("{document:#}")
}

#[test]
fn generated_files_are_those_of_the_commands_of_the_page() {
    for (name, written) in FILES.iter().zip(written()) {
        let file = folder().join(name);
        let there = fs::read_to_string(&file).unwrap_or_default();
        if timeless(&there) != timeless(&written) {
            assert!(
                std::env::var_os("BLESS").is_some(),
                "{name} is not that of the commands:\n{written}"
            );
            fs::write(&file, written).expect("it can be written");
        }
    }
}

/// Envoy reads the configuration of the gateways, with the module and the policy of this machine.
#[test]
fn envoy_takes_the_configuration_of_the_gateways() {
    if lacks(&[ENVOY]) {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcp-policy-gateway-{}", ports::free()));
    fs::create_dir_all(&folder).expect("a folder");
    let module = wasm_path().display().to_string();
    for (name, text) in FILES.iter().zip(written()) {
        let text = text.replace("/module/mcp-policy.wasm", &module);
        let text = text.replace("/etc/mcp-policy", &folder.display().to_string());
        fs::write(folder.join(name), text).expect("it can be written");
    }
    let mut envoy = Command::new(std::env::var("ENVOY_BIN").expect("run this through `make test`"));
    envoy
        .args(["--mode", "validate", "-c"])
        .arg(folder.join("envoy.yaml"));
    let output = envoy.output().expect("Envoy runs");
    fs::remove_dir_all(&folder).expect("it can be removed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The policy of the base is that of the demo.
#[test]
fn policy_of_the_base_is_that_of_the_demo() {
    let read = |name: &str| fs::read_to_string(root().join("envoy/fleet").join(name)).expect(name);
    assert_eq!(read("policy.json"), read("kustomize/policy.json"));
}
