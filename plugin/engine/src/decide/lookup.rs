//! Finds the value at a path of the arguments.
//!
//! It finds nothing where two readers could find two different values.

use crate::model::Segment;
use crate::read::{PROTOTYPE, similar};
use crate::words::json::{Kind, Value, exact};

/// The one value at the end of the steps; `None` where there is none, or where nobody can tell.
pub(crate) fn value_at<'a, 's>(
    value: Option<Value<'a>>,
    mut steps: impl Iterator<Item = &'s Segment>,
) -> Option<Value<'a>> {
    steps.try_fold(value?, |value, step| match step {
        Segment::Member(name) => member(value, name).ok()?,
        Segment::Element(index) => value.elements().nth(*index),
        Segment::Each => None,
    })
}

/// A member that only some servers would take for the one that a rule names, or in which they would find it.
pub(super) struct LookAlike;

/// The member of that name. A rule is not walked around by `Amount` or `__proto__` beside, or in place of, `amount`.
pub(super) fn member<'a>(object: Value<'a>, name: &str) -> Result<Option<Value<'a>>, LookAlike> {
    let mut found = None;
    for (member, value) in object.members() {
        if member == name && name != PROTOTYPE {
            found = Some(value);
        } else if member == PROTOTYPE || similar(&member, name) {
            return Err(LookAlike);
        }
    }
    Ok(found)
}

pub(super) fn number(value: Value<'_>) -> Option<f64> {
    (value.kind() == Kind::Number)
        .then(|| exact(value.raw()))
        .flatten()
}
