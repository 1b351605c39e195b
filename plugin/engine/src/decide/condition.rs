//! Turns a condition and a call into true, false or unknown.
//!
//! Unknown is everything that two servers could read in two ways. It never lets a call through: `require` asks for true,
//! `deny_if` for false.

use super::{Header, Requester, Table};
use crate::count::Millis;
use crate::explain::{Sight, short};
use crate::json::{Bounds, Document, Kind, Value, exact};
use crate::parse::schema::Schema;
use crate::parse::{Condition, Fact, Group, Literal, Order, Path, Step, Test};
use crate::place::{Host, Network, Roots, Url, address};
use crate::read::{Call, similar};
use crate::truth::Truth;
use std::borrow::Cow;
use std::cmp::Ordering;

/// What conditions may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// The table and the name that the rules belong to.
    pub(crate) table: Table,
    pub(crate) name: &'a str,
    pub(crate) call: &'a Call<'a>,
    pub(crate) requester: &'a Requester,
    pub(crate) now: Millis,
}

/// How `[*]` joins its elements, and what a value that is not there means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In `require` each element must hold, and there must be one.
    Require,
    /// In `deny_if` one element suffices.
    DenyIf,
}

/// What is at the end of a path.
pub(super) enum Found<'a> {
    Json(Value<'a>),
    Text(Cow<'a, str>),
    Number(f64),
    Missing,
    Unknown,
}

impl Group {
    /// `require` asks for true, `deny_if` for false: what is unknown is refused by both.
    pub(crate) fn refuses(&self, scene: &Scene<'_>, reading: Reading) -> bool {
        match reading {
            Reading::Require => self.truth(scene, reading) != Truth::True,
            Reading::DenyIf => self.truth(scene, reading) != Truth::False,
        }
    }

    /// The condition that a refusal is put down to: the first that does not hold, or one that the client can change.
    pub(crate) fn decides(&self, scene: &Scene<'_>, reading: Reading) -> Option<&Condition> {
        let mut conditions = self.conditions.iter();
        match reading {
            Reading::Require => {
                conditions.find(|condition| condition.truth(scene, reading) != Truth::True)
            }
            Reading::DenyIf => conditions.find(|condition| condition.reads_arguments()),
        }
    }

    /// What each condition saw.
    pub(super) fn sights(&self, scene: &Scene<'_>, reading: Reading) -> Vec<Sight> {
        let sight = |condition: &Condition| Sight {
            path: condition.path.to_string(),
            op: condition.test.name(),
            value: condition.value(scene),
            truth: condition.truth(scene, reading),
        };
        self.conditions.iter().map(sight).collect()
    }

    /// The conditions, joined by AND.
    fn truth(&self, scene: &Scene<'_>, reading: Reading) -> Truth {
        Truth::all(
            self.conditions
                .iter()
                .map(|condition| condition.truth(scene, reading)),
        )
    }
}

impl Condition {
    /// The value that it looks at, up to a `[*]`, for people.
    fn value(&self, scene: &Scene<'_>) -> Option<String> {
        match &self.path {
            Path::Arguments(steps) => {
                let one = steps.iter().take_while(|step| **step != Step::Each);
                value_at(scene.call.arguments, one).map(short)
            }
            Path::Fact(fact) => match scene.fact(fact) {
                Found::Json(value) => Some(short(value)),
                Found::Text(text) => Some(text.into_owned()),
                // An hour or a day.
                Found::Number(number) => Some((number as u8).to_string()),
                Found::Missing | Found::Unknown => None,
            },
        }
    }

    fn truth(&self, scene: &Scene<'_>, reading: Reading) -> Truth {
        match &self.path {
            Path::Arguments(steps) => {
                let empty = steps.is_empty() && matches!(self.test, Test::Schema(_));
                // A call without arguments is one with none in them.
                let absent = empty.then_some(Value::EMPTY_OBJECT);
                self.walk(scene.call.arguments.or(absent), steps, reading)
            }
            Path::Fact(fact) => self.judge(scene.fact(fact), reading),
        }
    }

    fn walk(&self, value: Option<Value<'_>>, steps: &[Step], reading: Reading) -> Truth {
        let Some(value) = value else {
            return self.judge(Found::Missing, reading);
        };
        let Some((step, rest)) = steps.split_first() else {
            return self.judge(Found::Json(value), reading);
        };
        match (step, value.kind()) {
            (Step::Member(name), Kind::Object) => match member(value, name) {
                Ok(value) => self.walk(value, rest, reading),
                Err(LookAlike) => Truth::Unknown,
            },
            (Step::Element(index), Kind::Array) => {
                self.walk(value.elements().nth(*index), rest, reading)
            }
            (Step::Each, Kind::Array)
                if self.test.is_slow() && value.raw().len() > LONGEST_MATCHED =>
            {
                Truth::Unknown
            }
            (Step::Each, Kind::Array) => {
                let mut truths = value
                    .elements()
                    .map(|value| self.walk(Some(value), rest, reading))
                    .peekable();
                match reading {
                    Reading::Require if truths.peek().is_none() => Truth::False,
                    Reading::Require => Truth::all(truths),
                    Reading::DenyIf => Truth::any(truths),
                }
            }
            _ => Truth::Unknown,
        }
    }

    fn judge(&self, found: Found<'_>, reading: Reading) -> Truth {
        match found {
            Found::Unknown => Truth::Unknown,
            Found::Missing if self.if_present => Truth::of(Some(reading == Reading::Require)),
            Found::Missing => self.test.missing(),
            found => self.test.judge(&found),
        }
    }
}

impl Test {
    fn is_slow(&self) -> bool {
        matches!(self, Self::Regex(_) | Self::NotRegex(_))
    }

    /// Where nothing is at the path.
    fn missing(&self) -> Truth {
        match self {
            Self::Exists(wanted) => Truth::of(Some(!wanted)),
            // What an absent value is not, nobody can say: the server may have a default for it.
            Self::Neq(_) | Self::NotIn(_) | Self::NotRegex(_) => Truth::Unknown,
            Self::Eq(_)
            | Self::In(_)
            | Self::Order(..)
            | Self::Regex(_)
            | Self::Contains(_)
            | Self::Length { .. }
            | Self::Type(_)
            | Self::Within(_)
            | Self::HostIn(_)
            | Self::Cidr(_)
            | Self::Schema(_) => Truth::False,
        }
    }

    fn judge(&self, found: &Found<'_>) -> Truth {
        match self {
            Self::Eq(literal) => equal(found, literal),
            Self::Neq(literal) => equal(found, literal).not(),
            Self::In(literals) => one_of(found, literals),
            Self::NotIn(literals) => one_of(found, literals).not(),
            Self::Order(order, bound) => {
                Truth::of(found.number().map(|number| order.holds(number, *bound)))
            }
            Self::Regex(regex) => matches(found, regex),
            Self::NotRegex(regex) => matches(found, regex).not(),
            Self::Contains(literal) => contains(found, literal),
            Self::Exists(wanted) => Truth::of(Some((found.kind() != Kind::Null) == *wanted)),
            Self::Length { min, max } => {
                Truth::of(found.length().map(|length| (*min..=*max).contains(&length)))
            }
            Self::Type(kind) => Truth::of(Some(found.kind() == *kind)),
            Self::Within(roots) => within(found, roots),
            Self::HostIn(hosts) => host_in(found, hosts),
            Self::Cidr(networks) => cidr(found, networks),
            Self::Schema(schema) => fits(found, schema),
        }
    }
}

impl Order {
    pub(super) fn holds(self, number: f64, bound: f64) -> bool {
        let ordering = number.partial_cmp(&bound);
        match self {
            Self::Less => ordering == Some(Ordering::Less),
            Self::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => ordering == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl<'a> Found<'a> {
    fn kind(&self) -> Kind {
        match self {
            Self::Json(value) => value.kind(),
            Self::Text(_) => Kind::String,
            Self::Number(_) => Kind::Number,
            Self::Missing | Self::Unknown => Kind::Null,
        }
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Json(value) => value.string(),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(_) | Self::Missing | Self::Unknown => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Json(value) => number(*value),
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Missing | Self::Unknown => None,
        }
    }

    /// Characters, elements or members.
    fn length(&self) -> Option<usize> {
        match (self, self.kind()) {
            (_, Kind::String) => Some(self.text()?.chars().count()),
            (Self::Json(value), Kind::Array) => Some(value.elements().count()),
            (Self::Json(value), Kind::Object) => Some(value.members().count()),
            _ => None,
        }
    }
}

/// The one value at the end of the steps; `None` where there is none, or where nobody can tell.
pub(crate) fn value_at<'a, 's>(
    value: Option<Value<'a>>,
    mut steps: impl Iterator<Item = &'s Step>,
) -> Option<Value<'a>> {
    steps.try_fold(value?, |value, step| match step {
        Step::Member(name) => member(value, name).ok()?,
        Step::Element(index) => value.elements().nth(*index),
        Step::Each => None,
    })
}

/// A member that only some servers would take for the one that a rule names.
struct LookAlike;

/// The member of that name. A rule is not walked around by `Amount` beside, or in place of, `amount`.
fn member<'a>(object: Value<'a>, name: &str) -> Result<Option<Value<'a>>, LookAlike> {
    let mut found = None;
    for (member, value) in object.members() {
        if member == name {
            found = Some(value);
        } else if similar(&member, name) {
            return Err(LookAlike);
        }
    }
    Ok(found)
}

