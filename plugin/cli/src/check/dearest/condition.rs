//! Turns a condition into values at its path that may be expensive to evaluate.
//!
//! It never fills headers, addresses and other attributes of a call: they are short.

use super::expression;
use super::filler::{Filler, Grow, LONGEST_SEARCHED, SECRETS, below, fixed, list, text};
use super::schema;
use crate::argument_path::{ANY_TEXT, Step, steps};
use serde_json::{Value as Json, json};
use std::rc::Rc;

/// The bytes of an element that is one of many.
const ELEMENT: usize = 16;

/// A path: the members up to the first step into a list, and the rest.
struct Way {
    outer: Vec<String>,
    /// `None` where it steps into no list.
    inner: Option<Vec<String>>,
}

/// The values that grow at the path of a condition; none for a condition on no argument. `most` is the longest value at a
/// path, in bytes.
pub(super) fn fillers(condition: &Json, most: &dyn Fn(&str) -> usize) -> Vec<Filler> {
    let path = text_of(condition, "/path");
    let other = text_of(condition, "/value/ref");
    let mut fillers = fillers_at(condition, path, most);
    if !other.is_empty() {
        fillers.extend(fillers_at(condition, other, most));
    }
    fillers
}

fn text_of<'p>(condition: &'p Json, at: &str) -> &'p str {
    let text = condition.pointer(at).and_then(Json::as_str);
    text.unwrap_or_default()
}

fn fillers_at(condition: &Json, path: &str, most: &dyn Fn(&str) -> usize) -> Vec<Filler> {
    let Some(way) = way(path) else {
        return Vec::new();
    };
    let operand = condition.get("value").unwrap_or(&Json::Null);
    let op = text_of(condition, "/op");
    if let ("schema", None) = (op, &way.inner) {
        return schema::fillers(operand, &way.outer);
    }
    let elements = path.split_once("[*]").map_or(path, |(list, _)| list);
    let grow = leaves(op, operand, most(path))
        .into_iter()
        .flat_map(|leaf| match &way.inner {
            Some(inner) => inside(leaf, inner, most(elements)),
            None => vec![leaf.clone(), list(leaf, ELEMENT, most(elements))],
        });
    let filler = |grow| Filler {
        way: way.outer.clone(),
        grow,
    };
    grow.map(filler).collect()
}

/// A list of many short values, and one of long ones.
fn inside(leaf: Grow, inner: &[String], most: usize) -> Vec<Grow> {
    let inner = inner.to_vec();
    let element: Grow = Rc::new(move |bytes| below(&inner, leaf(bytes)));
    let sizes = [ELEMENT, LONGEST_SEARCHED];
    sizes.map(|bytes| list(element.clone(), bytes, most)).into()
}

fn leaves(op: &str, operand: &Json, most: usize) -> Vec<Grow> {
    let texts =
        |units: Vec<String>, most: usize| units.iter().map(|unit| text(unit, most)).collect();
    match op {
        "regex" | "not_regex" => {
            let expression = operand.as_str().unwrap_or_default();
            texts(expression::units(expression), most.min(LONGEST_SEARCHED))
        }
        "within" => texts(vec!["/a".into(), "a/../".into()], most),
        "host_in" => texts(vec!["https://www.example.com/a".into()], most),
        "secret" => texts(SECRETS.map(Into::into).into(), most),
        "cidr" => vec![fixed(&json!("192.0.2.17"))],
        "lt" | "lte" | "gt" | "gte" => vec![fixed(&json!(1234))],
        "schema" => {
            let fillers = schema::fillers(operand, &[]).into_iter();
            let plain = fillers.filter(|filler| filler.way.is_empty());
            plain.map(|filler| filler.grow).collect()
        }
        _ => [near(operand), json!("abc"), json!(1234)]
            .iter()
            .map(fixed)
            .chain([text("a", most)])
            .collect(),
    }
}

/// A value that is almost the operand, or almost the last of its list.
fn near(operand: &Json) -> Json {
    match operand {
        Json::String(text) => json!(format!("{text}x")),
        Json::Array(list) => list.last().map_or(Json::Null, near),
        other => other.clone(),
    }
}

fn way(path: &str) -> Option<Way> {
    if path == ANY_TEXT {
        return Some(Way {
            outer: vec!["text".into()],
            inner: None,
        });
    }
    let (mut outer, mut inner) = (Vec::new(), None::<Vec<String>>);
    for step in steps(path)? {
        match step {
            Step::Member(name) => inner.as_mut().unwrap_or(&mut outer).push(name),
            // A list inside a list is left to one list.
            Step::Element(_) => drop(inner.get_or_insert_default()),
        }
    }
    Some(Way { outer, inner })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filler_grows_at_its_path_up_to_its_bound() {
        let condition =
            json!({ "path": "args.files[*][\"a.b\"].c", "op": "regex", "value": "^x+$" });
        let most = |path: &str| if path == "args.files" { 3 } else { 5 };
        let fillers = fillers(&condition, &most);
        assert!(fillers.iter().all(|filler| filler.way == ["files"]));
        let longest = fillers.iter().map(|filler| (filler.grow)(10_000).len());
        assert_eq!(
            longest.max(),
            Some(3 * r#"{"a.b":{"c":"xxxxx"}},"#.len() + 1)
        );
    }

    #[test]
    fn condition_on_a_header_has_no_filler() {
        let condition = json!({ "path": "header.x", "op": "regex", "value": "a" });
        assert!(fillers(&condition, &|_| usize::MAX).is_empty());
    }
}
