//! Valid policies with one mistake put in: none is taken for something else than it says, and the first message names
//! the place.
//!
//! It makes only changes that cannot be right: where the language lets an author write anything, nothing is changed.

use fastrand::Rng;
use host_tests::case::{Play, corpus};
use host_tests::root;
use mcp_policy::{Policy, PolicyError, Problem};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A JSON value that may have a key twice.
#[derive(Clone, Debug)]
enum Node {
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    Scalar(Value),
}

/// What an object is, by where it stands: which keys it may have.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Document,
    AllTools,
    Entry,
    Method,
    Group,
    Condition,
    Limit,
    RateLimit,
    Sequence,
    Identity,
    Source,
    Grant,
    Match,
    Host,
    Result,
    /// An expression to take out.
    Redaction,
    /// The operand of `length`.
    Length,
    /// The operand of `within`, where it is no list.
    Roots,
    /// A JSON Schema.
    Schema,
    /// Its keys are names that the author chooses, its values of one kind.
    Names(&'static Self),
    /// A value that the author chooses.
    Free,
}

impl Kind {
    /// The keys, as the documents of the language tell them.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Document => &[
                "$schema",
                "version",
                "description",
                "default",
                "answer",
                "client_detail",
                "list",
                "pin_unseen",
                "hide",
                "all_tools",
                "tools",
                "prompts",
                "resources",
                "methods",
                "sequence",
                "mode",
                "frozen",
                "identity",
                "grants",
                "host",
            ],
            Self::AllTools => &["require", "deny_if", "limits", "result"],
            Self::Entry => &[
                "action",
                "reason",
                "require",
                "deny_if",
                "limits",
                "rate_limit",
                "schema",
                "pin",
                "result",
                "mode",
                "frozen",
            ],
            Self::Method => &["action", "reason"],
            Self::Group => &["conditions", "on_deny"],
            Self::Condition => &["path", "op", "value", "if_present"],
            Self::Limit => &[
                "counter",
                "window",
                "max",
                "scope",
                "cost",
                "algorithm",
                "refund",
                "on_deny",
            ],
            Self::RateLimit => &["max", "window", "scope"],
            Self::Sequence => &["after", "deny", "for", "scope", "on_deny"],
            Self::Identity => &["from"],
            Self::Source => &["header", "set_by_gateway"],
            Self::Grant => &["match", "policy", "forward", "revoked", "mode", "frozen"],
            Self::Match => &["bearer_sha256"],
            Self::Host => &[
                "hold_request_headers",
                "namespace",
                "slots",
                "max_request_bytes",
                "max_response_bytes",
                "max_depth",
            ],
            Self::Result => &["max_bytes", "redact"],
            Self::Redaction => &["regex"],
            Self::Length => &["min", "max"],
            Self::Roots => &["roots", "base"],
            Self::Schema => KEYWORDS,
            Self::Names(_) | Self::Free => &[],
        }
    }

    fn of_member(self, key: &str, op: Option<&str>) -> Self {
        match (self, key) {
            (Self::Condition, "value") => match op {
                Some("length") => Self::Length,
                Some("within") => Self::Roots,
                Some("schema") => Self::Schema,
                _ => Self::Free,
            },
            (Self::Names(of), _) => *of,
            (Self::Document, "all_tools") => Self::AllTools,
            (Self::Document, "tools" | "prompts" | "resources") => Self::Names(&Self::Entry),
            (Self::Document, "methods") => Self::Names(&Self::Method),
            (Self::Document, "sequence") => Self::Sequence,
            (Self::Document, "identity") => Self::Identity,
            (Self::Document, "grants") => Self::Names(&Self::Grant),
            (Self::Document, "host") => Self::Host,
            (Self::Entry | Self::AllTools, "require" | "deny_if") => Self::Group,
            (Self::Entry | Self::AllTools, "limits") => Self::Limit,
            (Self::Entry | Self::AllTools, "result") => Self::Result,
            (Self::Result, "redact") => Self::Redaction,
            (Self::Entry, "rate_limit") => Self::RateLimit,
            (Self::Entry, "schema") => Self::Schema,
            (Self::Schema, key) if NAMED.contains(&key) => Self::Names(&Self::Schema),
            (Self::Schema, key) if NESTED.contains(&key) => Self::Schema,
            (Self::Group, "conditions") => Self::Condition,
            (Self::Identity, "from") => Self::Source,
            (Self::Grant, "match") => Self::Match,
            _ => Self::Free,
        }
    }
}

