//! Warnings in the annotations of a tool.
//!
//! It never reads an annotation as a promise.

use super::evidence::Evidence;
use super::reason::{Reason, reason};
use crate::scan::class::Class;

impl Evidence<'_> {
    /// Warnings of the server itself. `destructiveHint` covers any change but additions, so its class is `Write`.
    pub(super) fn annotations(&self) -> Vec<Reason> {
        let changes = self.tool.hint("readOnlyHint") == Some(false);
        let destroys = self.tool.hint("destructiveHint") == Some(true)
            && self.tool.hint("readOnlyHint") != Some(true);
        let warnings = [
            (changes, "annotation: readOnlyHint is false"),
            (destroys, "annotation: destructiveHint is true"),
        ];
        let warnings = warnings.into_iter().filter(|(is_there, _)| *is_there);
        warnings.map(|(_, saw)| reason(Class::Write, saw)).collect()
    }
}