fn number(value: Value<'_>) -> Option<f64> {
    (value.kind() == Kind::Number)
        .then(|| exact(value.raw()))
        .flatten()
}

fn equal(found: &Found<'_>, literal: &Literal) -> Truth {
    match (found, literal) {
        (Found::Json(value), literal) => equal_json(*value, literal),
        (Found::Text(text), Literal::String(other)) => Truth::of(Some(**text == **other)),
        (Found::Number(number), Literal::Number(other)) => Truth::of(Some(number == other)),
        _ => Truth::Unknown,
    }
}

/// Values of different types are neither equal nor different: some servers turn the one into the other.
fn equal_json(value: Value<'_>, literal: &Literal) -> Truth {
    match (value.kind(), literal) {
        (Kind::Null, Literal::Null) => Truth::True,
        (Kind::Bool, Literal::Bool(other)) => Truth::of(value.bool().map(|bool| bool == *other)),
        (Kind::Number, Literal::Number(other)) => {
            Truth::of(number(value).map(|number| number == *other))
        }
        (Kind::String, Literal::String(other)) => {
            Truth::of(value.string().map(|text| *text == **other))
        }
        (Kind::Array, Literal::Array(others)) if value.elements().count() == others.len() => {
            Truth::all(
                value
                    .elements()
                    .zip(others)
                    .map(|(value, other)| equal_json(value, other)),
            )
        }
        (Kind::Array, Literal::Array(_)) => Truth::False,
        (Kind::Object, Literal::Object(others)) => equal_members(value, others),
        _ => Truth::Unknown,
    }
}

