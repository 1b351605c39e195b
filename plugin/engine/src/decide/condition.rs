//! Turns a condition and a call into true, false or unknown.
//!
//! Unknown is everything that two servers could read in two ways. It never lets a call through: `require` asks for true,
//! `deny_if` for false.

use super::lookup::{LookAlike, member, number, value_at};
use super::operand::{Found, cidr, contains, equal, fits, host_in, matches, one_of, text, within};
use super::requester::{Header, Requester};
use crate::model::{Condition, Fact, Group, Literal, Order, Path, Reading, Step, Table, Test};
use crate::read::Call;
use crate::words::json::{Kind, Value};
use crate::words::trace::Sight;
use crate::words::{Millis, Truth};
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
                value_at(scene.call.arguments, one).map(Value::excerpt)
            }
            Path::Fact(fact) => match scene.fact(fact) {
                Found::Json(value) => Some(value.excerpt()),
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

/// Values of different types are neither equal nor different: some servers turn the one into the other.
pub(super) fn equal_json(value: Value<'_>, literal: &Literal) -> Truth {
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

/// A longer text, or list of texts, would take the gateway's time.
pub(super) const LONGEST_MATCHED: usize = 64 * 1024;

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
