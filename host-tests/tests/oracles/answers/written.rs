//! A JSON message as a server writes it: a tree that keeps the raw text of names and strings.
//!
//! It can hold what no careful writer writes: members twice, and names in any spelling.

use serde_json::Value;

/// A value in its raw form.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Written {
    /// Any other value, as its raw text.
    Raw(String),
    /// The raw text between the quotes.
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Written {
    /// The value of a JSON text.
    pub(super) fn of(text: &str) -> Self {
        Self::of_value(&serde_json::from_str(text).expect("JSON"))
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(inner(text)),
            Value::Array(values) => Self::List(values.iter().map(Self::of_value).collect()),
            Value::Object(members) => {
                let member =
                    |(name, value): (&String, &Value)| (inner(name), Self::of_value(value));
                Self::Object(members.iter().map(member).collect())
            }
            other => Self::Raw(other.to_string()),
        }
    }

    /// The JSON text, with these separators between elements and after names.
    pub(super) fn text(&self, comma: &str, colon: &str) -> String {
        match self {
            Self::Raw(raw) => raw.clone(),
            Self::Text(text) => format!("\"{text}\""),
            Self::List(elements) => {
                let elements = elements.iter().map(|element| element.text(comma, colon));
                format!("[{}]", elements.collect::<Vec<_>>().join(comma))
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| {
                    format!("\"{name}\"{colon}{}", value.text(comma, colon))
                };
                let members = members.iter().map(member);
                format!("{{{}}}", members.collect::<Vec<_>>().join(comma))
            }
        }
    }

    /// The path to the first text or name that satisfies `is`, as indices in lists and objects.
    pub(super) fn way_to(&self, is: &impl Fn(&str) -> bool) -> Option<Vec<usize>> {
        let below = |index: usize, value: &Self| {
            let way = value.way_to(is)?;
            Some([&[index][..], &way].concat())
        };
        match self {
            Self::Raw(_) => None,
            Self::Text(text) => is(text).then(Vec::new),
            Self::List(elements) => elements
                .iter()
                .enumerate()
                .find_map(|(index, value)| below(index, value)),
            Self::Object(members) => {
                members
                    .iter()
                    .enumerate()
                    .find_map(|(index, (name, value))| {
                        is(name)
                            .then(|| vec![index])
                            .or_else(|| below(index, value))
                    })
            }
        }
    }

    /// The value at the end of a path.
    pub(super) fn at(&mut self, way: &[usize]) -> &mut Self {
        let Some((&index, rest)) = way.split_first() else {
            return self;
        };
        match self {
            Self::List(elements) => elements[index].at(rest),
            Self::Object(members) => members[index].1.at(rest),
            Self::Raw(_) | Self::Text(_) => panic!("no way leads through a text"),
        }
    }

    /// The value with `other` in place of `word`, in texts and names.
    pub(super) fn with(&self, word: &str, other: &str) -> Self {
        match self {
            Self::Raw(raw) => Self::Raw(raw.clone()),
            Self::Text(text) => Self::Text(text.replace(word, other)),
            Self::List(elements) => Self::List(
                elements
                    .iter()
                    .map(|value| value.with(word, other))
                    .collect(),
            ),
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| {
                    (name.replace(word, other), value.with(word, other))
                };
                Self::Object(members.iter().map(member).collect())
            }
        }
    }
}

/// The raw text between the quotes of a string.
fn inner(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
