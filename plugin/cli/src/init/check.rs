//! Expectations about the entry of one tool, and the calls that test them.
//!
//! They follow from the meaning of the entry, never from the answer of an engine.

use super::tool_schema::ToolSchema;
use crate::scan::parameter::Texts;
use crate::source_map::pointer_token;
use serde_json::{Map, Value, json};

/// The expectations about one tool.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) tool: String,
    /// The place of the rules in the policy, as a JSON Pointer.
    rules: String,
    /// The reason with which every call is refused.
    pub(super) denied: Option<String>,
    /// What the caller reads before a person approves each call.
    pub(super) approval: Option<&'static str>,
    /// Calls in a minute.
    pub(super) limit: Option<u32>,
    /// Arguments with which a call is allowed.
    pub(super) arguments: Value,
    /// No such arguments were found.
    pub(super) unknown: bool,
    pub(super) refused: Vec<Refused>,
    /// The arguments without one that the schema requires.
    pub(super) lacking: Option<Refused>,
}

/// Arguments with which a call is refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) arguments: Value,
    pub(super) message: String,
    /// A JSON Pointer.
    pub(super) rule: String,
}

impl Refused {
    /// The arguments, with others that the call has.
    pub(super) fn beside(&self, others: &Value) -> Value {
        let mut arguments = self.arguments.clone();
        merge(&mut arguments, others.clone());
        arguments
    }
}

impl Check {
    pub(super) fn new(tool: &str, rules: String) -> Self {
        Self {
            tool: tool.into(),
            rules,
            denied: None,
            approval: None,
            limit: None,
            arguments: Value::Null,
            unknown: false,
            refused: Vec::new(),
            lacking: None,
        }
    }

    /// A call needs this value to be allowed.
    pub(super) fn give(&mut self, path: &str, texts: Texts, value: &str) {
        merge(&mut self.arguments, nest(path, texts, value));
    }

    /// A rule of the entry, such as `require/0`, refuses a call with these arguments.
    pub(super) fn refuse(&mut self, arguments: Value, message: &str, rule: &str) {
        self.refused.push(Refused {
            arguments,
            message: message.into(),
            rule: self.pointer(rule),
        });
    }

    /// Completes all arguments so that they meet the schema, and only the intended rule refuses a call. False if no such
    /// arguments are found.
    pub(super) fn meet(&mut self, schema: &ToolSchema) -> bool {
        merge(&mut self.arguments, schema.example());
        self.unknown = !schema.accepts(&self.arguments);
        let own = &self.arguments;
        self.refused
            .retain(|refused| schema.accepts(&refused.beside(own)));
        self.lacking = self.lacking(schema);
        !self.unknown
    }

    fn lacking(&self, schema: &ToolSchema) -> Option<Refused> {
        let needed = schema.needed()?;
        let mut arguments = self.arguments.clone();
        arguments.as_object_mut()?.remove(needed)?;
        (!schema.accepts(&arguments)).then(|| Refused {
            arguments,
            message: format!("The argument `{needed}` is missing."),
            rule: self.pointer("schema"),
        })
    }

    /// The JSON Pointer of a rule of the entry.
    pub(super) fn pointer(&self, rule: &str) -> String {
        let (rules, tool) = (&self.rules, pointer_token(&self.tool));
        format!("{rules}/tools/{tool}/{rule}")
    }
}

/// Arguments with a value at the path of a condition, such as `args.files[*].path`.
pub(super) fn nest(path: &str, texts: Texts, value: &str) -> Value {
    let inner = path.strip_prefix("args.").unwrap_or(path);
    let many = texts == Texts::Many && !path.ends_with("[*]");
    let leaf = if many { json!([value]) } else { json!(value) };
    inner.rsplit('.').fold(leaf, |value, name| {
        let lists = name.matches("[*]").count();
        let value = (0..lists).fold(value, |value, _| json!([value]));
        let name = name.trim_end_matches("[*]");
        Value::Object(Map::from_iter([(name.to_owned(), value)]))
    })
}

/// Adds missing members; in lists, to their first elements.
fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(more)) => {
            if let (Some(into), Some(more)) = (into.first_mut(), more.into_iter().next()) {
                merge(into, more);
            }
        }
        (into @ Value::Null, more) => *into = more,
        _ => {}
    }
}
