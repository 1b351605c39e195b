//! Turns a keyword of a schema into the few words of a refusal that name the expected value: a type, a bound, one of a few
//! values.
//!
//! It never repeats a pattern, and no text of the schema that a short sentence has no room for.

use crate::model::schema::{Assertion, Members, Schema, Subschema, Type};
use crate::model::{Literal, Literals, Order};
use crate::words::json::{Kind, Value, canonical_number, quoted};
use std::fmt::Write as _;

/// The longest sentence, in bytes, beside the end that says how many more there are.
const LONGEST: usize = 140;

/// The most values or names that a sentence lists.
const LISTED: usize = 10;

const LEAVE_OUT: &str = "leave it out";

const LISTED_VALUE: &str = "a value that the tool's schema lists";

/// The end of a sentence about an argument.
pub(super) enum Expected {
    Plain(String),
    /// A list, of which as many are written as there is room for.
    Listed {
        before: &'static str,
        /// The first of them.
        all: Vec<String>,
        count: usize,
        /// What joins the number of the rest.
        joined: &'static str,
        /// The sentence's end where not even one has room.
        instead: &'static str,
    },
}

impl Expected {
    /// The whole sentence.
    pub(super) fn after(&self, start: &str) -> String {
        let mut text = String::from(start);
        match self {
            Self::Plain(plain) => text.push_str(plain),
            Self::Listed {
                before,
                all,
                count,
                joined,
                instead,
            } => {
                let (begin, mut written) = (text.len(), 0_usize);
                text.push_str(before);
                for one in all {
                    if text.len().saturating_add(one.len()) > LONGEST {
                        break;
                    }
                    let comma = if written > 0 { ", " } else { "" };
                    text.extend([comma, one]);
                    written = written.saturating_add(1);
                }
                if written == 0 {
                    text.truncate(begin);
                    text.push_str(instead);
                } else if let more @ 1.. = count.saturating_sub(written) {
                    let _ = write!(text, " {joined} {more} more");
                }
            }
        }
        text.push('.');
        text
    }

    /// One of the values of the schema, which are not told.
    pub(super) fn listed() -> Self {
        Self::Plain(LISTED_VALUE.into())
    }

    /// The value that a check expects, where it refuses this one. A value of another type may match too, if the part
    /// names it.
    pub(super) fn of(part: &Subschema, check: &Assertion, value: Value<'_>) -> Option<Self> {
        let kind = value.kind();
        let own = part.types.as_deref().unwrap_or_default();
        let noun = match own.contains(&Type::Integer) && kind == Kind::Number {
            true => Type::Integer.noun(),
            false => Type::Of(kind).noun(),
        };
        let mut text = match check {
            Assertion::Order(order, bound) => {
                let bound = canonical_number(&format!("{bound:e}"))?;
                format!("{noun} {} {bound}", order.words())
            }
            Assertion::MultipleOf(of) if of.len() <= 20 => {
                format!("{noun} that is a multiple of {of}")
            }
            Assertion::Length { of, min, max } => {
                let what = match of {
                    Kind::String => "character",
                    Kind::Array => "element",
                    _ => "member",
                };
                let (least, number) = match too_short(value, *min)? {
                    true => ("at least", min),
                    false => ("at most", max),
                };
                let s = if *number == 1 { "" } else { "s" };
                format!("{noun} of {least} {number} {what}{s}")
            }
            Assertion::Distinct => format!("{noun} without equal elements"),
            _ => return None,
        };
        for other in own {
            if !other.is_of(kind) {
                text.push_str(", or ");
                text.push_str(other.noun());
            }
        }
        Some(Self::Plain(text))
    }
}

/// Whether a text, list or object has fewer characters, elements or members; `None` for other values.
fn too_short(value: Value<'_>, min: usize) -> Option<bool> {
    Some(match value.kind() {
        Kind::String => value.string()?.chars().count() < min,
        Kind::Array => value.elements().count() < min,
        Kind::Object => value.named().count() < min,
        _ => return None,
    })
}

/// One of these types, each named once, in the place of a value of the `found` kind.
pub(super) fn types(types: &[Type], found: Kind) -> Expected {
    let mut text = String::new();
    for (index, of) in types.iter().enumerate() {
        if !types.iter().take(index).any(|other| other == of) {
            text.push_str(if text.is_empty() { "" } else { " or " });
            text.push_str(of.noun());
        }
    }
    // A number in the place of a whole number has a fraction.
    if found != Kind::Number || !types.contains(&Type::Integer) {
        text.extend([", not ", found_noun(found)]);
    }
    Expected::Plain(text)
}

/// One of these values, of those that have one of the types; `None` where none has, or a value
/// is a list or an object.
pub(super) fn one_of(literals: &Literals, types: Option<&[Type]>) -> Option<Expected> {
    let mut all = Vec::new();
    let fits = |kind| types.is_none_or(|types| types.iter().any(|of| of.is_of(kind)));
    for other in literals.others.iter().filter(|other| fits(other.kind())) {
        all.push(match other {
            Literal::Null => "null".into(),
            Literal::Bool(true) => "true".into(),
            Literal::Bool(false) => "false".into(),
            _ => return None,
        });
    }
    let mut count = all.len();
    if fits(Kind::String) {
        count = count.saturating_add(literals.texts.len());
        all.extend(literals.texts.iter().take(LISTED).map(|text| quoted(text)));
    }
    if fits(Kind::Number) {
        count = count.saturating_add(literals.numbers.len());
        for number in literals.numbers.iter().take(LISTED) {
            all.push(canonical_number(&format!("{number:e}"))?);
        }
    }
    all.truncate(LISTED);
    (count > 0).then_some(Expected::Listed {
        before: if count == 1 { "" } else { "one of " },
        all,
        count,
        joined: "or",
        instead: LISTED_VALUE,
    })
}

/// The members that an object may have; at the `root`, the arguments of the tool.
pub(super) fn takes(schema: &Schema, members: &Members, root: bool) -> Expected {
    if !members.patterns.is_empty() {
        return Expected::Plain(LEAVE_OUT.into());
    }
    let is_taken = |id| {
        let part = schema.part(id);
        part.is_some_and(|part| !matches!(&*part.checks, [Assertion::Never]))
    };
    let (mut all, mut count) = (Vec::new(), 0_usize);
    for ruled in &members.ruled {
        if ruled.part.is_some_and(is_taken) {
            count = count.saturating_add(1);
            if all.len() < LISTED {
                all.push(format!("`{}`", ruled.name));
            }
        }
    }
    Expected::Listed {
        before: if root {
            "the tool takes "
        } else {
            "its object takes "
        },
        all,
        count,
        joined: "and",
        instead: LEAVE_OUT,
    }
}

fn found_noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "a boolean",
        kind => Type::Of(kind).noun(),
    }
}

impl Type {
    fn noun(self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Of(Kind::Number) => "a number",
            Self::Of(Kind::String) => "a string",
            Self::Of(Kind::Array) => "an array",
            Self::Of(Kind::Object) => "an object",
            Self::Of(Kind::Bool) => "true or false",
            Self::Of(Kind::Null) => "null",
        }
    }

    fn is_of(self, kind: Kind) -> bool {
        match self {
            Self::Integer => kind == Kind::Number,
            Self::Of(own) => own == kind,
        }
    }
}

impl Order {
    fn words(self) -> &'static str {
        match self {
            Self::Less => "less than",
            Self::LessOrEqual => "of at most",
            Self::Greater => "greater than",
            Self::GreaterOrEqual => "of at least",
        }
    }
}
