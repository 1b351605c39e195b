//! The operator `schema` against a validator that is not ours, and against the tests that validators are held against:
//! what it calls true is valid, what it calls false is not.
//!
//! It lets nothing be unknown without a cause that is stated here.

use fastrand::Rng;
use host_tests::judge::{Judge, Truth};
use host_tests::root;
use mcp_policy::{PolicyError, Problem};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;

/// Each schema in it says which types it takes. Where a schema does not, a keyword that judges one type is unknown of the
/// others, though JSON Schema ignores it there.
fn typed(schema: &Value, draft: &str) -> Value {
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
    // There `$ref` stands alone.
    let alone = draft == "draft7" && keywords.contains_key("$ref");
    if !keywords.contains_key("type") && !alone {
        keywords.insert("type".into(), json!(ALL));
    }
    Value::Object(keywords)
}

/// What of the official tests a policy cannot have, by what is named in the first mistake.
fn refused(errors: &[PolicyError]) -> String {
    let first = errors.first().expect("a refused policy has a mistake");
    let last = first.at.rsplit('/').next().unwrap_or_default();
    match &first.problem {
        Problem::Unknown { key, .. } => format!("the keyword `{key}`"),
        Problem::Unfit { write, .. } => match last {
            "$id" => "`$id` below the root".into(),
            "$ref" => "a `$ref` that leads elsewhere, or does not stand alone in draft-07".into(),
            "$schema" => "a `$schema` of another draft".into(),
            _ if write.contains("binary64") => "a number that readers differ about".into(),
            _ if write.contains("`$schema`") => "a keyword that the draft does not have".into(),
            _ if write.contains("ignores what stands beside") => {
                "what stands beside `$ref` in draft-07".into()
            }
            _ if write.contains("whole number") => "a length written with a fraction".into(),
            _ if write.contains("regular expression") => {
                "a regular expression that the linear engine does not have".into()
            }
            _ => format!("{first}"),
        },
        _ => format!("{first}"),
    }
}

