//! Validates the events that `mcp-policy audit --format ocsf` writes against the class API Activity of the Open Cybersecurity
//! Schema Framework.
//!
//! It never runs the command: the tests of `plugin/cli` compare its output with the same file.

use host_tests::require::{OCSF, lacks};
use host_tests::root;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::fs;

fn class() -> Validator {
    let text = fs::read_to_string(root().join("target/ocsf/api_activity.json"));
    let schema = serde_json::from_str(&text.expect("it can be read")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn events() -> Vec<Value> {
    let text = fs::read_to_string(root().join("plugin/cli/tests/audit/ocsf.jsonl"));
    let text = text.expect("it can be read");
    let events = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    events.collect()
}

#[test]
fn events_are_valid_and_damaged_ones_are_not() {
    if lacks(&[OCSF]) {
        return;
    }
    let (class, events) = (class(), events());
    assert!(events.len() > 20);
    for event in &events {
        let mistakes: Vec<_> = class
            .iter_errors(event)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(mistakes, Vec::<String>::new(), "{event}");
    }
    for (member, value) in [
        ("activity_id", json!(7)),
        ("severity_id", json!("Low")),
        ("time", json!("2026-01-01T09:00:00Z")),
        ("metadata", json!({})),
        ("actor", json!({})),
        ("grant", json!("ci")),
    ] {
        let mut event = events.first().expect("an event").clone();
        event[member] = value;
        assert!(!class.is_valid(&event), "{member}");
    }
}
