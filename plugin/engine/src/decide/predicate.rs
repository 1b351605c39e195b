//! Turns an operator, its operand in the policy and a value of a call into true, false or unknown.
//!
//! A comparison of different types is unknown, never false.

use super::lookup::{Unclear, member, number, string};
use super::operand::Operand;
use super::secrets;
use crate::model::schema::Schema;
use crate::model::{Literal, Literals, Order, Predicate};
use crate::words::Truth;
use crate::words::expression::Expression;
use crate::words::json::{Bounds, Document, Kind, Surrogates, Value, quoted};
use crate::words::locator::{Host, Network, Roots, Url, address};
use crate::words::work::Budget;
use std::borrow::Cow;
use std::cmp::Ordering;

/// The longest text, in bytes, that is matched against an expression; a longer one is unknown.
pub(super) const LONGEST_MATCHED: usize = 64 * 1024;

impl Predicate {
    /// The result for a path without a value.
    pub(super) fn missing(&self) -> Truth {
        match self {
            Self::Exists(wanted) => Truth::of(Some(!wanted)),
            // The server may have a default for an absent value, so a negated comparison is unknown.
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
            | Self::Schema(_)
            | Self::Secret(_) => Truth::False,
        }
    }

    /// Unknown where the budget does not cover it. `name` is that of the member with this value.
    pub(super) fn judge<'n>(
        &self,
        operand: &Operand<'_>,
        name: &dyn Fn() -> &'n str,
        budget: &Budget,
    ) -> Truth {
        match self {
            Self::Eq(literal) => equal(operand, literal, budget),
            Self::Neq(literal) => equal(operand, literal, budget).not(),
            Self::In(literals) => one_of(operand, literals, budget),
            Self::NotIn(literals) => one_of(operand, literals, budget).not(),
            Self::Order(order, bound) => {
                let number = operand.number(budget);
                Truth::of(number.map(|number| order.holds(number, *bound)))
            }
            Self::Regex(regex) => matches(operand, regex, budget),
            Self::NotRegex(regex) => matches(operand, regex, budget).not(),
            Self::Contains(literal) => contains(operand, literal, budget),
            Self::Exists(wanted) => Truth::of(Some((operand.kind() != Kind::Null) == *wanted)),
            Self::Length { min, max } => {
                let length = operand.length(budget);
                Truth::of(length.map(|length| (*min..=*max).contains(&length)))
            }
            Self::Type(kind) => Truth::of(Some(operand.kind() == *kind)),
            Self::Within(roots) => within(operand, roots, budget),
            Self::HostIn(hosts) => host_in(operand, hosts, budget),
            Self::Cidr(networks) => cidr(operand, networks, budget),
            Self::Schema(schema) => fits(operand, schema, budget),
            Self::Secret(kinds) => secrets::hold(operand, name(), *kinds, budget),
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

/// The steps that it takes to compare two values, beside those for their bytes.
const COMPARE: usize = 10;

/// The steps that it takes to compare a path with a root, and a host with one of a list, beside those for their bytes.
const ROOT: usize = 40;
const HOST: usize = 28;

/// The steps that it takes to write an attribute as JSON and read it, beside those for its bytes.
const WRITTEN: usize = 512;

/// The steps that it takes to read an address.
const ADDRESS: usize = 192;

/// Charges the budget for reading a text: `steps` for each of its bytes.
fn read(text: &str, steps: usize, budget: &Budget) -> Option<()> {
    budget.take(text.len().saturating_mul(steps)).ok()
}

/// Values of different types are neither equal nor different: some servers convert one into the other.
pub(super) fn equal_json(value: Value<'_>, literal: &Literal, budget: &Budget) -> Truth {
    if budget.take(COMPARE).is_err() {
        return Truth::Unknown;
    }
    match (value.kind(), literal) {
        (Kind::Null, Literal::Null) => Truth::True,
        (Kind::Bool, Literal::Bool(other)) => Truth::of(value.bool().map(|bool| bool == *other)),
        (Kind::Number, Literal::Number(other)) => {
            Truth::of(number(value, budget).map(|number| number == *other))
        }
        (Kind::String, Literal::String(other)) => equal_text(value, other, budget),
        (Kind::Array, Literal::Array(others)) => equal_elements(value, others, budget),
        (Kind::Object, Literal::Object(others)) => equal_members(value, others, budget),
        _ => Truth::Unknown,
    }
}

fn equal_text(value: Value<'_>, other: &str, budget: &Budget) -> Truth {
    let text = string(value, budget);
    Truth::of(text.and_then(|text| same_text(&text, other, budget)))
}

fn same_text(text: &str, other: &str, budget: &Budget) -> Option<bool> {
    if text.len() != other.len() {
        return Some(false);
    }
    budget.take(other.len().div_ceil(2)).ok()?;
    Some(text == other)
}

fn equal_elements(list: Value<'_>, others: &[Literal], budget: &Budget) -> Truth {
    // One element more than the operand has shows that there are too many.
    let most = others.len().saturating_add(1);
    if budget.take(most).is_err() {
        return Truth::Unknown;
    }
    if list.elements().take(most).count() != others.len() {
        return Truth::False;
    }
    let pairs = list.elements().zip(others);
    Truth::all(pairs.map(|(value, other)| equal_json(value, other, budget)))
}

fn equal_members(object: Value<'_>, others: &[(Box<str>, Literal)], budget: &Budget) -> Truth {
    let known = Truth::all(
        others
            .iter()
            .map(|(name, other)| match member(object, name, budget) {
                Ok(Some(value)) => equal_json(value, other, budget),
                Ok(None) => Truth::False,
                Err(Unclear) => Truth::Unknown,
            }),
    );
    let most = others.len().saturating_add(1);
    let paid = budget.take(most).is_ok();
    let same_number = paid.then(|| object.named().take(most).count() == others.len());
    Truth::all([known, Truth::of(same_number)].into_iter())
}

pub(super) fn equal(operand: &Operand<'_>, literal: &Literal, budget: &Budget) -> Truth {
    match (operand, literal) {
        (Operand::Json(value), literal) => equal_json(*value, literal, budget),
        (Operand::Text(text), Literal::String(other)) => Truth::of(same_text(text, other, budget)),
        (Operand::Number(number), Literal::Number(other)) => {
            Truth::of(Some(f64::from(*number) == *other))
        }
        _ => Truth::Unknown,
    }
}

/// Equal to one of the list, whose values are of one type, or null.
pub(super) fn one_of(operand: &Operand<'_>, literals: &Literals, budget: &Budget) -> Truth {
    let kind = operand.kind();
    if !literals.has(kind) {
        return Truth::Unknown;
    }
    match kind {
        Kind::String => Truth::of(is_text_of(operand, literals, budget)),
        Kind::Number => {
            let number = operand.number(budget);
            Truth::of(number.map(|number| literals.has_number(number)))
        }
        _ => {
            let same_type = literals.others.iter();
            let same_type = same_type.filter(|literal| literal.kind() == kind);
            Truth::any(same_type.map(|literal| equal(operand, literal, budget)))
        }
    }
}

fn is_text_of(operand: &Operand<'_>, literals: &Literals, budget: &Budget) -> Option<bool> {
    let text = operand.text(budget)?;
    // The number of comparisons of a binary search.
    let comparisons = literals.texts.len().checked_ilog2().unwrap_or(0);
    let bytes = text.len().min(literals.longest);
    let steps = bytes.div_ceil(2).saturating_add(COMPARE);
    let steps = steps.saturating_mul(usize::try_from(comparisons).ok()?.saturating_add(1));
    budget.take(steps).ok()?;
    Some(literals.has_text(&text))
}

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

/// A path, or a list of paths. An empty list is unknown: some servers read it as everything.
pub(super) fn within(operand: &Operand<'_>, roots: &Roots, budget: &Budget) -> Truth {
    let hold = |path: Option<Cow<'_, str>>| {
        // Each character is read a few times, and the first names once more for each root.
        let path = path.filter(|path| read(path, 10, budget).is_some())?;
        let bytes = |root: &str| root.len().min(path.len()).saturating_mul(6);
        let roots_steps = roots
            .roots
            .iter()
            .map(|root| bytes(root).saturating_add(ROOT));
        budget
            .take(roots_steps.fold(0, usize::saturating_add))
            .ok()?;
        Some(roots.contains(&path))
    };
    let hold = |path| hold(path).unwrap_or(Truth::Unknown);
    match operand {
        Operand::Json(list) if list.kind() == Kind::Array && list.elements().next().is_some() => {
            Truth::all(list.elements().map(|path| hold(string(path, budget))))
        }
        operand => hold(operand.text(budget)),
    }
}

pub(super) fn host_in(operand: &Operand<'_>, hosts: &[Host], budget: &Budget) -> Truth {
    let text = operand.text(budget);
    let text = text.filter(|text| read(text, 6, budget).is_some());
    match text.as_deref().and_then(Url::read) {
        Some(url) => Truth::any(hosts.iter().map(|host| {
            let steps = host
                .common_bytes(&url)
                .saturating_mul(8)
                .saturating_add(HOST);
            match budget.take(steps) {
                Ok(()) => host.holds(&url),
                Err(_) => Truth::Unknown,
            }
        })),
        None => Truth::Unknown,
    }
}

pub(super) fn cidr(operand: &Operand<'_>, networks: &[Network], budget: &Budget) -> Truth {
    let text = operand.text(budget);
    let text = text.filter(|_| budget.take(ADDRESS).is_ok());
    let paid = budget.take(networks.len().saturating_mul(COMPARE)).is_ok();
    match text.as_deref().filter(|_| paid).and_then(address) {
        Some(address) => Truth::any(networks.iter().map(|network| network.holds(address))),
        None => Truth::Unknown,
    }
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
