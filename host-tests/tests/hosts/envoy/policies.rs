//! Tests policies that are refused, reloaded and logged.

use super::gateway::{OPEN, eventually, limited, post, start, verdict};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::observation::audit_of;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::call;
use host_tests::upstream::Upstream;
use host_tests::wasm_path;

#[test]
fn invalid_policy_keeps_envoy_from_starting() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let policy = r#"{ "version": "1", "defualt": "deny" }"#;
    let config = Config::new(vec![Listener::new(
        "mcp",
        policy,
        upstream.addr(),
        &wasm_path(),
    )]);
    let error = Envoy::start(&config).expect_err("Envoy refuses to start");
    for line in [
        "/defualt: unknown key `defualt`, did you mean `default`?",
        "the document: the key `default` is missing",
    ] {
        assert!(
            error
                .log
                .contains(&format!("mcp-policy: policy refused: {line}")),
            "{}",
            error.log
        );
    }
}

#[test]
fn reload_changes_the_policy_and_keeps_counters() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let mut config = Config::new(vec![Listener::new(
        "mcp",
        &limited(5),
        upstream.addr(),
        &wasm_path(),
    )]);
    config.ecds = true;
    config.concurrency = 2;
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let addr = envoy.addr("mcp");
    let run = || verdict(&post(addr, call("run")));
    assert_eq!([run(), run(), run()], ["forwarded"; 3]);
    assert!(
        !envoy
            .reload("mcp", r#"{ "version": "1" }"#)
            .expect("a reload"),
        "a bad policy is refused"
    );
    assert_eq!(run(), "forwarded", "and the old one stays");
    let changed = limited(5).replace(r#""tools": {"#, r#""tools": { "status": {}, "#);
    assert!(
        envoy.reload("mcp", &changed).expect("a reload"),
        "a good policy is taken"
    );
    eventually("the new policy is in force", || {
        verdict(&post(addr, call("status"))) == "forwarded"
    });
    assert_eq!(
        [run(), run()],
        ["forwarded", "200 rate_limited"],
        "five in all, across both policies"
    );
}

#[test]
fn decision_is_one_line_of_the_log() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = start(OPEN, &upstream, 1);
    for tool in ["run", "drop_table", "run"] {
        post(envoy.addr("mcp"), call(tool));
    }
    let log = envoy.log();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter_map(audit_of)
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| format!("{} {}", line["tool"], line["decision"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""run" "allow""#,
            r#""drop_table" "deny""#,
            r#""run" "allow""#
        ]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["request_id"].is_string() && line["time"].is_string())
    );
}
