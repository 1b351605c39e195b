//! The action on good, doubtful, wrong and hostile policies.
//!
//! It asks no registry for the package.

use super::runner::{Played, Runner};
use host_tests::require::{NODE, PACKAGE, lacks};
use serde_json::Value;
use std::fs;

const GOOD: &str = r#"{ "version": "1", "default": "deny", "tools": { "read": {} } }"#;
const WRONG: &str = r#"{ "version": "1", "default": "deny", "tool": { "read": {} } }"#;
/// Valid, with a warning.
const DOUBTFUL: &str =
    r#"{ "version": "1", "default": "deny", "tools": { "read": { "rate_limit": "1/minute" } } }"#;

fn annotations(played: &Played) -> Vec<String> {
    let commands = played.commands().into_iter();
    commands
        .map(|(name, properties, message)| format!("{name} {properties}: {message}"))
        .collect()
}

fn lacks_programs() -> bool {
    lacks(&[NODE, PACKAGE])
}

#[test]
fn mistake_fails_with_annotation_summary_and_sarif_and_corrected_policy_passes() {
    if lacks_programs() {
        return;
    }
    let runner = Runner::new("mistake");
    runner.write("policies/a b.json", WRONG);
    runner.write("policies/good.json", GOOD);
    let inputs = [
        ("policies", "policies/*.json\n"),
        ("sarif-file", "out/policies.sarif"),
    ];
    let failed = runner.play(&inputs);
    assert_eq!(failed.status, Some(1), "{failed:?}");
    let seen = annotations(&failed);
    let [annotation] = &seen[..] else {
        panic!("{seen:?}")
    };
    let start = "error file=policies/a b.json,line=1,col=38,endColumn=44,title=unknown-key: /tool: unknown key `tool`, did you mean `tools`?";
    assert_eq!(annotation, start);
    assert!(failed.log.contains("^^^^^^"), "{}", failed.log);
    let summary = &failed.summary;
    assert!(
        summary.starts_with("### mcp-policy check found something\n\n<pre>\n"),
        "{summary}"
    );
    assert!(
        summary.contains("--&gt; policies/a b.json:1:38"),
        "{summary}"
    );
    assert_eq!(failed.outputs["status"], "1");
    let sarif = || {
        let file = runner.checkout().join("out/policies.sarif");
        let text = fs::read_to_string(file).expect("it is written");
        let log: Value = serde_json::from_str(&text).expect("JSON");
        log["runs"][0]["results"].as_array().expect("results").len()
    };
    assert_eq!(failed.outputs["sarif-file"], "out/policies.sarif");
    assert_eq!(sarif(), 1);

    runner.write("policies/a b.json", GOOD);
    let passed = runner.play(&inputs);
    assert_eq!(passed.status, Some(0), "{passed:?}");
    assert_eq!(annotations(&passed), Vec::<String>::new());
    assert!(
        passed.summary.contains("### mcp-policy check passed\n"),
        "{passed:?}"
    );
    assert_eq!(passed.outputs["status"], "0");
    assert_eq!(sarif(), 0);
}

#[test]
fn warning_fails_only_where_it_is_asked_for() {
    if lacks_programs() {
        return;
    }
    let runner = Runner::new("warning");
    runner.write("policy.json", DOUBTFUL);
    for (fails, status) in [("false", Some(0)), ("true", Some(1))] {
        let played = runner.play(&[("fail-on-warnings", fails)]);
        assert_eq!(played.status, status, "{played:?}");
        let seen = annotations(&played);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(
            seen.iter()
                .all(|one| one.starts_with("warning file=policy.json,line=1,col=")),
            "{seen:?}"
        );
    }
}