fn equal_members(object: Value<'_>, others: &[(Box<str>, Literal)]) -> Truth {
    let known = Truth::all(
        others
            .iter()
            .map(|(name, other)| match member(object, name) {
                Ok(Some(value)) => equal_json(value, other),
                Ok(None) => Truth::False,
                Err(LookAlike) => Truth::Unknown,
            }),
    );
    let same_number = object.members().count() == others.len();
    Truth::all([known, Truth::of(Some(same_number))].into_iter())
}

/// Equal to one of the list, whose values are of one type, or null.
pub(super) fn one_of(found: &Found<'_>, literals: &[Literal]) -> Truth {
    let same_type = literals
        .iter()
        .filter(|literal| literal.kind() == found.kind());
    let mut same_type = same_type.peekable();
    if same_type.peek().is_none() {
        return Truth::Unknown;
    }
    Truth::any(same_type.map(|literal| equal(found, literal)))
}

fn contains(found: &Found<'_>, literal: &Literal) -> Truth {
    match (found, found.kind(), literal) {
        (_, Kind::String, Literal::String(part)) => {
            Truth::of(found.text().map(|text| text.contains(&**part)))
        }
        (Found::Json(list), Kind::Array, literal) => {
            Truth::any(list.elements().map(|element| equal_json(element, literal)))
        }
        _ => Truth::Unknown,
    }
}

