//! Turns the id of a message that is too long to be held into whether it may pass unread, because no rule searches it.
//!
//! It never mistakes the answer to another request for the answer to this one.

use super::scanner::MessageScanner;
use crate::read::is_same_id;

/// The messages that pass although they are too long to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    None,
    All,
    /// The answer to the request with this id. The rules of its tool search no text, but those of another tool may.
    AnswerTo(Box<str>),
}

impl Unread {
    /// Whether the scanned part of a message must not pass. `ended` is true for a complete message.
    pub(super) fn refuses(&self, scanner: &MessageScanner, ended: bool) -> bool {
        match (self, scanner.id()) {
            (Self::None, _) => true,
            (Self::All, _) => false,
            (Self::AnswerTo(own), Some(id)) => !is_same_id(own, id),
            (Self::AnswerTo(_), None) => ended,
        }
    }
}
