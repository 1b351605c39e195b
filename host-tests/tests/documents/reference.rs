//! Checks that the reference pages name every key, operator and word of the JSON Schemas.
//!
//! It judges no explanation.

use super::pages::page;
use host_tests::root;
use mcp_policy::host::{Policy, Problem};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

/// The names of members, and the words that a member may have as its value.
fn words(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            let keys = members.get("properties").and_then(Value::as_object);
            found.extend(keys.into_iter().flat_map(|keys| keys.keys().cloned()));
            let constant = members.get("const").into_iter();
            let listed = members.get("enum").and_then(Value::as_array);
            let values = constant.chain(listed.into_iter().flatten());
            found.extend(values.filter_map(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| words(value, found));
        }
        Value::Array(elements) => elements.iter().for_each(|value| words(value, found)),
        _ => {}
    }
}

/// The text outside of fenced blocks.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

fn unexplained(schema: &Value, path: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    words(schema, &mut all);
    assert!(all.len() > 30, "{}", all.len());
    let prose = prose(&page(path).text);
    let named = |word: &str| {
        let forms = [format!("`{word}`"), format!("\"{word}\"")];
        forms.iter().any(|form| prose.contains(form))
    };
    all.retain(|word| !named(word));
    all
}

#[test]
fn every_word_of_the_policy_is_explained() {
    let missing = unexplained(&mcp_policy::document::json_schema(), "policies/LANGUAGE.md");
    assert_eq!(missing, BTreeSet::new());
}

/// The keywords of JSON Schema that a policy may have, from the error of one that it may not have.
fn keywords() -> Vec<&'static str> {
    let policy =
        r#"{ "version": "1", "default": "deny", "tools": { "a": { "schema": { "wrong": 1 } } } }"#;
    let errors = Policy::parse(policy.as_bytes()).expect_err("an unknown keyword");
    match errors.into_iter().next().expect("an error").problem {
        Problem::UnknownKey { known, .. } => known,
        problem => panic!("{problem}"),
    }
}

#[test]
fn every_keyword_of_schemas_is_explained() {
    let keywords = keywords();
    assert!(keywords.len() > 40, "{keywords:?}");
    let schema = json!({ "enum": keywords });
    assert_eq!(
        unexplained(&schema, "policies/LANGUAGE.md"),
        BTreeSet::new()
    );
}

#[test]
fn every_word_of_a_case_is_explained() {
    let schema = fs::read_to_string(root().join("policies/case.schema.json")).expect("a schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(unexplained(&schema, "policies/CASES.md"), BTreeSet::new());
}

#[test]
fn word_that_no_page_names_is_missing() {
    let many: Vec<_> = (0..31).map(|number| format!("word_{number}")).collect();
    let missing = unexplained(&json!({ "enum": many }), "policies/LANGUAGE.md");
    assert_eq!(missing.len(), 31);
}

/// True where some condition of the document has this operator.
fn has_operator(document: &Value, operator: &str) -> bool {
    match document {
        Value::Object(members) => {
            members.get("op").is_some_and(|op| op == operator)
                || members.values().any(|value| has_operator(value, operator))
        }
        Value::Array(elements) => elements.iter().any(|value| has_operator(value, operator)),
        _ => false,
    }
}

/// The operators that no case of the folder uses.
fn operators_without_a_case(folder: &str) -> Vec<String> {
    let schema = mcp_policy::document::json_schema();
    let operators = schema["$defs"]["condition"]["properties"]["op"]["enum"].as_array();
    let operators = operators.expect("the operators").iter();
    let folder = root().join("policies").join(folder);
    let files = fs::read_dir(folder).expect("the folder can be read");
    let cases: Vec<Value> = files
        .map(|file| fs::read_to_string(file.expect("a file").path()).expect("a case"))
        .map(|text| serde_json::from_str(&text).expect("JSON"))
        .collect();
    operators
        .filter_map(Value::as_str)
        .filter(|operator| !cases.iter().any(|case| has_operator(case, operator)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_operator_has_cases() {
    assert_eq!(operators_without_a_case("condition"), [""; 0]);
    assert!(operators_without_a_case("frozen").contains(&"within".to_owned()));
}