/// A longer text, or list of texts, would take the gateway's time.
pub(super) const LONGEST_MATCHED: usize = 64 * 1024;

fn matches(found: &Found<'_>, regex: &regex_lite::Regex) -> Truth {
    let text = found.text().filter(|text| text.len() <= LONGEST_MATCHED);
    Truth::of(text.map(|text| regex.is_match(&text)))
}

/// A path, or a list of paths. Some servers take an empty list for everything.
fn within(found: &Found<'_>, roots: &Roots) -> Truth {
    let hold = |path: Option<Cow<'_, str>>| path.map_or(Truth::Unknown, |path| roots.hold(&path));
    match found {
        Found::Json(list) if list.kind() == Kind::Array && list.elements().next().is_some() => {
            Truth::all(list.elements().map(|path| hold(path.string())))
        }
        found => hold(found.text()),
    }
}

fn host_in(found: &Found<'_>, hosts: &[Host]) -> Truth {
    let text = found.text();
    match text.as_deref().and_then(Url::read) {
        Some(url) => Truth::any(hosts.iter().map(|host| host.holds(&url))),
        None => Truth::Unknown,
    }
}

fn cidr(found: &Found<'_>, networks: &[Network]) -> Truth {
    match found.text().as_deref().and_then(address) {
        Some(address) => Truth::any(networks.iter().map(|network| network.holds(address))),
        None => Truth::Unknown,
    }
}

/// A fact is written as the JSON value that it is.
fn fits(found: &Found<'_>, schema: &Schema) -> Truth {
    let text = match found {
        Found::Json(value) => return schema.holds(*value),
        Found::Text(text) => serde_json::to_string(text).ok(),
        Found::Number(number) => Some(format!("{number:e}")),
        Found::Missing | Found::Unknown => None,
    };
    let bounds = Bounds {
        depth: 1,
        values: 1,
    };
    let text = text.unwrap_or_default();
    Document::read(text.as_bytes(), bounds)
        .map_or(Truth::Unknown, |document| schema.holds(document.root()))
}

impl<'a> From<Value<'a>> for Found<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::Json(value)
    }
}

impl Literal {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }
}

impl<'a> Scene<'a> {
    fn fact(&self, fact: &Fact) -> Found<'a> {
        let number = |number: Option<u8>| {
            number.map_or(Found::Unknown, |number| Found::Number(number.into()))
        };
        match (fact, self.table) {
            (Fact::Tool, Table::Tools)
            | (Fact::Prompt, Table::Prompts)
            | (Fact::Uri, Table::Resources) => text(self.name),
            (Fact::Tool | Fact::Prompt | Fact::Uri, _) => Found::Missing,
            (Fact::Method, _) => text(&self.call.method),
            (Fact::Grant, _) => self.requester.caller.label().map_or(Found::Missing, text),
            (Fact::Ip, _) => match self.requester.peer {
                Some(address) => Found::Text(address.to_string().into()),
                None => Found::Unknown,
            },
            (Fact::Header(name), _) => match self.requester.header(name) {
                Header::Once(value) => text(value),
                Header::Absent => Found::Missing,
                Header::Unclear => Found::Unknown,
            },
            (Fact::Hour, _) => number(self.now.hour()),
            (Fact::Weekday, _) => number(self.now.weekday()),
        }
    }
}

fn text(text: &str) -> Found<'_> {
    Found::Text(Cow::Borrowed(text))
}
