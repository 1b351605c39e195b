//! Turns YAML text into a tree of values with their places, typed as Go's yaml.v3 types them.
//!
//! It never guesses: keys given twice, tags and numbers in notations that readers differ about are refused or
//! kept as [`Value::Odd`], and aliases cannot make a small file large.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A value, and where it begins and ends.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) mark: Mark,
    /// Behind its last character; for a block, at the next value.
    pub(crate) end: Mark,
    /// Where the name begins and ends, for a member of a map.
    pub(crate) key: Option<(Mark, Mark)>,
    pub(crate) value: Value,
}

/// A place in the text, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// Digits, with a minus where it has one.
    Int(String),
    Float(f64),
    Text(String),
    /// A scalar that Go reads differently from other readers: another base, a date, infinity.
    Odd(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Why a text is not one YAML document that can be read, and where.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) mark: Mark,
    pub(crate) what: String,
}

/// The most values of a document, far more than a policy has; nested aliases could expand a short text beyond it.
const MOST_VALUES: usize = 200_000;
const DEEPEST: usize = 32;
const MERGE: &str = "<<";

/// A document, and where a second one begins, which Go does not read.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) root: Node,
    pub(crate) second: Option<Mark>,
}

/// Reads all documents of a text.
pub(crate) fn read_all(text: &str) -> Result<Vec<Node>, Fault> {
    let mut builder = Builder::default();
    let mut documents = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(Fault::of)?;
        match event {
            Event::DocumentEnd => documents.extend(builder.root.take()),
            _ => builder.event(event, Mark::of(&span.start), Mark::of(&span.end))?,
        }
    }
    Ok(documents)
}

/// Reads the first document of a text.
pub(crate) fn read(text: &str) -> Result<Document, Fault> {
    let mut builder = Builder::default();
    let mut second = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(Fault::of)?;
        let mark = Mark::of(&span.start);
        if matches!(event, Event::DocumentStart(_)) && builder.root.is_some() {
            second = Some(mark);
            break;
        }
        builder.event(event, mark, Mark::of(&span.end))?;
    }
    let Some(root) = builder.root else {
        return fault(Mark { line: 1, column: 1 }, "it has no YAML document");
    };
    Ok(Document { root, second })
}

/// Open collections, and the values of anchors.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
    values: usize,
}

struct Open {
    mark: Mark,
    anchor: usize,
    is_map: bool,
    /// A key whose value follows, and its place.
    key: Option<(String, (Mark, Mark))>,
    list: Vec<Node>,
    map: Vec<(String, Node)>,
    /// What `<<` merges.
    merged: Vec<Node>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, mark: Mark, end: Mark) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(text, style, tag.as_deref(), mark)?;
                self.add(Node::new(mark, end, value), anchor)
            }
            Event::SequenceStart(anchor, tag) => self.open(mark, anchor, false, tag.as_deref()),
            Event::MappingStart(anchor, tag) => self.open(mark, anchor, true, tag.as_deref()),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.add(Node { mark, end, ..node }, 0),
                None => fault(mark, "an alias of an anchor that is unknown or incomplete"),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(
        &mut self,
        mark: Mark,
        anchor: usize,
        is_map: bool,
        tag: Option<&Tag>,
    ) -> Result<(), Fault> {
        let kind = if is_map { "map" } else { "seq" };
        if tag.is_some_and(|tag| !tag.is_yaml_core_schema() || tag.suffix != kind) {
            return fault(mark, "this tag is not read; take it out");
        }
        if self.open.len() >= DEEPEST {
            return fault(mark, "it is nested too deeply");
        }
        self.open.push(Open {
            mark,
            anchor,
            is_map,
            key: None,
            list: Vec::new(),
            map: Vec::new(),
            merged: Vec::new(),
        });
        Ok(())
    }

    fn close(&mut self, end: Mark) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = if open.is_map {
            let mut map = open.map;
            for node in open.merged {
                merge(&mut map, node)?;
            }
            Value::Map(map)
        } else {
            Value::List(open.list)
        };
        self.add(Node::new(open.mark, end, value), open.anchor)
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.values = self.values.saturating_add(node.size());
        if self.values > MOST_VALUES {
            return fault(node.mark, "its aliases expand to too many values");
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(open) if !open.is_map => open.list.push(node),
            Some(open) => match open.key.take() {
                Some((key, _)) if key == MERGE => open.merged.push(node),
                Some((key, place)) => {
                    let key_place = Some(place);
                    open.map.push((
                        key,
                        Node {
                            key: key_place,
                            ..node
                        },
                    ));
                }
                None => {
                    let place = (node.mark, node.end);
                    open.key = Some((key(node, &open.map)?, place));
                }
            },
        }
        Ok(())
    }
}

/// Adds the members of a map, or of each of a list of maps, that are not there yet.
fn merge(map: &mut Vec<(String, Node)>, node: Node) -> Result<(), Fault> {
    let mark = node.mark;
    match node.value {
        Value::Map(members) => {
            for (key, node) in members {
                if !map.iter().any(|(other, _)| *other == key) {
                    map.push((key, node));
                }
            }
            Ok(())
        }
        Value::List(list) => list.into_iter().try_for_each(|node| match node.value {
            Value::Map(_) => merge(map, node),
            _ => fault(mark, "a merge (`<<`) of what is no map"),
        }),
        _ => fault(mark, "a merge (`<<`) of what is no map"),
    }
}

