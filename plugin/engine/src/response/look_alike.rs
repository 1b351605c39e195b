//! Turns the names of an object's members into whether some client takes one of them for another.
//!
//! It looks at names alone.

use super::problem::{ListError, Problem};
use crate::read::is_confusable;
use crate::words::json::Value;

/// A reader that matches names less exactly would find one of the known members where no other does.
pub(super) fn refuse_look_alikes<N: Iterator<Item = &'static str>>(
    object: Value<'_>,
    known: impl Fn() -> N,
) -> Result<(), Problem> {
    let like = |name: &str| {
        let mut like = known().filter(|known| is_confusable(name, [*known].into_iter()));
        like.find(|_| !known().any(|known| known == name))
    };
    let found = object.members().find_map(|(name, _)| like(&name));
    match found {
        Some(known) => Err(Problem::ListError(ListError::LookAlike(known))),
        None => Ok(()),
    }
}
