//! Turns a JSON Schema into values that grow as far as it lets them, and says how far it lets others.
//!
//! It never follows a schema that holds itself further than a few levels.

use super::expression;
use super::filler::{Filler, Grow, LONGEST_SEARCHED, below, fixed, list, members, text};
use crate::example;
use serde_json::{Map, Value as Json, json};
use std::rc::Rc;

/// Schemas inside one another.
const DEEPEST: usize = 6;

/// The bytes of an element that is one of many, and has texts.
const ELEMENT: usize = 64;

/// Alternatives for one value.
const SAME_PLACE: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const SAME_PLACE_ONE: [&str; 4] = ["if", "then", "else", "not"];

/// Every value that grows at a place that leads there.
pub(super) fn fillers(schema: &Json, way: &[String]) -> Vec<Filler> {
    let mut fillers = Vec::new();
    Walk {
        root: schema,
        fillers: &mut fillers,
    }
    .schema(schema, way, DEEPEST);
    fillers
}

struct Walk<'s, 'f> {
    root: &'s Json,
    fillers: &'f mut Vec<Filler>,
}

impl<'s> Walk<'s, '_> {
    fn schema(&mut self, schema: &'s Json, way: &[String], deeper: usize) {
        let Some(deeper) = deeper.checked_sub(1) else {
            return;
        };
        self.text(schema, way);
        self.list(schema, way, deeper);
        self.object(schema, way, deeper);
        for schema in same_place(self.root, schema) {
            self.schema(schema, way, deeper);
        }
    }

    fn add(&mut self, way: &[String], grow: Grow) {
        self.fillers.push(Filler {
            way: way.to_vec(),
            grow,
        });
    }

    fn text(&mut self, schema: &Json, way: &[String]) {
        let most = longest(schema, "string", "maxLength");
        let (units, most) = match schema.get("pattern").and_then(Json::as_str) {
            Some(pattern) => (expression::units(pattern), most.min(LONGEST_SEARCHED)),
            None => (vec!["a".to_owned()], most),
        };
        if most > 0 {
            units
                .iter()
                .for_each(|unit| self.add(way, text(unit, most)));
        }
    }

    fn list(&mut self, schema: &'s Json, way: &[String], deeper: usize) {
        let most = longest(schema, "array", "maxItems");
        if most == 0 {
            return;
        }
        let items = schema.get("items").or_else(|| schema.get("contains"));
        let items = items.unwrap_or(&Json::Null);
        let example = [
            example::of(items),
            json!(1234),
            json!("a"),
            json!({}),
            json!([]),
        ];
        let mut inner = Vec::new();
        Walk {
            root: self.root,
            fillers: &mut inner,
        }
        .schema(items, &[], deeper.min(2));
        let inner = inner.into_iter().map(|filler| {
            let element = move |bytes| below(&filler.way, (filler.grow)(bytes));
            Rc::new(element) as Grow
        });
        let fixed = example.iter().map(fixed);
        for element in fixed.chain(inner) {
            self.add(way, list(element, ELEMENT, most));
        }
    }

    fn object(&mut self, schema: &'s Json, way: &[String], deeper: usize) {
        if longest(schema, "object", "maxProperties") == 0 {
            return;
        }
        for (name, property) in object(schema, "properties") {
            let way = [way, std::slice::from_ref(name)].concat();
            self.schema(property, &way, deeper);
        }
        let patterns = object(schema, "patternProperties").map(|(_, schema)| schema);
        let others = ["additionalProperties", "propertyNames"];
        let others = others.into_iter().filter_map(|keyword| schema.get(keyword));
        for value in others.chain(patterns).filter(|schema| schema.is_object()) {
            self.add(way, members(&example::of(value)));
        }
    }
}

/// The schemas that the same value meets.
fn same_place<'s>(root: &'s Json, schema: &'s Json) -> Vec<&'s Json> {
    let lists = SAME_PLACE
        .into_iter()
        .filter_map(|keyword| schema.get(keyword)?.as_array());
    let ones = SAME_PLACE_ONE
        .into_iter()
        .filter_map(|keyword| schema.get(keyword));
    let dependent = object(schema, "dependentSchemas").map(|(_, schema)| schema);
    let target = schema.get("$ref").and_then(Json::as_str);
    let target = target.and_then(|target| root.pointer(target.strip_prefix('#')?));
    lists
        .flatten()
        .chain(ones)
        .chain(dependent)
        .chain(target)
        .collect()
}

fn object<'s>(schema: &'s Json, keyword: &str) -> impl Iterator<Item = (&'s String, &'s Json)> {
    let members = schema.get(keyword).and_then(Json::as_object);
    members.into_iter().flat_map(Map::iter)
}

/// How long a value of a type may be: 0 where it cannot be of the type, or is one of a list.
pub(super) fn longest(schema: &Json, of: &str, keyword: &str) -> usize {
    let is = |kind: &Json| kind == of;
    let typed = match schema.get("type") {
        Some(Json::Array(kinds)) => kinds.iter().any(is),
        kind => kind.is_none_or(is),
    };
    if !typed
        || ["enum", "const"]
            .iter()
            .any(|keyword| schema.get(keyword).is_some())
    {
        return 0;
    }
    let most = schema.get(keyword).and_then(Json::as_u64);
    most.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    })
}
