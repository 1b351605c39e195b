//! Tests what is delivered to Envoy, and what Envoy says about it.

use super::{Delivery, Discovery, PluginFile, Progress, Settings, Watch, refusals};
use crate::input::Input;
use serde_json::{Value as Json, json};

const POLICY: &str = "{ \"version\": \"1\",\n\t\"default\": \"deny\" }\n";

fn delivery(nanos: u32) -> Delivery {
    Delivery {
        version: format!("2026-01-01T00:00:00.{nanos:09}Z"),
        nanos,
    }
}

fn read(text: &str) -> Result<PluginFile, String> {
    let input = Input {
        name: "plugin.json".into(),
        bytes: text.into(),
    };
    PluginFile::read(&input).map_err(|error| error.to_string())
}

fn json_of(file: &PluginFile) -> Json {
    serde_json::from_str(&file.text()).expect("JSON")
}

#[test]
fn new_file_holds_the_policy_byte_for_byte() {
    let file = PluginFile::new().with(POLICY, &Settings::default(), &delivery(7));
    let json = json_of(&file);
    let plugin = &json["resources"][0]["typed_config"]["config"];
    assert_eq!(plugin["configuration"]["value"], POLICY);
    assert_eq!(plugin["failure_policy"], "FAIL_RELOAD");
    assert_eq!(json["version_info"], "2026-01-01T00:00:00.000000007Z");
    assert_eq!(file.name(), "mcp_policy");
}

/// A policy whose approvals have these keys.
fn with_keys(keys: Json) -> String {
    let mut policy = json!({ "version": "1", "default": "deny" });
    policy["approvals"] = json!({ "keys": keys, "url": "https://gateway.example/approvals" });
    policy.to_string()
}

#[test]
fn keys_of_approvals_join_the_variables_that_the_plugin_reads() {
    let names = |file: &PluginFile| {
        let plugin = &json_of(file)["resources"][0]["typed_config"]["config"];
        plugin["vm_config"]["environment_variables"]["host_env_keys"].clone()
    };
    let with =
        |file: PluginFile, policy: &str| file.with(policy, &Settings::default(), &delivery(7));
    let plain = with(PluginFile::new(), POLICY);
    assert_eq!(names(&plain), Json::Null);
    let first = with(plain, &with_keys(json!(["ONE"])));
    assert_eq!(names(&first), json!(["ONE"]));
    let second = with(first, &with_keys(json!(["TWO", "ONE"])));
    assert_eq!(names(&second), json!(["ONE", "TWO"]));
    assert_eq!(names(&with(second, POLICY)), json!(["ONE", "TWO"]));
}

#[test]
fn keys_that_sign_calls_about_approvals_join_them_too() {
    for member in ["notify", "service"] {
        let mut policy: Json = serde_json::from_str(&with_keys(json!(["ONE"]))).expect("JSON");
        policy["approvals"][member] = json!({ "cluster": "chat", "path": "/", "key": "TWO" });
        let text = policy.to_string();
        let file = PluginFile::new().with(&text, &Settings::default(), &delivery(7));
        let plugin = &json_of(&file)["resources"][0]["typed_config"]["config"];
        let names = &plugin["vm_config"]["environment_variables"]["host_env_keys"];
        assert_eq!(*names, json!(["ONE", "TWO"]), "{member}");
    }
}

#[test]
fn former_settings_stay_unless_they_are_named() {
    let mut former = json_of(&PluginFile::new());
    let plugin = &mut former["resources"][0]["typed_config"]["config"];
    plugin["vm_config"]["environment_variables"] = json!({ "host_env_keys": ["KEY"] });
    plugin["vm_config"]["vm_id"] = json!("own");
    plugin["allow_on_headers_stop_iteration"] = json!(false);
    plugin["vm_config"]["code"] = json!({ "remote": { "sha256": "ab" } });
    let file = read(&former.to_string()).expect("a plugin file");
    let kept = json_of(
        &file
            .clone()
            .with(POLICY, &Settings::default(), &delivery(7)),
    );
    let kept = &kept["resources"][0]["typed_config"]["config"];
    assert_eq!(
        kept["allow_on_headers_stop_iteration"], true,
        "held requests would hang"
    );
    let kept = &kept["vm_config"];
    assert_eq!(
        kept["environment_variables"]["host_env_keys"],
        json!(["KEY"])
    );
    assert_eq!(kept["vm_id"], "own");
    assert_eq!(kept["code"]["remote"]["sha256"], "ab");
    let named = Settings {
        wasm: Some("/new.wasm".into()),
        vm_id: Some("other".into()),
        name: Some("second".into()),
    };
    let file = file.with(POLICY, &named, &delivery(7));
    assert_eq!((file.name(), file.wasm()), ("second", Some("/new.wasm")));
    let changed = json_of(&file);
    let plugin = &changed["resources"][0]["typed_config"]["config"];
    assert_eq!([&plugin["name"], &plugin["root_id"]], ["second", "second"]);
    assert_eq!(
        plugin["vm_config"]["code"],
        json!({ "local": { "filename": "/new.wasm" } })
    );
}

