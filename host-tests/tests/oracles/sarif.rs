//! Validates the findings that `mcp-policy check --format sarif` and `test --format sarif` write against the JSON Schema of SARIF
//! 2.1.0.
//!
//! It never runs the commands: the tests of `plugin/cli` compare their output with the same files.

use host_tests::require::{SARIF, lacks};
use host_tests::root;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::fs;

fn schema() -> Validator {
    let text = fs::read_to_string(root().join("target/sarif/schema.json"));
    let text = text.expect("it can be read");
    // The official pattern of a language has a bracket too many, which strict readers of expressions refuse.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema = serde_json::from_str(&text).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn log(command: &str) -> Value {
    let file = root().join(format!("plugin/cli/tests/ci/{command}.sarif"));
    let text = fs::read_to_string(file).expect("it can be read");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn findings_are_valid_and_damaged_ones_are_not() {
    if lacks(&[SARIF]) {
        return;
    }
    let schema = schema();
    for command in ["check", "test"] {
        let log = log(command);
        let mistakes: Vec<_> = schema
            .iter_errors(&log)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(mistakes, Vec::<String>::new(), "{command}");
    }
    let location = "/runs/0/results/0/locations/0/physicalLocation";
    for (place, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/columnKind", json!("characters")),
        ("/runs/0/tool/driver/rules/0/id", json!(1)),
        ("/runs/0/tool/driver/name", Value::Null),
        ("/runs/0/results/0/level", json!("notice")),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/ruleIndex", json!("0")),
        (&format!("{location}/region/startLine"), json!(0)),
        (&format!("{location}/region"), json!({ "line": 1 })),
    ] {
        let mut log = log("check");
        *log.pointer_mut(place).expect("a member") = value;
        assert!(!schema.is_valid(&log), "{place}");
    }
}
