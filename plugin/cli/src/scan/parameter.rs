//! Turns the schema of a tool's arguments into its parameters, each with its path in a policy.
//!
//! It never validates anything, and reads only the beginning of an endless schema.

use super::tokenize;
use super::tool::Tool;
use crate::argument_path;
use serde_json::{Map, Value};

/// A parameter, at any depth.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// As people write it: `path`, `files[*].path`.
    pub(crate) path: String,
    /// As a condition writes it, such as `args.files[*].path`; `None` where no condition can.
    pub(crate) condition: Option<String>,
    /// The words of its own name.
    pub(crate) words: Vec<String>,
    pub(crate) description: String,
    /// Every call has it, if the call has the object that holds it.
    pub(crate) required: bool,
    pub(crate) texts: Texts,
    /// The values that it may have, where they are listed.
    pub(crate) choices: Vec<String>,
    /// An object without declared members.
    pub(crate) free_form: bool,
    /// Its `format` is that of a URL.
    pub(crate) uri: bool,
}

/// Whether a parameter takes text, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// Numbers, flags, objects.
    None,
    One,
    /// A list of texts.
    Many,
    /// One or many, or anything: no single condition can judge it.
    Either,
}

const DEEPEST: usize = 4;
const MOST: usize = 500;
const MOST_SHAPES: usize = 50;

/// The place of the walk.
struct At<'a> {
    path: String,
    condition: Option<String>,
    required: bool,
    shapes: Vec<&'a Value>,
    depth: usize,
}

/// The number of parameters at the top level.
pub(crate) fn count(tool: &Tool) -> usize {
    let properties = tool.input_schema.get("properties");
    properties.and_then(Value::as_object).map_or(0, Map::len)
}

/// Every parameter of the tool.
pub(crate) fn parameters(tool: &Tool) -> Vec<Parameter> {
    let root = Value::Object(tool.input_schema.clone());
    let mut found = Vec::new();
    let top = At {
        path: String::new(),
        condition: Some(argument_path::ROOT.into()),
        required: true,
        shapes: shapes(&root, &root),
        depth: 0,
    };
    walk(&root, &top, &mut found);
    found
}

fn walk(root: &Value, at: &At<'_>, found: &mut Vec<Parameter>) {
    if at.depth >= DEEPEST {
        return;
    }
    for shape in &at.shapes {
        let members = shape.get("properties").and_then(Value::as_object);
        for (name, schema) in members.into_iter().flatten() {
            if found.len() >= MOST {
                return;
            }
            let inner = at.member(root, name, schema, requires(shape, name));
            found.push(parameter(&inner, name));
            walk(root, &inner, found);
            walk(root, &inner.elements(root), found);
        }
    }
}

fn requires(shape: &Value, name: &str) -> bool {
    let required = shape.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|other| other == name))
}

impl<'a> At<'a> {
    fn member(&self, root: &'a Value, name: &str, schema: &'a Value, required: bool) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let outer = self
            .condition
            .as_ref()
            .filter(|_| argument_path::is_simple(name));
        At {
            path: format!("{}{dot}{name}", self.path),
            condition: outer.map(|outer| argument_path::member(outer, name)),
            required: required && self.required,
            shapes: shapes(root, schema),
            depth: self.depth.saturating_add(1),
        }
    }

    /// The elements, if it is a list. A list may be empty, so no element is required.
    fn elements(&self, root: &'a Value) -> Self {
        let items = self.shapes.iter().filter_map(|shape| shape.get("items"));
        At {
            path: format!("{}[*]", self.path),
            condition: self.condition.as_deref().map(argument_path::elements),
            required: false,
            shapes: items.flat_map(|items| shapes(root, items)).collect(),
            depth: self.depth,
        }
    }

    fn has_type(&self, name: &str) -> bool {
        self.shapes.iter().any(|shape| has_type(shape, name))
    }
}

fn parameter(at: &At<'_>, name: &str) -> Parameter {
    let choices = at.shapes.iter().flat_map(|shape| choices(shape));
    let description = at
        .shapes
        .iter()
        .find_map(|shape| shape.get("description")?.as_str());
    Parameter {
        path: at.path.clone(),
        condition: at.condition.clone(),
        words: tokenize::words_of_name(name),
        description: description.map(tokenize::plain).unwrap_or_default(),
        required: at.required,
        texts: texts(at),
        choices: choices.collect(),
        free_form: at.has_type("object") && at.shapes.iter().all(|shape| free_form(shape)),
        uri: at.shapes.iter().any(|shape| {
            shape
                .get("format")
                .is_some_and(|format| format == "uri" || format == "url")
        }),
    }
}

fn texts(at: &At<'_>) -> Texts {
    let items = at.elements_have_texts();
    let typed = at.shapes.iter().any(|shape| {
        shape.get("type").is_some() || shape.get("enum").is_some() || shape.get("const").is_some()
    });
    match (at.has_type("string"), items) {
        (true, false) => Texts::One,
        (false, true) => Texts::Many,
        (true, true) => Texts::Either,
        (false, false) if !typed => Texts::Either,
        (false, false) => Texts::None,
    }
}

impl At<'_> {
    fn elements_have_texts(&self) -> bool {
        let lists = self.shapes.iter().filter(|shape| has_type(shape, "array"));
        lists.into_iter().any(|shape| {
            shape
                .get("items")
                .is_none_or(|items| has_type(items, "string") || items.get("type").is_none())
        })
    }
}

fn has_type(shape: &Value, name: &str) -> bool {
    match shape.get("type") {
        Some(Value::String(found)) => found == name,
        Some(Value::Array(found)) => found.iter().any(|found| found == name),
        _ => false,
    }
}

/// An object without declared members may have any member.
fn free_form(shape: &Value) -> bool {
    let members = shape.get("properties").and_then(Value::as_object);
    let closed = shape.get("additionalProperties") == Some(&Value::Bool(false));
    members.is_none_or(Map::is_empty) && !closed
}

fn choices(shape: &Value) -> Vec<String> {
    let listed = shape.get("enum").and_then(Value::as_array);
    let listed = listed.into_iter().flatten().chain(shape.get("const"));
    listed
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// A schema, the targets of its references, and the parts of its `allOf`, `oneOf` and `anyOf`.
fn shapes<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let mut shapes: Vec<&Value> = Vec::new();
    let mut open = vec![schema];
    while let Some(shape) = open.pop() {
        if shapes.len() >= MOST_SHAPES || shapes.iter().any(|seen| std::ptr::eq(*seen, shape)) {
            continue;
        }
        shapes.push(shape);
        let target = shape.get("$ref").and_then(Value::as_str);
        open.extend(target.and_then(|target| root.pointer(target.strip_prefix('#')?)));
        for key in ["allOf", "oneOf", "anyOf"] {
            let inner = shape.get(key).and_then(Value::as_array);
            open.extend(inner.into_iter().flatten().rev());
        }
    }
    shapes
}
