//! Plays the official tests of JSON Schema.

use super::refused::refused;
use host_tests::judge::{Judge, Truth};
use host_tests::require::{SCHEMA_TESTS, lacks};
use host_tests::root;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;

/// The schema with a `type` of all types in each part that names none. Without `type`, a keyword for one type is
/// unknown for other types, where JSON Schema ignores it.
pub(super) fn typed(schema: &Value, draft: &str) -> Value {
    const ALL: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];
    let Value::Object(keywords) = schema else {
        return schema.clone();
    };
    let each = |of: &Value| match of {
        Value::Object(named) => named
            .iter()
            .map(|(name, of)| (name.clone(), typed(of, draft)))
            .collect(),
        other => other.clone(),
    };
    let inside = |(keyword, of): (&String, &Value)| {
        let of = match (keyword.as_str(), of) {
            ("allOf" | "anyOf" | "oneOf" | "prefixItems" | "items", Value::Array(list)) => {
                list.iter().map(|of| typed(of, draft)).collect()
            }
            ("properties" | "patternProperties" | "$defs" | "definitions", named)
            | ("dependentSchemas" | "dependencies", named) => each(named),
            ("not" | "if" | "then" | "else" | "items" | "contains" | "additionalItems", of)
            | ("additionalProperties" | "propertyNames", of) => typed(of, draft),
            (_, of) => of.clone(),
        };
        (keyword.clone(), of)
    };
    let mut keywords: Map<_, _> = keywords.iter().map(inside).collect();
    // In draft-07 `$ref` stands alone.
    let alone = draft == "draft7" && keywords.contains_key("$ref");
    if !keywords.contains_key("type") && !alone {
        keywords.insert("type".into(), json!(ALL));
    }
    Value::Object(keywords)
}

#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) same: usize,
    /// Verdicts that are unknown only for the lack of a `type`.
    pub(super) untyped: usize,
    /// Verdicts that stay unknown, by the name of the test.
    pub(super) unknown: BTreeMap<String, usize>,
    pub(super) refused: BTreeMap<String, usize>,
    pub(super) wrong: Vec<String>,
}

impl Suite {
    pub(super) fn group(&mut self, draft: &str, file: &str, group: &Value) {
        let mut schema = group["schema"].clone();
        if let (Value::Object(keywords), "draft7") = (&mut schema, draft) {
            keywords
                .entry("$schema")
                .or_insert_with(|| json!("http://json-schema.org/draft-07/schema#"));
        }
        let tests = group["tests"].as_array().expect("tests");
        let mut judge = match Judge::parse("schema", &schema) {
            Ok(judge) => judge,
            Err(errors) => {
                *self.refused.entry(refused(&errors)).or_default() += tests.len();
                return;
            }
        };
        let mut strict = Judge::parse("schema", &typed(&schema, draft)).ok();
        for test in tests {
            let data = test["data"].to_string();
            let valid = if test["valid"] == true {
                Truth::True
            } else {
                Truth::False
            };
            let typed = strict.as_mut().map(|strict| strict.of_json(&data));
            let name = format!("{file}: {} / {}", group["description"], test["description"]);
            match judge.of_json(&data) {
                truth if truth == valid => self.same += 1,
                Truth::Unknown if typed == Some(valid) => self.untyped += 1,
                Truth::Unknown if typed != Some(valid.other()) => {
                    *self.unknown.entry(name).or_default() += 1
                }
                truth => self.wrong.push(format!("{draft}/{name}: {truth:?}")),
            }
        }
    }
}

pub(super) trait Other {
    fn other(self) -> Self;
}

impl Other for Truth {
    fn other(self) -> Self {
        match self {
            Self::True => Self::False,
            _ => Self::True,
        }
    }
}

/// The optional tests of features that this validator supports.
pub(super) const OPTIONAL: [&str; 4] = [
    "bignum.json",
    "ecmascript-regex.json",
    "float-overflow.json",
    "non-bmp-regex.json",
];

/// Tests whose verdict stays unknown: a value of another type inside the expected one; names that differ only in a
/// control character, or that some readers take from a prototype; white space that readers define differently.
const UNKNOWN: [&str; 8] = [
    "const: ",
    "enum: ",
    "dependencies: \"dependencies with escaped characters",
    "dependentRequired: \"dependencies with escaped characters",
    "properties: \"properties whose names are Javascript object property names",
    "required: \"required properties whose names are Javascript object property names",
    "ecmascript-regex: \"ECMA 262 \\\\s",
    "ecmascript-regex: \"ECMA 262 \\\\S",
];

#[test]
fn official_tests_give_the_same_verdicts() {
    if lacks(&[SCHEMA_TESTS]) {
        return;
    }
    let tests = root().join("target/json-schema-tests/json/tests");
    let mut suite = Suite::default();
    for draft in ["draft7", "draft2019-09", "draft2020-12"] {
        let files =
            fs::read_dir(tests.join(draft)).expect("`make test` brings the tests of JSON Schema");
        let files = files.map(|file| file.expect("a file").path());
        let files = files.filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        });
        let optional = OPTIONAL.map(|file| tests.join(draft).join("optional").join(file));
        for file in files.chain(optional) {
            let name = file.file_stem().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&file).expect("it can be read");
            let groups: Vec<Value> = serde_json::from_str(&text).expect("JSON");
            groups
                .iter()
                .for_each(|group| suite.group(draft, &name, group));
        }
    }
    println!(
        "official tests: {} as they say, {} unknown because no `type` is named",
        suite.same, suite.untyped
    );
    let count = |of: &BTreeMap<String, usize>| of.values().sum::<usize>();
    println!(
        "official tests: {} unknown for another cause",
        count(&suite.unknown)
    );
    suite
        .unknown
        .iter()
        .for_each(|(name, count)| println!("  {count} {name}"));
    println!(
        "official tests: {} of schemas that a policy cannot have",
        count(&suite.refused)
    );
    suite
        .refused
        .iter()
        .for_each(|(reason, count)| println!("  {count} {reason}"));
    assert!(suite.wrong.is_empty(), "{}", suite.wrong.join("\n"));
    assert!(suite.same > 2000, "the test sees little: {}", suite.same);
    let stated = |name: &String| UNKNOWN.iter().any(|cause| name.starts_with(cause));
    assert!(suite.unknown.keys().all(stated), "unknown without a cause");
}
