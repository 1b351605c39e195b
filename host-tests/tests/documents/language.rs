//! Compares the JSON Schema of the policy document with the parser: it equals the file in `policies/`, accepts all
//! policies that the parser accepts, and rejects the mistakes that a schema can express.
//!
//! Another validator applies the schema, the `jsonschema` crate.

use host_tests::case::{Case, Play};
use host_tests::root;
use mcp_policy_cases::corpus::corpus;
use serde_json::Value;
use std::fs;

fn cases() -> Vec<Case> {
    corpus(&root().join("policies")).expect("a corpus")
}

fn read(file: &str) -> Value {
    let text = fs::read_to_string(root().join("policies").join(file)).expect("it can be read");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn committed_schema_is_the_engines() {
    let schema = mcp_policy::document::json_schema();
    if std::env::var_os("BLESS").is_some() {
        let file = root().join("policies/policy.schema.json");
        fs::write(file, format!("{schema:#}\n")).expect("it can be written");
    }
    assert_eq!(read("policy.schema.json"), schema, "BLESS=1 writes it anew");
}

#[test]
fn schema_accepts_valid_policies() {
    let schema = jsonschema::validator_for(&mcp_policy::document::json_schema()).expect("a schema");
    for case in cases() {
        if matches!(case.play, Play::Refused(_)) {
            continue;
        }
        let document: Value = serde_json::from_str(&case.policy).expect("JSON");
        if let Err(error) = schema.validate(&document) {
            panic!("{}: {}: {error}", case.name, error.instance_path());
        }
    }
}

/// Mistakes that a schema cannot express, or only with much repetition.
const BEYOND: &[(&str, &str)] = &[
    ("attributes-of-other-tables", "the table around a rule"),
    ("characters-nobody-sees", "classes of characters"),
    ("credential-as-an-identity", "names without regard to case"),
    ("digest-of-nothing", "one of 2^256 values"),
    ("duplicate-key", "a key that is there twice"),
    (
        "expressions-too-large-together",
        "a sum over the whole document",
    ),
    ("header-twice-in-a-match", "names in two spellings"),
    (
        "headers-of-schemas",
        "headers for what is no argument of its own",
    ),
    ("issuers-of-conditions", "values at other places"),
    ("issuers-of-grants", "values at other places"),
    ("limits-that-no-service-counts", "values at other places"),
    ("methods-nobody-sends", "names that look alike"),
    ("more-counters-than-slots", "a sum over the whole document"),
    ("names-nobody-can-send", "classes of characters"),
    ("names-of-grants", "classes of characters"),
    ("patterns-that-overlap", "the names that two keys match"),
    ("running-without-trailers", "values at other places"),
    ("same-match-twice", "two values that are the same"),
    ("servers-that-overlap", "two values that share one"),
    ("source-twice", "headers in any case"),
    ("token-in-two-grants", "two values that are the same"),
    ("values-of-headers", "values at other places"),
];

#[test]
fn schema_refuses_invalid_policies_where_it_can() {
    let schema = jsonschema::validator_for(&mcp_policy::document::json_schema()).expect("a schema");
    let mut accepted = Vec::new();
    for case in cases() {
        let Play::Refused(_) = case.play else {
            continue;
        };
        // A schema never applies to invalid JSON.
        let Ok(document) = serde_json::from_str::<Value>(&case.policy) else {
            continue;
        };
        if schema.is_valid(&document) {
            accepted.push(case.name);
        }
    }
    println!("a schema cannot say what is wrong here: {BEYOND:#?}");
    let beyond = BEYOND
        .iter()
        .map(|(name, _)| format!("invalid/{name}.json"));
    assert_eq!(accepted, beyond.collect::<Vec<_>>());
}

/// Editors find the schema of a file by the path in the file.
#[test]
fn every_file_names_its_schema() {
    let mut schema = read("case.schema.json");
    let policy = schema.pointer_mut("/allOf/2/then/properties/policy");
    let policy = policy.expect("it leads to the schema of the policy");
    assert_eq!(policy["$ref"], "policy.schema.json");
    // With a name of its own it may be embedded in another schema.
    *policy = mcp_policy::document::json_schema();
    policy["$id"] = "urn:policy".into();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for case in cases() {
        let document = read(&case.name);
        let up = "../".repeat(case.name.matches('/').count());
        assert_eq!(
            document["$schema"],
            format!("{up}case.schema.json"),
            "{}",
            case.name
        );
        if let Err(error) = validator.validate(&document) {
            panic!("{}: {}: {error}", case.name, error.instance_path());
        }
    }
}
