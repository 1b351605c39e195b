//! Validates every audit line of the corpus against its JSON Schema, `policies/audit.schema.json`.
//!
//! It does not judge decisions.

use super::pages::{blocks, page};
use host_tests::case::Play;
use host_tests::root;
use host_tests::runner::Runner;
use host_tests::split::Split;
use jsonschema::Validator;
use mcp_policy::host::{LogBatches, Millis};
use mcp_policy_cases::corpus::corpus;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;

fn schema() -> Value {
    let text = fs::read_to_string(root().join("policies/audit.schema.json"));
    serde_json::from_str(&text.expect("it can be read")).expect("JSON")
}

/// The lines of all cases that play, each with the name of its case.
fn lines() -> Vec<(String, Value)> {
    let mut lines = Vec::new();
    for case in corpus(&root().join("policies")).expect("a corpus") {
        if matches!(case.play, Play::Refused(_)) {
            continue;
        }
        let mut runner = Runner::new(case.policy.as_bytes()).expect("a policy");
        for step in case.steps() {
            let played = runner.play(step, Split::Whole, Millis(case.millis(step)));
            for line in played.expect("it can be played").lines {
                assert!(!line.contains('\n'), "{}: {line}", case.name);
                let line = serde_json::from_str(&line).expect("a line is JSON");
                lines.push((case.name.clone(), line));
            }
        }
    }
    lines
}

/// The lines of a batch for a collector that did not get ten lines before.
fn collected() -> Vec<(String, Value)> {
    let mut batches = LogBatches::<u32>::default();
    (0..10).for_each(|_| batches.push("{}"));
    for _ in ["the first call", "the second"] {
        let batch = batches.take(Millis(0), false).expect("a batch");
        batches.failed(batch);
    }
    let line = json!({ "v": 1, "event": "decision", "time": "2026-01-01T00:00:00.000Z",
        "policy": "0123456789abcdef", "decision": "allow" });
    batches.push(&line.to_string());
    let batch = batches.take(Millis(0), false).expect("a batch");
    let lines = batch.text().lines();
    lines
        .map(|line| {
            let line = serde_json::from_str(line).expect("a line is JSON");
            ("the collector".into(), line)
        })
        .collect()
}

/// The mismatch between the line and the schema, if there is one.
fn mistake(schema: &Validator, described: &Map<String, Value>, line: &Value) -> Option<String> {
    let names = line.as_object().into_iter().flat_map(Map::keys);
    let unknown = names
        .filter(|name| !described.contains_key(*name))
        .map(|name| format!("`{name}` is not described"));
    let invalid = schema
        .iter_errors(line)
        .map(|error| format!("{}: {error}", error.instance_path()));
    unknown.chain(invalid).next()
}

#[test]
fn every_line_is_described_by_the_schema() {
    let document = schema();
    let described = document["properties"].as_object().expect("an object");
    let validator = jsonschema::validator_for(&document).expect("a schema");
    let lines = [lines(), collected()].concat();
    for (case, line) in &lines {
        if let Some(mistake) = mistake(&validator, described, line) {
            panic!("{case}: {mistake}\n{line}");
        }
    }
    let written: BTreeSet<_> = lines
        .iter()
        .flat_map(|(_, line)| line.as_object())
        .flat_map(Map::keys)
        .collect();
    for (name, member) in described {
        let later = member["description"]
            .as_str()
            .is_some_and(|text| text.ends_with("Not written yet."));
        assert_ne!(written.contains(name), later, "`{name}`: is it written?");
    }
    println!("{} lines", lines.len());
}

#[test]
fn lines_of_the_page_are_described_by_the_schema() {
    let document = schema();
    let described = document["properties"].as_object().expect("an object");
    let validator = jsonschema::validator_for(&document).expect("a schema");
    let examples = blocks(&page("policies/AUDIT.md").text, "json").into_iter();
    let lines: Vec<_> = examples
        .filter(|block| block.contains(r#""v":1"#))
        .collect();
    assert!(!lines.is_empty());
    for line in lines {
        let line: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(mistake(&validator, described, &line), None, "{line}");
    }
}

#[test]
fn line_with_a_mistake_is_found() {
    let document = schema();
    let described = document["properties"].as_object().expect("an object");
    let validator = jsonschema::validator_for(&document).expect("a schema");
    let line = json!({ "v": 1, "event": "decision", "time": "2026-01-01T00:00:36.200Z", "policy": "0123456789abcdef",
        "decision": "allow" });
    assert_eq!(mistake(&validator, described, &line), None);
    for (name, value) in [
        ("v", json!(2)),
        ("time", json!("2026-01-01T00:00:36.2Z")),
        ("policy", json!("short")),
        ("decision", json!("deny")),
        ("reason", json!("denied")),
        ("latency", json!(1)),
        ("lost", json!(1)),
        ("event", json!("lost")),
        (
            "counters",
            json!([{ "rule": "/tools/run", "used": "1", "max": 1 }]),
        ),
    ] {
        let mut line = line.clone();
        line[name] = value;
        assert!(mistake(&validator, described, &line).is_some(), "{line}");
    }
}
