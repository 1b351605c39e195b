//! Turns an operator, its operand in the policy and a value of a call into true, false or unknown.
//!
//! A comparison of different types is unknown, never false.

use super::condition::Test;
use super::equality::{equal, equal_json, one_of};
use super::location::{cidr, host_in, within};
use super::operand::{Operand, read};
use super::secrets;
use crate::model::schema::Schema;
use crate::model::{Comparison, Literal, Order, Predicate};
use crate::words::Truth;
use crate::words::expression::Expression;
use crate::words::json::{Bounds, Document, Kind, Surrogates, quoted};
use crate::words::work::Budget;
use std::cmp::Ordering;

/// The longest text, in bytes, that is matched against an expression; a longer one is unknown.
pub(super) const LONGEST_MATCHED: usize = 64 * 1024;

impl Predicate {
    /// The result for a path without a value.
    pub(super) fn missing(&self) -> Truth {
        match self {
            Self::Exists(wanted) => Truth::of(Some(!wanted)),
            // The server may have a default for an absent value, so a negated comparison is unknown.
            Self::Neq(_)
            | Self::NotIn(_)
            | Self::NotRegex(_)
            | Self::Compare(Comparison::Neq | Comparison::NotIn, _) => Truth::Unknown,
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
            | Self::Schema(_)
            | Self::Secret(_)
            | Self::WithinOwn(_)
            | Self::Compare(..) => Truth::False,
        }
    }
}

impl Test<'_> {
    /// Whether the value meets the condition's predicate; unknown where the budget does not cover it. `name` is that of
    /// the member with this value, where it is not the last name of the condition's path.
    pub(super) fn holds(&self, operand: &Operand<'_>, name: Option<&str>) -> Truth {
        let Test {
            condition,
            given,
            clause: _,
            budget,
        } = self;
        match &condition.predicate {
            Predicate::Eq(literal) => equal(operand, literal, budget),
            Predicate::Neq(literal) => equal(operand, literal, budget).not(),
            Predicate::In(literals) => one_of(operand, literals, budget),
            Predicate::NotIn(literals) => one_of(operand, literals, budget).not(),
            Predicate::Order(order, bound) => {
                let number = operand.number(budget);
                Truth::of(number.map(|number| order.holds(number, *bound)))
            }
            Predicate::Regex(regex) => matches(operand, regex, budget),
            Predicate::NotRegex(regex) => matches(operand, regex, budget).not(),
            Predicate::Contains(literal) => contains(operand, literal, budget),
            Predicate::Exists(wanted) => Truth::of(Some((operand.kind() != Kind::Null) == *wanted)),
            Predicate::Length { min, max } => {
                let length = operand.length(budget);
                Truth::of(length.map(|length| (*min..=*max).contains(&length)))
            }
            Predicate::Type(kind) => Truth::of(Some(operand.kind() == *kind)),
            Predicate::Within(roots) => within(operand, roots, budget),
            Predicate::HostIn(hosts) => host_in(operand, hosts, budget),
            Predicate::Cidr(networks) => cidr(operand, networks, budget),
            Predicate::Schema(schema) => fits(operand, schema, budget),
            Predicate::Secret(kinds) => {
                let name = name.or_else(|| condition.member());
                secrets::hold(operand, name.unwrap_or_default(), *kinds, budget)
            }
            Predicate::WithinOwn(_) => given.within(operand, budget),
            Predicate::Compare(comparison, _) => given.compare(*comparison, operand, budget),
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

/// The steps that it takes to write an attribute as JSON and read it, beside those for its bytes.
const WRITTEN: usize = 512;

pub(super) fn contains(operand: &Operand<'_>, literal: &Literal, budget: &Budget) -> Truth {
    match (operand, operand.kind(), literal) {
        (_, Kind::String, Literal::String(part)) => {
            let text = operand.text(budget);
            let text = text.filter(|text| read(text, 3, budget).is_some());
            Truth::of(text.map(|text| text.contains(&**part)))
        }
        (Operand::Json(list), Kind::Array, literal) => {
            let elements = list.elements();
            Truth::any(elements.map(|element| equal_json(element, literal, budget)))
        }
        _ => Truth::Unknown,
    }
}

pub(super) fn matches(operand: &Operand<'_>, regex: &Expression, budget: &Budget) -> Truth {
    let text = operand.text(budget);
    let text = text.filter(|text| text.len() <= LONGEST_MATCHED);
    Truth::of(text.and_then(|text| regex.is_match(&text, budget).ok()))
}

/// Validates the operand against the schema; an attribute is written as JSON first.
pub(super) fn fits(operand: &Operand<'_>, schema: &Schema, budget: &Budget) -> Truth {
    if let Operand::Json(value) = operand {
        return schema.holds(*value, budget);
    }
    if budget.take(WRITTEN).is_err() {
        return Truth::Unknown;
    }
    let text = match operand {
        Operand::Json(_) | Operand::Missing | Operand::Unknown => None,
        Operand::Text(text) => read(text, 8, budget).map(|_| quoted(text)),
        Operand::Number(number) => Some(number.to_string()),
    };
    let bounds = Bounds {
        depth: 1,
        values: 1,
        surrogates: Surrogates::Refused,
    };
    let text = text.unwrap_or_default();
    Document::read(text.as_bytes(), bounds).map_or(Truth::Unknown, |document| {
        schema.holds(document.root(), budget)
    })
}
