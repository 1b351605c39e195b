//! The ids of requests that are under way: the key of an id, the result of opening it, and its end.
//!
//! It stores nothing; `store` does.

use super::Millis;
use super::json::unquoted;
use super::text::length_prefixed;

/// A request of a session, identified by its id. It is opened before the request is forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The text of the caller and the session, unique to the pair. Keep it out of logs.
    pub session: String,
    /// The text of the id: that of the string, or the digits of the number. Keep it out of logs.
    pub id: String,
    /// True where the server is known to have issued the session to the caller. Otherwise nothing is stored, and the
    /// result is [`Opening::InUse`] or [`Opening::Unclear`].
    pub is_issued: bool,
}

/// The result of opening an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// No other exchange uses the id, and it is open now. The time is when it becomes unclear; it identifies this
    /// opening.
    Open(Millis),
    /// Another exchange with this id is under way. Nothing was opened.
    InUse,
    /// An answer with this id may belong to another request. Nothing was opened, so nothing is to be ended.
    Unclear,
}

/// The end of an exchange that opened its id. No decision depends on its success: an id that stays open becomes
/// unclear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdEnd {
    /// The key of the id.
    pub key: RequestKey,
    /// The time in [`Opening::Open`].
    pub opening: Millis,
    /// True where the request's answer was judged, or nothing of the request reached the server: the id becomes free.
    /// Otherwise it is unclear from now on, for as long as a call may take.
    pub is_answered: bool,
}

impl RequestKey {
    /// The key of a request. `server` is the server's part of names of state, and `id` the JSON text of the id.
    pub(crate) fn new(
        server: &str,
        caller: &str,
        session: &str,
        id: &str,
        is_issued: bool,
    ) -> Self {
        Self {
            session: format!("main/{server}{}{session}", length_prefixed(caller)),
            id: text_of(id),
            is_issued,
        }
    }
}

/// One text for all ids that some server treats as equal, such as the number 7 and the text "7".
fn text_of(id: &str) -> String {
    match id {
        "-0" => "0".into(),
        id => unquoted(id).unwrap_or_else(|| id.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_some_server_treats_as_equal_have_one_text() {
        for (one, other, same) in [
            ("7", r#""7""#, true),
            ("0", "-0", true),
            (r#""a""#, r#""\u0061""#, true),
            ("7", "8", false),
            ("7", r#""07""#, false),
            ("-7", "7", false),
        ] {
            assert_eq!(text_of(one) == text_of(other), same, "{one} and {other}");
        }
    }

    #[test]
    fn keys_of_different_callers_and_sessions_differ() {
        let key = |caller, session| RequestKey::new("", caller, session, "1", true).session;
        assert_ne!(key("a", "bc"), key("ab", "c"));
    }
}
