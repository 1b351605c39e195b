//! The ids of requests under way: the key of an id, the result of opening it, and the end of its exchange.
//!
//! It stores nothing; `store` does.

use super::Millis;
use super::json::unquoted;
use super::text::length_prefixed;

/// A request of a session, named by its id: to be opened before the request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller and the session: the same text for the same, and for nothing else. Keep it out of logs.
    pub session: String,
    /// The id as a text; a whole number is the text of its digits. Keep it out of logs.
    pub id: String,
    /// The server issued the session to the caller, as far as was seen. Where it is false nothing is to be kept, and the
    /// answer is [`Opening::InUse`] or [`Opening::Unclear`].
    pub is_issued: bool,
}

/// The result of opening an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// No other exchange has the id: it is open now. The time, at which it becomes unclear, identifies this opening.
    Open(Millis),
    /// Another exchange with it is alive. Nothing was opened.
    InUse,
    /// It is unknown to which request an answer with this id belongs. Nothing was opened, so nothing must be ended.
    Unclear,
}

/// The end of an exchange whose id was open. Nothing depends on its success: an id that stays open becomes unclear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdEnd {
    /// The id.
    pub key: RequestKey,
    /// The time of [`Opening::Open`].
    pub opening: Millis,
    /// Its answer was judged, or nothing of the request reached the server: the id is free. Otherwise it is unclear from now
    /// on, for as long as a call may take.
    pub is_answered: bool,
}

impl RequestKey {
    /// `id` is the id as the request writes it.
    pub(crate) fn new(caller: &str, session: &str, id: &str, is_issued: bool) -> Self {
        Self {
            session: format!("main/{}{session}", length_prefixed(caller)),
            id: text_of(id),
            is_issued,
        }
    }
}

/// One text for ids that some server treats as equal, such as the number 7 and the text "7".
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
    fn ids_that_some_server_takes_for_one_have_one_text() {
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
    fn session_and_caller_do_not_run_together() {
        let key = |caller, session| RequestKey::new(caller, session, "1", true).session;
        assert_ne!(key("a", "bc"), key("ab", "c"));
    }
}
