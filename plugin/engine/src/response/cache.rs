//! Turns the caching hints of a result (2026-07-28, Caching) into the cuts by which no cache serves it to another
//! caller.
//!
//! It never makes a result public.

use super::cut::Cut;
use crate::words::json::Value;

/// The member by which a result says who may reuse it.
pub(super) const CACHE_SCOPE: &str = "cacheScope";

/// The value of that member for a result that only the same caller may reuse, as it is written in JSON.
pub(super) const PRIVATE: &str = r#""private""#;

/// Makes the scope of a result private: the policy may answer another caller differently, and a shared cache does not
/// ask it.
pub(super) fn scope_cut(scope: Value<'_>) -> Option<Cut> {
    (scope.raw() != PRIVATE).then(|| Cut {
        range: scope.range(),
        with: PRIVATE.into(),
    })
}
