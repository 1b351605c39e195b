//! Random schemas and values.

use fastrand::Rng;
use serde_json::{Map, Value, json};

pub(super) const NAMES: [&str; 4] = ["a", "b", "c", "ab"];
pub(super) const TEXTS: [&str; 8] = ["", "a", "b", "ab", "abc", "1", "A", "a b"];
pub(super) const PATTERNS: [&str; 7] = ["^a", "b$", "^[a-c]*$", "\\d", ".b", "^.$", "a|b"];

/// Makes schemas and values from few names and texts, so that they often match.
pub(super) struct Made {
    pub(super) rng: Rng,
}

impl Made {
    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())]
    }

    pub(super) fn some(&mut self, of: &[&str]) -> Vec<String> {
        let some = of.iter().filter(|_| self.rng.bool());
        some.map(|one| (*one).into()).collect()
    }

    pub(super) fn number(&mut self) -> Value {
        match self.rng.u8(..8) {
            0 => json!(self.rng.f64() * 4.0),
            1 => json!(f64::from(self.rng.i8(..)) / 4.0),
            _ => json!(self.rng.i32(-2..6)),
        }
    }

    pub(super) fn scalar(&mut self) -> Value {
        match self.rng.u8(..8) {
            0 => Value::Null,
            1 => json!(self.rng.bool()),
            2..5 => self.number(),
            _ => json!(self.one(&TEXTS)),
        }
    }

    pub(super) fn value(&mut self, depth: usize) -> Value {
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

    pub(super) fn schema(&mut self, depth: usize) -> Value {
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

    pub(super) fn schemas(&mut self, depth: usize) -> Value {
        (0..self.rng.usize(1..4))
            .map(|_| self.schema(depth))
            .collect()
    }

    pub(super) fn keyword(&mut self, keyword: &str, depth: usize) -> Option<Value> {
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
            // A loop of references only leads into the value, so that it ends.
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

    /// A schema with definitions to refer to, one of which refers to itself.
    pub(super) fn whole(&mut self) -> Value {
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

pub(super) const KEYWORDS: &[&str] = &[
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
