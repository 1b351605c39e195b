//! Turns the names of an object's members into whether some client takes one of them for another.
//!
//! It looks at names alone.

use super::problem::{ListError, Problem};
use crate::read::is_confusable;
use crate::words::json::Value;
use crate::words::text::clip;

/// A reader that matches names less exactly would find a list where no other does.
pub(super) fn refuse_look_alikes<'n, N: Iterator<Item = &'n str>>(
    object: Value<'_>,
    known: impl Fn() -> N,
) -> Result<(), Problem> {
    let mut names = object.members().map(|(name, _)| name);
    let like =
        names.find(|name| !known().any(|known| known == name) && is_confusable(name, known()));
    match like {
        Some(name) => {
            let name = clip(&name, 64);
            Err(Problem::ListError(ListError::LookAlike(name)))
        }
        None => Ok(()),
    }
}
