//! Turns a condition and a call into true, false or unknown.
//!
//! Unknown is everything that two servers could read in two ways. It never lets a call through: `require` asks for true,
//! `deny_if` for false.

use super::context::{Header, RequestContext};
use super::lookup::{LookAlike, member, number, value_at};
use super::operand::{
    Operand, cidr, contains, equal, fits, host_in, matches, one_of, text, within,
};
use crate::model::{
    Attribute, Clause, Condition, Group, Literal, Order, Path, Predicate, Segment, Table,
};
use crate::read::Call;
use crate::words::json::{Kind, Value};
use crate::words::trace::ConditionTrace;
use crate::words::{Millis, Truth};
use std::cmp::Ordering;

/// What conditions may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EvalContext<'a> {
    /// The table and the name that the rules belong to.
    pub(crate) table: Table,
    pub(crate) name: &'a str,
    pub(crate) call: &'a Call<'a>,
    pub(crate) context: &'a RequestContext,
    pub(crate) now: Millis,
}

impl Group {
    /// `require` asks for true, `deny_if` for false: what is unknown is refused by both.
    pub(crate) fn refuses(&self, eval: &EvalContext<'_>, clause: Clause) -> bool {
        match clause {
            Clause::Require => self.truth(eval, clause) != Truth::True,
            Clause::DenyIf => self.truth(eval, clause) != Truth::False,
        }
    }

    /// The condition that a refusal is put down to: the first that does not hold, or one that the client can change.
    pub(crate) fn failing_condition(
        &self,
        eval: &EvalContext<'_>,
        clause: Clause,
    ) -> Option<&Condition> {
        let mut conditions = self.conditions.iter();
        match clause {
            Clause::Require => {
                conditions.find(|condition| condition.truth(eval, clause) != Truth::True)
            }
            Clause::DenyIf => conditions.find(|condition| condition.reads_arguments()),
        }
    }

    /// What each condition saw.
    pub(super) fn condition_traces(
        &self,
        eval: &EvalContext<'_>,
        clause: Clause,
    ) -> Vec<ConditionTrace> {
        let sight = |condition: &Condition| ConditionTrace {
            path: condition.path.to_string(),
            op: condition.predicate.name(),
            value: condition.value(eval),
            truth: condition.truth(eval, clause),
        };
        self.conditions.iter().map(sight).collect()
    }

    /// The conditions, joined by AND.
    fn truth(&self, eval: &EvalContext<'_>, clause: Clause) -> Truth {
        Truth::all(
            self.conditions
                .iter()
                .map(|condition| condition.truth(eval, clause)),
        )
    }
}

impl Condition {
    /// The value that it looks at, up to a `[*]`, for people.
    fn value(&self, eval: &EvalContext<'_>) -> Option<String> {
        match &self.path {
            Path::Arguments(steps) => {
                let one = steps.iter().take_while(|step| **step != Segment::Each);
                value_at(eval.call.arguments, one).map(Value::excerpt)
            }
            Path::Attribute(attribute) => match eval.attribute(attribute) {
                Operand::Json(value) => Some(value.excerpt()),
                Operand::Text(text) => Some(text.into_owned()),
                // An hour or a day.
                Operand::Number(number) => Some((number as u8).to_string()),
                Operand::Missing | Operand::Unknown => None,
            },
        }
    }

    fn truth(&self, eval: &EvalContext<'_>, clause: Clause) -> Truth {
        match &self.path {
            Path::Arguments(steps) => {
                let empty = steps.is_empty() && matches!(self.predicate, Predicate::Schema(_));
                // A call without arguments is one with none in them.
                let absent = empty.then_some(Value::EMPTY_OBJECT);
                self.walk(eval.call.arguments.or(absent), steps, clause)
            }
            Path::Attribute(attribute) => self.judge(eval.attribute(attribute), clause),
        }
    }

