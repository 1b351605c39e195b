//! Grants that admit no call, although nothing says that they are meant to.
//!
//! It never reads the digest of a token.

use crate::check::diagnostic::Diagnostic;
use crate::source_map::pointer_token;
use mcp_policy::document::Value;

/// A grant without `policy`; a revoked one is refused on purpose.
pub(super) fn all(root: Value<'_>) -> Option<Diagnostic> {
    let grants = root.get("grants").into_iter().flat_map(Value::members);
    let refused = grants.filter(|(_, grant)| grant.get("policy").is_none() && !is_revoked(*grant));
    let places = refused.map(|(name, _)| format!("/grants/{}", pointer_token(&name)));
    Diagnostic::once(places, |at| {
        let message = "this caller is always refused, because its grant has no `policy`";
        let help =
            "write `\"policy\": \"main\"`, or `\"revoked\": true` where the refusal is meant";
        Diagnostic::warning("grant-without-policy", at, message).help(help)
    })
}

fn is_revoked(grant: Value<'_>) -> bool {
    grant.get("revoked").and_then(Value::bool) == Some(true)
}
