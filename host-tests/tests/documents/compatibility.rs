//! Checks the promises of `policies/COMPATIBILITY.md` that the repository can show by itself: one version for all
//! interfaces, and an audit line that loses no member.
//!
//! It compares no two modules; `make compat` does.

use super::pages::page;
use host_tests::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn all_interfaces_have_the_version_of_the_workspace() {
    for wit in ["engine.wit", "world.wit"] {
        let text = read(&format!("plugin/component/wit/{wit}"));
        let package = format!("package mcp-policy:engine@{VERSION};");
        assert!(text.lines().any(|line| line == package), "{wit}");
    }
    let package: Value =
        serde_json::from_str(&read("plugin/js/package/package.json")).expect("JSON");
    assert_eq!(package["version"], VERSION);
    for crate_name in ["mcp-policy-cases", "mcp-policy-engine"] {
        let workspace = read("Cargo.toml");
        let mut lines = workspace.lines();
        let line = lines
            .find(|line| line.starts_with(crate_name))
            .expect("a dependency");
        assert!(line.contains(&format!("version = \"{VERSION}\"")), "{line}");
    }
    let changelog = page("CHANGELOG.md").text;
    let mut headings = changelog.lines().filter(|line| line.starts_with("## "));
    let newest = headings.next().expect("a release");
    assert!(newest.starts_with(&format!("## {VERSION}")), "{newest}");
}

/// The members of a line with `"v": 1`, and whether each line of a decision has them. The list only grows.
const AUDIT_MEMBERS: [(&str, bool); 36] = [
    ("v", true),
    ("event", true),
    ("time", true),
    ("policy", true),
    ("decision", true),
    ("request_id", false),
    ("trace_id", false),
    ("server", false),
    ("grant", false),
    ("grants", false),
    ("client", false),
    ("method", false),
    ("tool", false),
    ("prompt", false),
    ("uri", false),
    ("argument_keys", false),
    ("arguments_hash", false),
    ("arguments", false),
    ("arguments_withheld", false),
    ("facts", false),
    ("facts_withheld", false),
    ("absent", false),
    ("reason", false),
    ("rule", false),
    ("message", false),
    ("shadow", false),
    ("approvals", false),
    ("approver", false),
    ("caller", false),
    ("counters", false),
    ("status", false),
    ("answer", false),
    ("error_code", false),
    ("latency_ms", false),
    ("redacted", false),
    ("lost", false),
];

/// The members that a line about lost lines has.
const LOST_MEMBERS: [&str; 4] = ["v", "event", "time", "lost"];

#[test]
fn audit_line_keeps_its_members() {
    let schema: Value = serde_json::from_str(&read("policies/audit.schema.json")).expect("JSON");
    assert_eq!(schema["properties"]["v"]["const"], 1);
    let described = schema["properties"].as_object().expect("an object");
    let described: BTreeSet<_> = described.keys().map(String::as_str).collect();
    let listed = AUDIT_MEMBERS.map(|(name, _)| name);
    assert_eq!(
        described,
        BTreeSet::from(listed),
        "a new member is listed here"
    );
    let of_each = required(&schema);
    let with = |part: &str| {
        let more = required(&schema["allOf"][0][part]);
        of_each.union(&more).copied().collect::<BTreeSet<_>>()
    };
    let always = AUDIT_MEMBERS.iter().filter(|(_, always)| *always);
    assert_eq!(with("else"), always.map(|(name, _)| *name).collect());
    assert_eq!(with("then"), BTreeSet::from(LOST_MEMBERS));
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let required = schema["required"].as_array().expect("a list").iter();
    required.filter_map(Value::as_str).collect()
}