/// The keywords of a JSON Schema.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "contentEncoding",
    "contentMediaType",
    "$ref",
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
    "additionalItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "required",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "x-mcp-header",
];

/// Keywords of JSON Schema with schemas by name, and with one or a list of them.
const NAMED: &[&str] = &[
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
];
const NESTED: &[&str] = &[
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "additionalProperties",
    "propertyNames",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];

/// Values that are one of a few words.
const WORDS: &[&str] = &[
    "version",
    "default",
    "answer",
    "list",
    "mode",
    "action",
    "op",
    "algorithm",
    "refund",
    "pin_unseen",
];

impl Node {
    fn read(value: &Value) -> Self {
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

    fn write(&self, text: &mut String) {
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

    fn at(&mut self, path: &[usize]) -> &mut Self {
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

/// A place in a policy.
#[derive(Clone, Debug)]
struct Place {
    path: Vec<usize>,
    pointer: String,
    kind: Kind,
    /// The last key on the way.
    key: String,
    /// The operator beside it, for the value of a condition.
    op: Option<String>,
}

fn places(node: &Node, here: Place, all: &mut Vec<Place>) {
    match node {
        Node::Object(members) => {
            let op = members.iter().find(|(key, _)| key == "op");
            let op = op.map(|(_, value)| match value {
                Node::Scalar(Value::String(op)) => op.clone(),
                _ => String::new(),
            });
            for (index, (key, value)) in members.iter().enumerate() {
                let token = key.replace('~', "~0").replace('/', "~1");
                let member = Place {
                    path: [&here.path[..], &[index]].concat(),
                    pointer: format!("{}/{token}", here.pointer),
                    kind: here.kind.of_member(key, op.as_deref()),
                    key: key.clone(),
                    op: op.clone().filter(|_| here.kind == Kind::Condition),
                };
                places(value, member, all);
            }
        }
        Node::Array(nodes) => {
            for (index, value) in nodes.iter().enumerate() {
                let element = Place {
                    path: [&here.path[..], &[index]].concat(),
                    pointer: format!("{}/{index}", here.pointer),
                    ..here.clone()
                };
                places(value, element, all);
            }
        }
        Node::Scalar(_) => {}
    }
    all.push(here);
}

/// A policy with a mistake in it.
struct Mutant {
    what: &'static str,
    text: String,
    expected: Expected,
}

enum Expected {
    /// The first message is about this place, its parent, or something in it.
    At(String),
    /// The first message is about one of these.
    AtOneOf(Vec<String>),
    /// The first message is about the text, at this byte or anywhere.
    Text(Option<usize>),
}

/// How many kinds of mistakes [`mutate`] makes.
const KINDS: u8 = 12;

fn mutate(policy: &Node, random: &mut Rng) -> Option<Mutant> {
    let mut all = Vec::new();
    let root = Place {
        path: Vec::new(),
        pointer: String::new(),
        kind: Kind::Document,
        key: String::new(),
        op: None,
    };
    places(policy, root, &mut all);
    let place = all[random.usize(..all.len())].clone();
    let copy = policy.clone();
    match random.u8(..KINDS) {
        0 => misspell_key(copy, &place, random),
        1 => move_key(copy, &place, &all, random),
        2 => exchange_keys(copy, &place, random),
        3 => change_type(copy, &place, random),
        4 => nest(copy, &place),
        5 => misspell_word(copy, &place, random),
        6 => respell_value(copy, &place, random),
        7 => double_key(copy, &place, random),
        8 => Some(cut_text(policy, random)),
        9 => name_everything(copy, &place),
        10 => respell_name(copy, &place, random),
        _ => leave_out(copy, &place, random),
    }
}

fn written(node: &Node) -> String {
    let mut text = String::new();
    node.write(&mut text);
    text
}

fn misspell_key(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    if place.kind.keys().is_empty() || members.is_empty() {
        return None;
    }
    let index = random.usize(..members.len());
    let key = misspelt(&members[index].0, random)?;
    // Whatever begins so is for others, and no keyword of a schema.
    if place.kind == Kind::Schema && key.starts_with("x-") {
        return None;
    }
    if place.kind.keys().contains(&key.as_str()) || members.iter().any(|(other, _)| *other == key) {
        return None;
    }
    let expected = Expected::At(format!(
        "{}/{}",
        place.pointer,
        key.replace('~', "~0").replace('/', "~1")
    ));
    members[index].0 = key;
    Some(Mutant {
        what: "a key misspelt",
        text: written(&policy),
        expected,
    })
}

/// A letter left out, doubled, exchanged, in another case, or replaced by one that looks alike.
fn misspelt(word: &str, random: &mut Rng) -> Option<String> {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 2 {
        return None;
    }
    let at = random.usize(..letters.len());
    match random.u8(..6) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, (at + 1) % word.chars().count()),
        3 => letters[at] = letters[at].to_ascii_uppercase(),
        4 => {
            letters[at] = match letters[at] {
                'a' => 'а',
                'e' => 'е',
                'o' => 'о',
                'i' => 'ı',
                _ => '_',
            }
        }
        _ => letters.push(['s', ' ', '\u{200b}', '\0'][random.usize(..4)]),
    }
    let changed: String = letters.into_iter().collect();
    (changed != word).then_some(changed)
}

/// A key of one object in another that has no such key.
fn move_key(mut policy: Node, from: &Place, all: &[Place], random: &mut Rng) -> Option<Mutant> {
    let to = &all[random.usize(..all.len())];
    if from.kind.keys().is_empty() || to.kind.keys().is_empty() || to.path.starts_with(&from.path) {
        return None;
    }
    let Node::Object(members) = policy.at(&from.path) else {
        return None;
    };
    if members.is_empty() {
        return None;
    }
    let index = random.usize(..members.len());
    let member = members[index].clone();
    if to.kind.keys().contains(&member.0.as_str()) {
        return None;
    }
    let pointer = format!("{}/{}", to.pointer, member.0);
    let Node::Object(members) = policy.at(&to.path) else {
        return None;
    };
    members.push(member);
    Some(Mutant {
        what: "a key where it does not belong",
        text: written(&policy),
        expected: Expected::At(pointer),
    })
}

/// Keys of one object with values that may fit each other: exchanged they are another valid policy.
const ALIKE: &[&[&str]] = &[
    &["$schema", "description"],
    &["tools", "prompts", "resources", "methods", "grants"],
    &["require", "deny_if"],
    &["counter", "on_deny", "window", "max", "scope"],
    &["path", "value", "if_present"],
    &["after", "deny", "on_deny", "scope"],
    &["client_detail", "frozen", "revoked", "forward", "schema"],
    &[
        "slots",
        "max_request_bytes",
        "max_response_bytes",
        "max_depth",
    ],
    &["min", "max"],
];

/// Two keys of an object that stand before each other's values.
fn exchange_keys(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    if place.kind.keys().is_empty() || place.kind == Kind::Schema || members.len() < 2 {
        return None;
    }
    let one = random.usize(..members.len());
    let other = (one + random.usize(1..members.len())) % members.len();
    let keys = [members[one].0.clone(), members[other].0.clone()];
    let alike = |group: &&[&str]| keys.iter().all(|key| group.contains(&key.as_str()));
    // An empty list or object fits wherever lists or objects do.
    let empty = [one, other].map(|index| match &members[index].1 {
        Node::Object(members) => members.is_empty(),
        Node::Array(elements) => elements.is_empty(),
        Node::Scalar(_) => false,
    });
    if ALIKE.iter().any(alike) || empty.contains(&true) {
        return None;
    }
    let [first, second] = keys;
    let pointers = [&first, &second].map(|key| format!("{}/{key}", place.pointer));
    members[one].0 = second;
    members[other].0 = first;
    Some(Mutant {
        what: "two keys exchanged",
        text: written(&policy),
        expected: Expected::AtOneOf(pointers.into()),
    })
}

/// Where the author may write any value, as in `eq`, or what only the keyword of a schema knows.
fn is_open(place: &Place) -> bool {
    let any = ["eq", "neq", "in", "not_in", "contains"];
    let op = place.op.as_deref();
    let operand = place.key == "value" && op.is_none_or(|op| any.contains(&op));
    let within = |name| place.kind == Kind::Free && place.pointer.contains(name);
    let inside = op.is_none() && within("/value/") || within("/schema/");
    operand || inside && !["min", "max", "roots", "base"].contains(&place.key.as_str())
}

/// The types that may stand there beside the one that does.
fn also(place: &Place) -> &'static [&'static str] {
    match (place.key.as_str(), place.op.as_deref()) {
        _ if place.kind == Kind::Schema => &["bool", "object"],
        ("window" | "for", _) => &["string", "number"],
        ("scope", _) => &["string", "list"],
        ("rate_limit", _) => &["string", "object"],
        ("value", Some("cidr")) => &["string", "list"],
        ("value", Some("within")) => &["list", "object"],
        _ => &[],
    }
}

impl Node {
    fn of_type(&self) -> &'static str {
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

/// A value of a type that means nothing there; a number also as a text, or as another kind of number.
fn change_type(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    if is_open(place) {
        return None;
    }
    let node = policy.at(&place.path);
    let mut others = vec![
        Node::Scalar(Value::Null),
        Node::Scalar(true.into()),
        Node::Scalar("true".into()),
        Node::Scalar(7.into()),
        Node::Array(Vec::new()),
        Node::Object(Vec::new()),
    ];
    let (own, also) = (node.of_type(), also(place));
    others.retain(|other| other.of_type() != own && !also.contains(&other.of_type()));
    if let Node::Scalar(Value::Number(number)) = node {
        others.push(Node::Scalar(number.to_string().into()));
        // Whole numbers are counted with; those of conditions are what they are.
        if place.op.is_none() {
            others.extend([-1.0, 1.5, 1e300].map(|other| Node::Scalar(other.into())));
        }
    }
    *node = others[random.usize(..others.len())].clone();
    Some(Mutant {
        what: "a value of another type",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

/// A value in a list of its own, or the only one of a list without the list.
fn nest(mut policy: Node, place: &Place) -> Option<Mutant> {
    let node = policy.at(&place.path);
    let either = ["scope", "cidr"]
        .map(|name| place.key == name || place.key == "value" && place.op.as_deref() == Some(name));
    if is_open(place) || place.kind == Kind::Schema || either.contains(&true) {
        return None;
    }
    *node = match node.clone() {
        Node::Array(mut elements) if elements.len() == 1 => elements.remove(0),
        other => Node::Array(vec![other]),
    };
    Some(Mutant {
        what: "a list too many or too few",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

/// Texts that are written in one way: a space behind them, or a capital at their head, is another.
fn respell_value(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let key = place.key.as_str();
    let texts = [
        "path",
        "cost",
        "scope",
        "window",
        "for",
        "rate_limit",
        "roots",
        "base",
    ];
    let names = ["hide", "after", "deny", "header", "bearer_sha256"];
    let operands = ["type", "within", "host_in", "cidr"];
    let operand = key == "value" && place.op.as_deref().is_some_and(|op| operands.contains(&op));
    let written_once = operand || texts.contains(&key) || names.contains(&key);
    let node = policy.at(&place.path);
    let Node::Scalar(Value::String(text)) = node else {
        return None;
    };
    // A tool or an argument may have any of these names.
    if !written_once || place.kind != Kind::Free || is_open(place) {
        return None;
    }
    let head = text.get(..1)?.to_uppercase();
    *text = match random.bool() {
        true if head != text[..1] && !names.contains(&key) => head + &text[1..],
        _ => format!("{text}{}", [" ", "\n", "\0", "\u{200b}"][random.usize(..4)]),
    };
    Some(Mutant {
        what: "a text written in another way",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

fn misspell_word(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let node = policy.at(&place.path);
    let Node::Scalar(Value::String(word)) = node else {
        return None;
    };
    if !WORDS.contains(&place.key.as_str())
        || place.kind != Kind::Free
        || place.pointer.contains("/value")
    {
        return None;
    }
    *word = misspelt(word, random)?;
    if ["lt", "gt", "lte", "gte", "eq", "neq", "in"].contains(&word.as_str()) {
        return None;
    }
    Some(Mutant {
        what: "a word misspelt",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

/// A key twice in one object, wherever it stands: two readers would take different ones.
fn double_key(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    const MARK: &str = "\u{1}the second\u{1}";
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    if members.is_empty() {
        return None;
    }
    let (key, value) = members[random.usize(..members.len())].clone();
    let other = [value, Node::Scalar(Value::Null), Node::Object(Vec::new())];
    members.push((MARK.into(), other[random.usize(..3)].clone()));
    let text = written(&policy);
    let mark = Value::from(MARK).to_string();
    let at = text.find(&mark)?;
    Some(Mutant {
        what: "a key given twice",
        text: text.replace(&mark, &Value::from(key).to_string()),
        expected: Expected::Text(Some(at)),
    })
}

fn cut_text(policy: &Node, random: &mut Rng) -> Mutant {
    let mut text = written(policy);
    match random.u8(..3) {
        0 => {
            let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            text.truncate(ends[random.usize(..ends.len())]);
        }
        1 => {
            let closing = closing(&text);
            text.insert(closing[random.usize(..closing.len())], ',');
        }
        _ => text.push_str(["{}", "x", ",", "//"][random.usize(..4)]),
    }
    Mutant {
        what: "a text that is no JSON",
        text,
        expected: Expected::Text(None),
    }
}

/// Where lists and objects end.
fn closing(text: &str) -> Vec<usize> {
    let (mut inside, mut escaped) = (false, false);
    let ends = text.char_indices().filter(|(_, c)| {
        inside ^= *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        !inside && ['}', ']'].contains(c)
    });
    ends.map(|(at, _)| at).collect()
}

fn name_everything(mut policy: Node, place: &Place) -> Option<Mutant> {
    let (Kind::Names(Kind::Entry | Kind::Method), Node::Object(members)) =
        (place.kind, policy.at(&place.path))
    else {
        return None;
    };
    members.push(("*".into(), Node::Object(Vec::new())));
    Some(Mutant {
        what: "the key `*`",
        text: written(&policy),
        expected: Expected::At(format!("{}/*", place.pointer)),
    })
}

/// A name with something in it that nobody sees.
fn respell_name(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let (Kind::Names(of), Node::Object(members)) = (place.kind, policy.at(&place.path)) else {
        return None;
    };
    // A property may have any name.
    if *of == Kind::Schema {
        return None;
    }
    let index = random.usize(..members.len().max(1));
    let name = &mut members.get_mut(index)?.0;
    let unseen = [' ', '\0', '\u{200b}', '\u{e0041}'][random.usize(..4)];
    match random.bool() {
        true => name.insert(0, unseen),
        false => name.push(unseen),
    }
    let token = name.replace('~', "~0").replace('/', "~1");
    Some(Mutant {
        what: "a name with what nobody sees",
        text: written(&policy),
        expected: Expected::At(format!("{}/{token}", place.pointer)),
    })
}

/// What must be there.
fn leave_out(mut policy: Node, place: &Place, random: &mut Rng) -> Option<Mutant> {
    let needed: &[&str] = match place.kind {
        Kind::Document => &["version", "default"],
        Kind::Group => &["conditions"],
        Kind::Condition => &["path", "op", "value"],
        Kind::Limit => &["counter", "window", "max"],
        Kind::RateLimit => &["window", "max"],
        Kind::Sequence => &["after", "deny", "for"],
        Kind::Redaction => &["regex"],
        Kind::Identity => &["from"],
        Kind::Grant => &["match"],
        _ => return None,
    };
    let Node::Object(members) = policy.at(&place.path) else {
        return None;
    };
    let key = needed[random.usize(..needed.len())];
    let before = members.len();
    members.retain(|(other, _)| other != key);
    (members.len() < before).then(|| Mutant {
        what: "a key left out",
        text: written(&policy),
        expected: Expected::At(place.pointer.clone()),
    })
}

impl Mutant {
    /// Why the policy is not refused as it should be.
    fn wrong(&self) -> Option<String> {
        let Err(errors) = Policy::parse(self.text.as_bytes()) else {
            return Some("it is accepted".into());
        };
        let Some(first) = errors.first() else {
            return Some("nothing says why it is refused".into());
        };
        let named = match &self.expected {
            Expected::At(place) => is_near(&first.at, place),
            Expected::AtOneOf(places) => places.iter().any(|place| is_near(&first.at, place)),
            Expected::Text(at) => self.points_at(first, *at),
        };
        (!named).then(|| format!("the first message is: {first}"))
    }

    fn points_at(&self, error: &PolicyError, at: Option<usize>) -> bool {
        let Problem::Json { line, column, .. } = error.problem else {
            return false;
        };
        let before = at.map(|at| self.text[..at].chars().count() + 1);
        line == 1 && before.is_none_or(|before| column == before)
    }
}

/// The place itself, its parent, or something in it. What cannot be seen is told as JSON escapes it.
fn is_near(told: &str, place: &str) -> bool {
    let escaped = [
        ("\0", "\\u0000"),
        ("\u{200b}", "\\u200b"),
        ("\u{e0041}", "\\udb40\\udc41"),
    ];
    let place = escaped.iter().fold(place.to_owned(), |place, (from, to)| {
        place.replace(from, to)
    });
    let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    told == place || told == parent || told.starts_with(&format!("{place}/"))
}

/// The valid policies of the corpus, written without space, so that all is on one line.
fn valid() -> Vec<Node> {
    let cases = corpus(&root().join("policies")).expect("a corpus");
    let valid = cases
        .iter()
        .filter(|case| matches!(case.play, Play::Steps(_)));
    let valid = valid.filter_map(|case| serde_json::from_str(&case.policy).ok());
    valid.map(|value: Value| Node::read(&value)).collect()
}

fn play(number: usize, seed: u64) {
    let policies = valid();
    for policy in &policies {
        let parsed = Policy::parse(written(policy).as_bytes());
        assert!(parsed.is_ok(), "it is valid before: {parsed:?}");
    }
    let mut random = Rng::with_seed(seed);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    while counts.values().sum::<usize>() < number {
        let policy = &policies[random.usize(..policies.len())];
        let Some(mutant) = mutate(policy, &mut random) else {
            continue;
        };
        if let Some(wrong) = mutant.wrong() {
            panic!("{}: {wrong}\n{}", mutant.what, mutant.text);
        }
        *counts.entry(mutant.what).or_default() += 1;
    }
    assert!(
        counts.len() == usize::from(KINDS),
        "some kind of mistake was not made: {counts:?}"
    );
    println!("refused, each with its place: {counts:?}");
}

#[test]
fn no_mistake_is_taken_for_something_else() {
    play(10_000, 1);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn none_of_a_million_mistakes_is_taken_for_something_else() {
    play(1_000_000, 2);
}
