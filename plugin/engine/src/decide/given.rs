//! Turns what the call itself gives to a condition, such as the value of `{"ref": "args.to"}`, into the truth of the
//! condition.
//!
//! A place without a certain value never makes a condition true or false.

use super::equality::{COMPARE, same_text};
use super::location::within;
use super::lookup::{Unclear, member};
use super::operand::{Operand, read};
use crate::model::{CallerDirectories, Comparison, Directory, DirectoryName, Path};
use crate::words::Truth;
use crate::words::json::{Kind, Value};
use crate::words::locator::Roots;
use crate::words::work::Budget;

/// The part of an operand that comes from the call.
pub(super) enum Given<'a> {
    /// The policy writes the whole operand.
    Nothing,
    /// The value to compare with.
    Value(Operand<'a>),
    /// The directories of the caller.
    Directories {
        roots: Roots,
        /// False where a root has a name that the caller does not fill.
        complete: bool,
    },
}

impl<'a> Given<'a> {
    /// The value to compare with; `None` where it is missing, null or unknown, or no list where one is searched.
    pub(super) fn value(comparison: Comparison, value: Operand<'a>) -> Option<Self> {
        let known = match comparison {
            Comparison::In | Comparison::NotIn => value.kind() == Kind::Array,
            _ => value.kind() != Kind::Null,
        };
        known.then_some(Self::Value(value))
    }

    /// The directories, whose names the caller fills.
    pub(super) fn directories(
        directories: &CallerDirectories,
        value: impl Fn(&Path) -> Operand<'a>,
        budget: &Budget,
    ) -> Self {
        let mut names = Vec::new();
        for place in &directories.places {
            names.push(plain_name(&value(place), budget));
        }
        let filled = |directory| filled(directory, &names, budget);
        let roots: Vec<_> = directories.roots.iter().filter_map(filled).collect();
        Self::Directories {
            complete: roots.len() == directories.roots.len(),
            roots: Roots {
                roots,
                base: directories.base.as_ref().and_then(filled),
            },
        }
    }

    pub(super) fn compare(
        &self,
        comparison: Comparison,
        operand: &Operand<'_>,
        budget: &Budget,
    ) -> Truth {
        let Self::Value(other) = self else {
            return Truth::Unknown;
        };
        match comparison {
            Comparison::Eq => equal(operand, other, budget),
            Comparison::Neq => equal(operand, other, budget).not(),
            Comparison::In => is_element(operand, other, budget),
            Comparison::NotIn => is_element(operand, other, budget).not(),
            Comparison::Contains => contains(operand, other, budget),
            Comparison::Order(order) => {
                let numbers = operand.number(budget).zip(other.number(budget));
                Truth::of(numbers.map(|(number, bound)| order.holds(number, bound)))
            }
        }
    }

    /// Inside one of the directories; outside only if each of them is known.
    pub(super) fn within(&self, operand: &Operand<'_>, budget: &Budget) -> Truth {
        let Self::Directories { roots, complete } = self else {
            return Truth::Unknown;
        };
        match within(operand, roots, budget) {
            Truth::False if !complete => Truth::Unknown,
            truth => truth,
        }
    }
}

/// A value that names one directory, and never another one: `ada`, but not `..`, `a/b` or `~`.
fn plain_name(value: &Operand<'_>, budget: &Budget) -> Option<String> {
    let text = value.text(budget)?;
    read(&text, 1, budget)?;
    let first = |byte: u8| byte.is_ascii_alphanumeric() || b"@_-".contains(&byte);
    let starts = text.bytes().next().is_some_and(first);
    let plain = text.bytes().all(|byte| first(byte) || byte == b'.');
    (starts && plain).then(|| text.into_owned())
}

/// The path; `None` where a name is not filled.
fn filled(directory: &Directory, values: &[Option<String>], budget: &Budget) -> Option<Box<str>> {
    let mut path = String::new();
    for name in directory {
        path.push('/');
        path.push_str(match name {
            DirectoryName::Plain(name) => name,
            DirectoryName::Of(place) => values.get(*place)?.as_ref()?,
        });
    }
    budget.take(path.len().saturating_mul(2)).ok()?;
    Some(path.into())
}

/// Values of different types are neither equal nor different.
fn equal(one: &Operand<'_>, other: &Operand<'_>, budget: &Budget) -> Truth {
    if budget.take(COMPARE).is_err() || one.kind() != other.kind() {
        return Truth::Unknown;
    }
    match (one.kind(), one, other) {
        (Kind::Null, ..) => Truth::True,
        (Kind::Number, ..) => {
            let numbers = one.number(budget).zip(other.number(budget));
            Truth::of(numbers.map(|(one, other)| one == other))
        }
        (Kind::String, ..) => {
            let texts = one.text(budget).zip(other.text(budget));
            Truth::of(texts.and_then(|(one, other)| same_text(&one, &other, budget)))
        }
        (Kind::Bool, Operand::Json(one), Operand::Json(other)) => {
            Truth::of(Some(one.bool() == other.bool()))
        }
        (Kind::Array, Operand::Json(one), Operand::Json(other)) => {
            equal_elements(*one, *other, budget)
        }
        (Kind::Object, Operand::Json(one), Operand::Json(other)) => {
            equal_members(*one, *other, budget)
        }
        _ => Truth::Unknown,
    }
}

fn equal_elements(one: Value<'_>, other: Value<'_>, budget: &Budget) -> Truth {
    let steps = one.size().saturating_add(other.size());
    if budget.take(steps).is_err() {
        return Truth::Unknown;
    }
    if one.elements().count() != other.elements().count() {
        return Truth::False;
    }
    let pairs = one.elements().zip(other.elements());
    Truth::all(pairs.map(|(one, other)| equal(&one.into(), &other.into(), budget)))
}

fn equal_members(one: Value<'_>, other: Value<'_>, budget: &Budget) -> Truth {
    let steps = one.size().saturating_add(other.size());
    if budget.take(steps).is_err() {
        return Truth::Unknown;
    }
    let pairs = other.named().map(|(name, other)| {
        let name = Operand::Json(name);
        let found = name.text(budget).ok_or(Unclear);
        match found.and_then(|name| member(one, &name, budget)) {
            Ok(Some(one)) => equal(&one.into(), &other.into(), budget),
            Ok(None) => Truth::False,
            Err(Unclear) => Truth::Unknown,
        }
    });
    let same_number = one.named().count() == other.named().count();
    Truth::all(pairs.chain([Truth::of(Some(same_number))]))
}

fn is_element(operand: &Operand<'_>, list: &Operand<'_>, budget: &Budget) -> Truth {
    let Operand::Json(list) = list else {
        return Truth::Unknown;
    };
    let elements = list.elements();
    Truth::any(elements.map(|element| equal(operand, &element.into(), budget)))
}

fn contains(operand: &Operand<'_>, part: &Operand<'_>, budget: &Budget) -> Truth {
    match (operand, operand.kind()) {
        (_, Kind::String) => {
            let texts = operand.text(budget).zip(part.text(budget));
            let held = texts.and_then(|(text, part)| {
                read(&text, 3, budget)?;
                read(&part, 3, budget)?;
                Some(text.contains(&*part))
            });
            Truth::of(held)
        }
        (Operand::Json(list), Kind::Array) => {
            let elements = list.elements();
            Truth::any(elements.map(|element| equal(&element.into(), part, budget)))
        }
        _ => Truth::Unknown,
    }
}