#[test]
fn two_deliveries_of_one_policy_are_never_equal() {
    let plugin = |file: &PluginFile| json_of(file)["resources"].clone();
    let first = PluginFile::new().with(POLICY, &Settings::default(), &delivery(41_000_007));
    let same = first
        .clone()
        .with(POLICY, &Settings::default(), &delivery(41_000_007));
    assert_ne!(plugin(&first), plugin(&same));
    let next = first
        .clone()
        .with(POLICY, &Settings::default(), &delivery(42_000_008));
    assert_ne!(plugin(&first), plugin(&next));
    let interval = "/0/typed_config/config/reload_config/backoff/base_interval";
    assert_eq!(
        plugin(&next).pointer(interval),
        Some(&json!("1.000000008s"))
    );
}

#[test]
fn file_of_something_else_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"resources":[]}"#,
        r#"{"resources":[{"name":"a"}]}"#,
        POLICY,
    ] {
        let error = read(text).expect_err(text);
        assert!(error.starts_with("plugin.json: it "), "{error}");
        assert!(
            error.ends_with("move it away to begin with a new one"),
            "{error}"
        );
    }
}

/// Statistics as Envoy 1.40 writes them.
fn stats(version: &str, rejected: u64, failed: u64) -> String {
    let name = "extension_config_discovery.http_filter.mcp_policy";
    format!(
        "{name}.version_text: \"{version}\"\n{name}.update_rejected: {rejected}\n{name}.update_failure: {failed}\n\
         {name}.update_duration: No recorded values\nlistener.127.0.0.1_21000.extension_config_missing: 0\n"
    )
}

fn discovery(version: &str, rejected: u64, failed: u64) -> Discovery {
    Discovery::read(&stats(version, rejected, failed), "mcp_policy").expect("statistics")
}

#[test]
fn delivery_is_in_force_or_refused_once_envoy_says_so() {
    let watch = Watch::new(discovery("old", 3, 1), "new");
    let progress =
        |version, rejected, failed| watch.progress(&discovery(version, rejected, failed));
    assert_eq!(progress("old", 3, 1), Progress::Waiting);
    assert_eq!(progress("old", 4, 1), Progress::Refused);
    assert_eq!(progress("old", 3, 2), Progress::Refused);
    assert_eq!(progress("new", 3, 1), Progress::InForce);
}

#[test]
fn filter_that_is_not_discovered_is_named_with_those_that_are() {
    let found = Discovery::read(&stats("a", 0, 0), "policy").expect_err("another filter");
    assert_eq!(found, ["mcp_policy"]);
    assert_eq!(Discovery::read("", "policy"), Err(Vec::new()));
}

#[test]
fn log_gives_the_words_of_the_plugin_before_those_of_envoy() {
    let prefix = "[2026-01-01 00:00:00.000][1][error][wasm] [source/extensions/common/wasm/context.cc:1157] wasm log mcp_policy mcp_policy: ";
    let envoy = "[2026-01-01 00:00:00.000][1][warning][config] [source/x.cc:81] Filesystem config update rejected: Unable to create Wasm plugin mcp_policy\n";
    let refused = format!("{prefix}mcp-policy: policy refused: /tols: unknown key `tols`\n");
    let words = refusals(&[&refused, &refused, envoy].concat());
    assert_eq!(words, ["/tols: unknown key `tols`"]);
    assert_eq!(refusals(envoy), ["Unable to create Wasm plugin mcp_policy"]);
}

#[test]
fn text_of_a_client_is_no_word_of_envoy() {
    let prefix =
        "[2026-01-01 00:00:00.000][1][info][wasm] [source/x.cc:1] wasm log mcp_policy mcp_policy: ";
    let tool =
        format!("{prefix}{{\"v\":1,\"tool\":\"x: mcp-policy: policy refused: all is well\"}}\n");
    let other = format!("{prefix}{{\"v\":1,\"tool\":\"[config] [a] update rejected: no\"}}\n");
    assert!(refusals(&(tool + &other)).is_empty());
}