/// The text of a key that the map has not yet.
fn key(node: Node, map: &[(String, Node)]) -> Result<String, Fault> {
    let mark = node.mark;
    let Some(key) = node.text() else {
        return fault(mark, "a key that is not a string");
    };
    if map.iter().any(|(other, _)| *other == key) {
        return fault(mark, &format!("the key `{key}` is given twice"));
    }
    Ok(key)
}

fn scalar(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
    mark: Mark,
) -> Result<Value, Fault> {
    let core = match tag {
        None if style == ScalarStyle::Plain => return Ok(plain(&text)),
        None => "str",
        Some(tag) if tag.is_yaml_core_schema() => &tag.suffix,
        Some(_) => "",
    };
    match (core, plain(&text)) {
        ("str", _) => Ok(Value::Text(text.into_owned())),
        ("int", value @ Value::Int(_))
        | ("float", value @ Value::Float(_))
        | ("bool", value @ Value::Bool(_))
        | ("null", value @ Value::Null) => Ok(value),
        _ => fault(mark, "this tag is not read; take it out"),
    }
}

/// A scalar without quotes.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_int(text) => Value::Int(text.trim_start_matches('+').into()),
        _ if is_float(text) => text.parse().map_or_else(|_| odd(text), Value::Float),
        _ if looks_numeric(text) => odd(text),
        _ => Value::Text(text.into()),
    }
}

fn odd(text: &str) -> Value {
    Value::Odd(text.into())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn is_int(text: &str) -> bool {
    let digits = unsigned(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && (digits == "0" || !digits.starts_with('0'))
}

/// A number with a point or an exponent, in the notation that YAML and JSON share.
fn is_float(text: &str) -> bool {
    let digits = unsigned(text);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = unsigned(exponent);
    digits.contains(['.', 'e', 'E'])
        && (!whole.is_empty() || !fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && !exponent.is_empty()
        && all_digits(exponent)
}

/// Whether yaml.v3 may read a text as a number or a date that JSON does not have.
fn looks_numeric(text: &str) -> bool {
    let rest = unsigned(text);
    let begins = rest.starts_with(|c: char| c.is_ascii_digit());
    let made = |c: char| c.is_ascii_hexdigit() || "xobXOB_.:-+tTzZ ".contains(c);
    let special = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&rest);
    special || (begins && rest.chars().all(made))
}

/// A whole number in a notation of Go's own: `0755`, `0x10`, `0b1`, `1_000`.
fn go_int(text: &str) -> Option<String> {
    let digits = unsigned(text).replace('_', "");
    let prefixes = [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
        ("0", 8),
    ];
    let with_radix = prefixes
        .iter()
        .find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, *radix)));
    let (digits, radix) = match with_radix {
        Some(("", 8)) | None => (&*digits, 10),
        Some(found) => found,
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let number = i64::from_str_radix(digits, radix)
        .ok()
        .filter(|_| is_plain)?;
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(format!("{sign}{number}"))
}

impl Node {
    pub(crate) fn new(mark: Mark, end: Mark, value: Value) -> Self {
        Self {
            mark,
            end,
            key: None,
            value,
        }
    }

    /// The member of a map.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Value::Map(members) = &self.value else {
            return None;
        };
        let mut members = members.iter();
        members.find_map(|(own, node)| (own == name).then_some(node))
    }

    /// The characters of a text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same value in JSON, without its place; numbers that JSON or readers of YAML differ about are texts.
    pub(crate) fn json(self) -> Json {
        match self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => value.into(),
            Value::Int(digits) => serde_json::from_str(&digits).unwrap_or(Json::String(digits)),
            Value::Float(value) => value.into(),
            Value::Text(text) | Value::Odd(text) => text.into(),
            Value::List(list) => list.into_iter().map(Self::json).collect(),
            Value::Map(map) => {
                let members = map.into_iter().map(|(key, node)| (key, node.json()));
                Json::Object(members.collect())
            }
        }
    }
}

impl Value {
    /// The digits of a whole number, as Go reads it.
    pub(crate) fn digits(&self) -> Option<String> {
        match self {
            Self::Int(digits) => Some(digits.clone()),
            Self::Odd(text) => go_int(text),
            _ => None,
        }
    }
}

impl Node {
    /// A scalar as Go puts it into a string.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.value {
            Value::Bool(bool) => Some(bool.to_string()),
            Value::Int(text) | Value::Text(text) | Value::Odd(text) => Some(text.clone()),
            Value::Float(number) => Some(number.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn size(&self) -> usize {
        match &self.value {
            Value::List(list) => list.iter().map(Self::size).sum::<usize>(),
            Value::Map(map) => map.iter().map(|(_, node)| node.size()).sum::<usize>(),
            _ => 1,
        }
    }
}

impl Fault {
    fn of(error: ScanError) -> Self {
        Self {
            mark: Mark::of(error.marker()),
            what: error.info().to_owned(),
        }
    }
}

impl Mark {
    fn of(marker: &Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col().saturating_add(1),
        }
    }
}

fn fault<T>(mark: Mark, what: &str) -> Result<T, Fault> {
    Err(Fault {
        mark,
        what: what.into(),
    })
}
