//! Turns the caching hints of a result (2026-07-28, Caching) into the cuts by which no cache serves it to another
//! caller.
//!
//! It never makes a result public, and never lengthens the time for which it is reused.

use super::cut::Cut;
use crate::read::Message;
use crate::words::Millis;
use crate::words::json::{Kind, Value};

/// The member by which a result says who may reuse it.
pub(super) const CACHE_SCOPE: &str = "cacheScope";

/// The value of that member for a result that only the same caller may reuse, as it is written in JSON.
pub(super) const PRIVATE: &str = r#""private""#;

/// The member by which a result says for how many milliseconds it may be reused.
pub(super) const TTL: &str = "ttlMs";

/// The requests whose results caches may reuse (2026-07-28, Caching, Cacheable Results).
const CACHEABLE: [&str; 6] = [
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
];

/// Whether caches may reuse the result of the message. In this revision no other stream has it.
pub(super) fn is_cacheable(message: &Message<'_>) -> bool {
    match message {
        Message::Request { call, .. } => CACHEABLE.contains(&&*call.method),
        Message::Notification(_) | Message::Response => false,
    }
}

/// Makes the scope of a result private: the policy may answer another caller differently, and a shared cache does not
/// ask it.
pub(super) fn scope_cut(scope: Value<'_>) -> Option<Cut> {
    (scope.raw() != PRIVATE).then(|| Cut {
        range: scope.range(),
        with: PRIVATE.into(),
    })
}

/// Shortens the time for which a list may be reused to `max`. `scoped` is false for a list without a scope, which some
/// clients take for a public one; it gets a private scope.
pub(super) fn ttl_cut(ttl: Value<'_>, max: Millis, scoped: bool) -> Option<Cut> {
    let shortened = shortened(ttl, max);
    let with = match (shortened, scoped) {
        (None, true) => return None,
        (ttl_ms, true) => ttl_ms?.to_string(),
        (ttl_ms, false) => {
            let ttl_ms = ttl_ms.map_or_else(|| ttl.raw().to_owned(), |ttl_ms| ttl_ms.to_string());
            format!(r#"{ttl_ms},"{CACHE_SCOPE}":{PRIVATE}"#)
        }
    };
    Some(Cut {
        range: ttl.range(),
        with: with.into(),
    })
}

/// The time in milliseconds in the place of one that is too long, or that clients read differently; `None` for one that
/// stays.
fn shortened(ttl: Value<'_>, Millis(max): Millis) -> Option<u64> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match ttl.kind() == Kind::Number && digits(ttl.raw()) {
        // More digits than fit are too many in any case.
        true => (ttl.raw().parse().unwrap_or(u64::MAX) > max).then_some(max),
        // A client takes a negative time for 0. Other values some clients convert, and others refuse.
        false => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::json::{Bounds, Document, Surrogates};

    #[test]
    fn ttl_stays_or_is_shortened_and_is_never_lengthened() {
        for (ttl, left) in [
            ("0", None),
            ("1", None),
            ("60000", None),
            ("60001", Some("60000")),
            ("18446744073709551616", Some("60000")),
            ("-1", Some("0")),
            ("-0", Some("0")),
            ("1.5", Some("0")),
            ("60000.0", Some("0")),
            ("6e4", Some("0")),
            (r#""60000""#, Some("0")),
            ("null", Some("0")),
            ("true", Some("0")),
            ("[1]", Some("0")),
        ] {
            let bounds = Bounds {
                depth: 4,
                values: 4,
                surrogates: Surrogates::Opaque,
            };
            let document = Document::read(ttl.as_bytes(), bounds).unwrap();
            let cut = |scoped| ttl_cut(document.root(), Millis(60_000), scoped);
            let with = cut(true).map(|cut| cut.with.into_owned());
            assert_eq!(with.as_deref(), left, "{ttl}");
            let private = format!(r#"{},"cacheScope":"private""#, left.unwrap_or(ttl));
            assert_eq!(cut(false).map(|cut| cut.with), Some(private.into()));
        }
    }
}