    fn walk(&self, value: Option<Value<'_>>, steps: &[Segment], clause: Clause) -> Truth {
        let Some(value) = value else {
            return self.judge(Operand::Missing, clause);
        };
        let Some((step, rest)) = steps.split_first() else {
            return self.judge(Operand::Json(value), clause);
        };
        match (step, value.kind()) {
            (Segment::Member(name), Kind::Object) => match member(value, name) {
                Ok(value) => self.walk(value, rest, clause),
                Err(LookAlike) => Truth::Unknown,
            },
            (Segment::Element(index), Kind::Array) => {
                self.walk(value.elements().nth(*index), rest, clause)
            }
            (Segment::Each, Kind::Array)
                if self.predicate.is_slow() && value.raw().len() > LONGEST_MATCHED =>
            {
                Truth::Unknown
            }
            (Segment::Each, Kind::Array) => {
                let mut truths = value
                    .elements()
                    .map(|value| self.walk(Some(value), rest, clause))
                    .peekable();
                match clause {
                    Clause::Require if truths.peek().is_none() => Truth::False,
                    Clause::Require => Truth::all(truths),
                    Clause::DenyIf => Truth::any(truths),
                }
            }
            _ => Truth::Unknown,
        }
    }

    fn judge(&self, operand: Operand<'_>, clause: Clause) -> Truth {
        match operand {
            Operand::Unknown => Truth::Unknown,
            Operand::Missing if self.if_present => Truth::of(Some(clause == Clause::Require)),
            Operand::Missing => self.predicate.missing(),
            operand => self.predicate.judge(&operand),
        }
    }
}

impl Predicate {
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

    fn judge(&self, operand: &Operand<'_>) -> Truth {
        match self {
            Self::Eq(literal) => equal(operand, literal),
            Self::Neq(literal) => equal(operand, literal).not(),
            Self::In(literals) => one_of(operand, literals),
            Self::NotIn(literals) => one_of(operand, literals).not(),
            Self::Order(order, bound) => {
                Truth::of(operand.number().map(|number| order.holds(number, *bound)))
            }
            Self::Regex(regex) => matches(operand, regex),
            Self::NotRegex(regex) => matches(operand, regex).not(),
            Self::Contains(literal) => contains(operand, literal),
            Self::Exists(wanted) => Truth::of(Some((operand.kind() != Kind::Null) == *wanted)),
            Self::Length { min, max } => Truth::of(
                operand
                    .length()
                    .map(|length| (*min..=*max).contains(&length)),
            ),
            Self::Type(kind) => Truth::of(Some(operand.kind() == *kind)),
            Self::Within(roots) => within(operand, roots),
            Self::HostIn(hosts) => host_in(operand, hosts),
            Self::Cidr(networks) => cidr(operand, networks),
            Self::Schema(schema) => fits(operand, schema),
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

impl<'a> EvalContext<'a> {
    fn attribute(&self, attribute: &Attribute) -> Operand<'a> {
        let number = |number: Option<u8>| {
            number.map_or(Operand::Unknown, |number| Operand::Number(number.into()))
        };
        match (attribute, self.table) {
            (Attribute::Tool, Table::Tools)
            | (Attribute::Prompt, Table::Prompts)
            | (Attribute::Uri, Table::Resources) => text(self.name),
            (Attribute::Tool | Attribute::Prompt | Attribute::Uri, _) => Operand::Missing,
            (Attribute::Method, _) => text(&self.call.method),
            (Attribute::Grant, _) => self.context.caller.label().map_or(Operand::Missing, text),
            (Attribute::Ip, _) => match self.context.peer {
                Some(address) => Operand::Text(address.to_string().into()),
                None => Operand::Unknown,
            },
            (Attribute::Header(name), _) => match self.context.header(name) {
                Header::Once(value) => text(value),
                Header::Absent => Operand::Missing,
                Header::Unclear => Operand::Unknown,
            },
            (Attribute::Hour, _) => number(self.now.hour()),
            (Attribute::Weekday, _) => number(self.now.weekday()),
        }
    }
}
