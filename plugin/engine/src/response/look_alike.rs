//! Turns the member names of an object into whether some client mistakes one of them for a known member.
//!
//! It never reads a value.

use super::problem::{ListError, Problem};
use crate::read::is_confusable;
use crate::words::json::Value;

/// Refuses an object in which a lenient reader finds a known member that an exact reader does not find.
///
/// # Errors
/// `ListError::LookAlike` with the known member.
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