#[test]
fn failing_case_is_an_annotation_of_its_step() {
    if lacks_programs() {
        return;
    }
    let runner = Runner::new("case");
    runner.write("policy.json", GOOD);
    let case = |expect: &str| {
        format!(
            "{{ \"why\": \"reading is allowed\", \"policy_file\": \"../policy.json\", \"steps\": [\n  {{ \"call\": \"read\",\n    \"expect\": {expect} }} ] }}"
        )
    };
    runner.write("cases/read.json", &case("\"forward\""));
    let passed = runner.play(&[("tests", "cases")]);
    assert_eq!(passed.status, Some(0), "{passed:?}");
    assert!(
        passed.summary.contains("### mcp-policy test passed\n"),
        "{passed:?}"
    );
    runner.write("cases/read.json", &case("{ \"status\": 403 }"));
    let failed = runner.play(&[("tests", "cases"), ("policies", "")]);
    assert_eq!(failed.status, Some(1), "{failed:?}");
    let seen = annotations(&failed);
    assert_eq!(seen.len(), 1, "{seen:?}");
    let start =
        "error file=cases/read.json,line=3,col=15,endColumn=32,title=failed: reading is allowed%0A";
    assert!(seen.iter().all(|one| one.starts_with(start)), "{seen:?}");
    assert!(!failed.summary.contains("mcp-policy check"), "{failed:?}");
}

#[test]
fn input_that_cannot_be_used_is_named() {
    if lacks_programs() {
        return;
    }
    let runner = Runner::new("inputs");
    runner.write("policy.json", GOOD);
    for (inputs, says) in [
        (vec![("policies", "")], "policies and tests are both empty"),
        (
            vec![("fail-on-warnings", "yes")],
            "fail-on-warnings: found 'yes'",
        ),
        (
            vec![("version", "git+https://example.com/x")],
            "version: found 'git+",
        ),
        (
            vec![("version", "1.0.0;touch x")],
            "version: found '1.0.0;touch x'",
        ),
        (vec![("version", "../none.tgz")], "npm cannot install"),
        (
            vec![("sarif-file", "a\nstatus=0")],
            "sarif-file: found several lines",
        ),
        (vec![("policies", "none.json")], "error: none.json: "),
    ] {
        let played = runner.play(&inputs);
        assert_eq!(played.status, Some(2), "{inputs:?}: {played:?}");
        let seen = annotations(&played);
        assert!(
            seen.iter()
                .any(|one| one.starts_with(&format!("error title=mcp-policy: {says}"))),
            "{seen:?}"
        );
        assert_eq!(played.outputs["status"], "2", "{played:?}");
    }
    assert!(!runner.checkout().join("x").exists());
}

/// Names and texts that a pull request can choose.
#[test]
fn hostile_checkout_runs_nothing_and_writes_no_command() {
    if lacks_programs() {
        return;
    }
    let runner = Runner::new("hostile");
    let policy = |key: &str| format!(r#"{{ "version": "1", "default": "{key}" }}"#);
    runner.write("p/plain.json", &policy("a"));
    let names = [
        "--json.json",
        "--format=text.json",
        "$(touch pwned).json",
        "`touch pwned`.json",
        "a;touch pwned.json",
        "::add-mask::x.json",
        "##[add-mask]x.json",
    ];
    for name in names {
        runner.write(name, &policy("##[add-mask]x </pre><b>"));
    }
    runner.write(
        ".npmrc",
        "registry=http://127.0.0.1:9/\nscript-shell=touch pwned\n",
    );
    runner.write(
        "package.json",
        r#"{ "scripts": { "preinstall": "touch pwned", "install": "touch pwned" } }"#,
    );
    let program = "#!/bin/sh\ntouch pwned\n";
    for name in [
        "node_modules/.bin/mcp-policy",
        "node_modules/mcp-policy/bin.js",
    ] {
        runner.write(name, program);
    }
    let played = runner.play(&[("policies", "*.json\np/*.json")]);
    assert_eq!(played.status, Some(1), "{played:?}");
    assert!(!runner.checkout().join("pwned").exists(), "{played:?}");
    let commands = played.commands();
    assert!(
        commands.iter().all(|(name, ..)| name == "error"),
        "{commands:?}"
    );
    // The two others are `p/plain.json` and `package.json`, which has three mistakes.
    assert_eq!(commands.len(), names.len() + 4, "{commands:?}");
    assert!(
        played.log.contains("##[add-mask]x"),
        "the control: the text has such a line"
    );
    assert!(!played.summary.contains("</pre><b>"), "{}", played.summary);
    assert!(
        played.summary.contains("&lt;/pre&gt;&lt;b&gt;"),
        "{}",
        played.summary
    );
}
