//! A JSON value that may have duplicate keys, and its text. It knows nothing of policies.

use serde_json::Value;
use std::fmt::Write as _;

/// A JSON value that may have duplicate keys.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    Scalar(Value),
}

impl Node {
    pub(super) fn read(value: &Value) -> Self {
        match value {
            Value::Object(members) => {
                let members = members.iter();
                Self::Object(
                    members
                        .map(|(key, value)| (key.clone(), Self::read(value)))
                        .collect(),
                )
            }
            Value::Array(elements) => Self::Array(elements.iter().map(Self::read).collect()),
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    pub(super) fn write(&self, text: &mut String) {
        let list = |text: &mut String, nodes: &[Self]| {
            for (index, node) in nodes.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                node.write(text);
            }
        };
        match self {
            Self::Scalar(value) => {
                let _ = write!(text, "{value}");
            }
            Self::Array(nodes) => {
                text.push('[');
                list(text, nodes);
                text.push(']');
            }
            Self::Object(members) => {
                text.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    let key = Value::from(key.as_str());
                    let _ = write!(text, "{}{key}:", if index > 0 { "," } else { "" });
                    value.write(text);
                }
                text.push('}');
            }
        }
    }

    pub(super) fn at(&mut self, path: &[usize]) -> &mut Self {
        let Some((first, rest)) = path.split_first() else {
            return self;
        };
        match self {
            Self::Object(members) => members[*first].1.at(rest),
            Self::Array(nodes) => nodes[*first].at(rest),
            Self::Scalar(_) => unreachable!("a path leads through lists and objects"),
        }
    }
}

pub(super) fn written(node: &Node) -> String {
    let mut text = String::new();
    node.write(&mut text);
    text
}

impl Node {
    pub(super) fn of_type(&self) -> &'static str {
        match self {
            Self::Object(_) => "object",
            Self::Array(_) => "list",
            Self::Scalar(Value::Bool(_)) => "bool",
            Self::Scalar(Value::Number(_)) => "number",
            Self::Scalar(Value::String(_)) => "string",
            Self::Scalar(_) => "null",
        }
    }
}