#[derive(Debug, Default)]
struct Suite {
    same: usize,
    /// Without a type, a keyword that judges another one.
    untyped: usize,
    /// Unknown all the same, by file and what the test says.
    unknown: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Suite {
    fn group(&mut self, draft: &str, file: &str, group: &Value) {
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

trait Other {
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

/// Tests of what a validator may leave out, and this does not.
const OPTIONAL: [&str; 4] = [
    "bignum.json",
    "ecmascript-regex.json",
    "float-overflow.json",
    "non-bmp-regex.json",
];

#[test]
fn the_official_tests() {
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
    // A value inside one of the list is of another type, and white space that readers differ about.
    let causes = [
        "const: ",
        "enum: ",
        "ecmascript-regex: \"ECMA 262 \\\\s",
        "ecmascript-regex: \"ECMA 262 \\\\S",
    ];
    let stated = |name: &String| causes.iter().any(|cause| name.starts_with(cause));
    assert!(suite.unknown.keys().all(stated), "unknown without a cause");
}

const NAMES: [&str; 4] = ["a", "b", "c", "ab"];
const TEXTS: [&str; 8] = ["", "a", "b", "ab", "abc", "1", "A", "a b"];
const PATTERNS: [&str; 7] = ["^a", "b$", "^[a-c]*$", "\\d", ".b", "^.$", "a|b"];

/// Schemas and values of few names and texts, so that they often meet.
struct Made {
    rng: Rng,
}

impl Made {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())]
    }

    fn some(&mut self, of: &[&str]) -> Vec<String> {
        let some = of.iter().filter(|_| self.rng.bool());
        some.map(|one| (*one).into()).collect()
    }

    fn number(&mut self) -> Value {
        match self.rng.u8(..8) {
            0 => json!(self.rng.f64() * 4.0),
            1 => json!(f64::from(self.rng.i8(..)) / 4.0),
            _ => json!(self.rng.i32(-2..6)),
        }
    }

    fn scalar(&mut self) -> Value {
        match self.rng.u8(..8) {
            0 => Value::Null,
            1 => json!(self.rng.bool()),
            2..5 => self.number(),
            _ => json!(self.one(&TEXTS)),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.rng.u8(..if depth == 0 { 2 } else { 6 }) {
            0 | 1 => self.scalar(),
            2 | 3 => (0..self.rng.usize(..4))
                .map(|_| self.value(depth - 1))
                .collect(),
            _ => {
                let names = (0..self.rng.usize(..4)).map(|_| self.one(&["a", "b", "c", "ab", "d"]));
                let names: Vec<_> = names.collect();
                names
                    .into_iter()
                    .map(|name| (name.to_owned(), self.value(depth - 1)))
                    .collect()
            }
        }
    }

    fn schema(&mut self, depth: usize) -> Value {
        if self.rng.u8(..12) == 0 {
            return json!(self.rng.bool());
        }
        let mut schema = Map::new();
        for _ in 0..self.rng.usize(1..4) {
            let keyword = self.one(KEYWORDS);
            if let Some(of) = self.keyword(keyword, depth) {
                schema.insert(keyword.into(), of);
            }
        }
        Value::Object(schema)
    }

    fn schemas(&mut self, depth: usize) -> Value {
        (0..self.rng.usize(1..4))
            .map(|_| self.schema(depth))
            .collect()
    }

    fn keyword(&mut self, keyword: &str, depth: usize) -> Option<Value> {
        const TYPES: [&str; 7] = [
            "null", "boolean", "number", "integer", "string", "array", "object",
        ];
        Some(match keyword {
            "type" if self.rng.bool() => json!(self.one(&TYPES)),
            "type" => {
                let mut types = self.some(&TYPES);
                types.push("string".into());
                types.sort();
                types.dedup();
                json!(types)
            }
            "enum" => {
                let mut values: Vec<Value> = Vec::new();
                for _ in 0..3 {
                    let value = self.scalar();
                    values.extend((!values.contains(&value)).then_some(value));
                }
                json!(values)
            }
            "const" => self.scalar(),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => self.number(),
            "multipleOf" => self.one(&[1.0, 2.0, 3.0, 0.5, 0.25]).into(),
            "minLength" | "minItems" | "minProperties" | "maxLength" | "maxItems"
            | "maxProperties" => {
                json!(self.rng.u8(..4))
            }
            "pattern" => json!(self.one(&PATTERNS)),
            "uniqueItems" => json!(self.rng.bool()),
            "required" => json!(self.some(&NAMES)),
            "dependentRequired" => json!({ "a": self.some(&NAMES), "b": self.some(&["c"]) }),
            "minContains" | "maxContains" => json!(self.rng.u8(..3)),
            // Into the value, so that it ends.
            "loop" => return None,
            _ if depth == 0 => return None,
            "$ref" => json!(self.one(&["#/$defs/leaf", "#/$defs/list", "#/$defs/tree"])),
            "properties" | "dependentSchemas" => {
                let names = self.some(&NAMES);
                names
                    .into_iter()
                    .map(|name| (name, self.schema(depth - 1)))
                    .collect()
            }
            "patternProperties" => {
                let patterns = self.some(&PATTERNS);
                patterns
                    .into_iter()
                    .map(|text| (text, self.schema(depth - 1)))
                    .collect()
            }
            "prefixItems" | "allOf" | "anyOf" | "oneOf" => self.schemas(depth - 1),
            _ => self.schema(depth - 1),
        })
    }

    /// A schema with others to refer to, one of which holds itself.
    fn whole(&mut self) -> Value {
        let mut schema = match self.schema(3) {
            Value::Object(schema) => schema,
            _ => Map::new(),
        };
        let leaf = self.schema(0);
        let definitions = json!({
            "leaf": leaf,
            "list": { "items": self.schema(1) },
            "tree": { "type": ["object", "string", "null"], "properties": { "a": { "$ref": "#/$defs/tree" } },
                "additionalProperties": leaf },
        });
        schema.insert("$defs".into(), definitions);
        Value::Object(schema)
    }
}

const KEYWORDS: &[&str] = &[
    "type",
    "type",
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "prefixItems",
    "items",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "required",
    "properties",
    "properties",
    "patternProperties",
    "additionalProperties",
    "additionalProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
];

/// Values against made schemas.
#[derive(Debug, Default)]
struct Seen {
    valid: usize,
    invalid: usize,
    unknown: usize,
}

fn against_the_oracle(seed: u64, schemas: usize) -> Seen {
    let mut made = Made {
        rng: Rng::with_seed(seed),
    };
    let mut seen = Seen::default();
    let mut refused = 0;
    for _ in 0..schemas {
        let schema = made.whole();
        let strict = typed(&schema, "draft2020-12");
        let Ok(mut judge) = Judge::parse("schema", &schema) else {
            // A schema that leads back to itself without a step into the value.
            refused += 1;
            continue;
        };
        let mut strict_judge = Judge::new("schema", &strict);
        let oracle = jsonschema::draft202012::options()
            .build(&schema)
            .expect("a valid schema");
        for _ in 0..20 {
            let value = made.value(3);
            let text = value.to_string();
            let valid = oracle.is_valid(&value);
            let expected = if valid { Truth::True } else { Truth::False };
            let at = || format!("{text} of {schema}");
            match judge.of_json(&text) {
                Truth::Unknown => seen.unknown += 1,
                truth if truth == expected => {
                    *if valid {
                        &mut seen.valid
                    } else {
                        &mut seen.invalid
                    } += 1
                }
                truth => panic!("{truth:?}, but the oracle says {expected:?}: {}", at()),
            }
            let truth = strict_judge.of_json(&text);
            assert_eq!(
                truth,
                expected,
                "nothing is unknown where types are named: {}",
                at()
            );
        }
    }
    println!("schema: {schemas} schemas, {refused} refused, {seen:?}");
    assert!(
        refused * 20 < schemas,
        "{refused} of {schemas} schemas are refused"
    );
    seen
}

#[test]
fn no_value_is_taken_otherwise_than_by_another_validator() {
    let seen = against_the_oracle(1, 3000);
    let enough = 3000;
    assert!(
        seen.valid > enough && seen.invalid > enough && seen.unknown > enough,
        "the test sees little: {seen:?}"
    );
}

#[test]
#[ignore = "the long form: `make soak`"]
fn none_of_millions_of_values_is_taken_otherwise_than_by_another_validator() {
    against_the_oracle(2, 200_000);
}
