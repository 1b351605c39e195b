//! Finds the value at a path of the arguments.
//!
//! It never returns a value where two readers could find two different ones, or where the budget does not cover the
//! search.

use crate::model::Segment;
use crate::read::{PROTOTYPE, similar_after};
use crate::words::json::{Kind, Name, Value, exact};
use crate::words::work::Budget;
use std::borrow::Cow;

/// The steps that it takes to compare one name.
const NAME: usize = 12;

/// The steps that it takes to compare one letter of it.
const LETTER: usize = 4;

/// The steps that it takes to read one number, beside those for its bytes; fewer for a number that is short and has no
/// exponent.
const NUMBER: usize = 384;
const SHORT_NUMBER: usize = 40;

/// The steps that it takes to decode a byte of a text that holds escapes.
pub(super) const DECODE: usize = 4;

/// The one value at the end of the steps; `None` where it is absent or unclear.
pub(crate) fn value_at<'a, 's>(
    value: Option<Value<'a>>,
    mut steps: impl Iterator<Item = &'s Segment>,
    budget: &Budget,
) -> Option<Value<'a>> {
    steps.try_fold(value?, |value, step| match step {
        Segment::Member(name) => member(value, name, budget).ok()?,
        Segment::Element(index) => element(value, *index, budget).ok()?,
        Segment::Each => None,
    })
}

/// The one value at the end of the steps; `None` where it is absent.
///
/// # Errors
/// It is unclear, or some step leads into a value of another kind.
pub(super) fn clear_value_at<'a>(
    mut value: Value<'a>,
    steps: &[Segment],
    budget: &Budget,
) -> Result<Option<Value<'a>>, Unclear> {
    for step in steps {
        let found = match (step, value.kind()) {
            (Segment::Member(name), Kind::Object) => member(value, name, budget)?,
            (Segment::Element(index), Kind::Array) => element(value, *index, budget)?,
            _ => return Err(Unclear),
        };
        match found {
            Some(found) => value = found,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// The member or element is unknown: only some servers would read this one as the one that a rule names, or find it in
/// a prototype, or the budget does not cover the search.
pub(super) struct Unclear;

/// The member of that name. `Amount` or `__proto__` beside, or in place of, `amount` does not evade a rule: it is
/// unclear.
pub(super) fn member<'a>(
    object: Value<'a>,
    name: &str,
    budget: &Budget,
) -> Result<Option<Value<'a>>, Unclear> {
    let mut found = None;
    for member in object.names() {
        if differs(member, name) {
            budget.take(NAME).map_err(|_| Unclear)?;
            continue;
        }
        let own = member.characters();
        let (similar, letters) = similar_after(&own, name);
        let letters = letters.saturating_mul(LETTER);
        let decoded = member.encoded().saturating_mul(DECODE);
        let steps = NAME.saturating_add(letters).saturating_add(decoded);
        budget.take(steps).map_err(|_| Unclear)?;
        if own == PROTOTYPE || similar && own != name {
            return Err(Unclear);
        }
        if similar {
            found = member.value();
        }
    }
    Ok(found)
}

/// True where the first letters show that no reader confuses the member with the name or with [`PROTOTYPE`].
fn differs(member: Name<'_>, name: &str) -> bool {
    let letters = member.first_byte().zip(name.bytes().next());
    letters.is_some_and(|(own, other)| {
        let certain = own.is_ascii_graphic() && other.is_ascii_graphic() && own != b'_';
        certain && !own.eq_ignore_ascii_case(&other)
    })
}

/// The element at that position, from 0.
pub(super) fn element<'a>(
    list: Value<'a>,
    index: usize,
    budget: &Budget,
) -> Result<Option<Value<'a>>, Unclear> {
    budget.take(index.min(list.size())).map_err(|_| Unclear)?;
    Ok(list.elements().nth(index))
}

pub(super) fn number(value: Value<'_>, budget: &Budget) -> Option<f64> {
    let text = value.raw();
    let short = text.len() <= 15 && !text.bytes().any(|byte| byte.eq_ignore_ascii_case(&b'e'));
    let steps = if short { SHORT_NUMBER } else { NUMBER };
    let bytes = text.len().saturating_mul(3);
    budget.take(steps.saturating_add(bytes)).ok()?;
    (value.kind() == Kind::Number)
        .then(|| exact(text))
        .flatten()
}

/// The characters of a string.
pub(super) fn string<'a>(value: Value<'a>, budget: &Budget) -> Option<Cow<'a, str>> {
    budget.take(value.encoded().saturating_mul(DECODE)).ok()?;
    value.string()
}
