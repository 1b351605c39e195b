//! Compares a value of a call with values that the policy writes.
//!
//! A comparison of different types is unknown, never false.

use super::lookup::{Unclear, member, number, string};
use super::operand::Operand;
use crate::model::{Literal, Literals};
use crate::words::Truth;
use crate::words::json::{Kind, Value};
use crate::words::work::Budget;

/// The steps that it takes to compare two values, beside those for their bytes.
pub(super) const COMPARE: usize = 10;

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

pub(super) fn same_text(text: &str, other: &str, budget: &Budget) -> Option<bool> {
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
