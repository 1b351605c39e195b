//! Turns a YAML document into JSON, for comparisons: `true` and `false` are flags, and every other scalar is a text or
//! a whole number.
//!
//! It knows no anchors, no merges and no tags, and panics at an alias.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// An open list, or an open object with the name whose value follows.
enum Open {
    List(Vec<Value>),
    Object(Map<String, Value>, Option<String>),
}

/// Reads the only document of a text, with numbers as texts.
///
/// # Panics
/// When it is not one document that this reader knows.
pub fn read(text: &str) -> Value {
    match <[Value; 1]>::try_from(documents(text)) {
        Ok([document]) => as_texts(document),
        Err(_) => panic!("not one document:\n{text}"),
    }
}

/// Reads all documents of a text. Whole numbers are numbers.
///
/// # Panics
/// When it has something that this reader does not know.
pub fn documents(text: &str) -> Vec<Value> {
    let mut open = vec![Open::List(Vec::new())];
    for event in Parser::new_from_str(text) {
        let (event, _) = event.unwrap_or_else(|error| panic!("{error}:\n{text}"));
        match event {
            Event::Scalar(text, style, ..) => add(&mut open, scalar(&text, style)),
            Event::SequenceStart(..) => open.push(Open::List(Vec::new())),
            Event::MappingStart(..) => open.push(Open::Object(Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => add(&mut open, Value::Array(list)),
                Some(Open::Object(object, _)) => add(&mut open, Value::Object(object)),
                None => panic!("an end without a start"),
            },
            Event::Alias(_) => panic!("an alias:\n{text}"),
            _ => {}
        }
    }
    match open.pop() {
        Some(Open::List(documents)) if open.is_empty() => documents,
        _ => panic!("an open list:\n{text}"),
    }
}

/// The same value with each number as a text, as [`read`] has it.
pub fn as_texts(value: Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::Array(list) => list.into_iter().map(as_texts).collect(),
        Value::Object(object) => {
            let members = object.into_iter();
            Value::Object(
                members
                    .map(|(name, value)| (name, as_texts(value)))
                    .collect(),
            )
        }
        other => other,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (text, style) {
        ("true", ScalarStyle::Plain) => true.into(),
        ("false", ScalarStyle::Plain) => false.into(),
        (_, ScalarStyle::Plain) => match text.parse::<u64>() {
            Ok(number) if number.to_string() == text => number.into(),
            _ => text.into(),
        },
        _ => text.into(),
    }
}

fn add(open: &mut [Open], value: Value) {
    match open.last_mut().expect("the list of documents is open") {
        Open::List(list) => list.push(value),
        Open::Object(object, name) => match (name.take(), value) {
            (Some(name), value) => assert!(object.insert(name, value).is_none(), "a name twice"),
            (None, Value::String(own)) => *name = Some(own),
            (None, other) => panic!("no name: {other}"),
        },
    }
}

#[test]
fn text_in_quotes_is_not_a_flag() {
    let value = read("- a: { b: [1, true] }\n  c: \"true\"\n");
    assert_eq!(
        value,
        serde_json::json!([{ "a": { "b": ["1", true] }, "c": "true" }])
    );
}
