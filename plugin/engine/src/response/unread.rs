//! Which messages pass unread although they are longer than is held: those of which no rule looks at the texts.
//!
//! It never takes the answer to another request for the answer to this one.

use super::scanner::MessageScanner;
use crate::read::is_same_id;

/// The longer messages that pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    None,
    All,
    /// The answer to the request with this id. The rules of its tool look at no text, and those of another may.
    AnswerTo(Box<str>),
}

impl Unread {
    /// Whether a message is none of them, as far as it has come; `ended` where it is whole.
    pub(super) fn refuses(&self, scanner: &MessageScanner, ended: bool) -> bool {
        match (self, scanner.id()) {
            (Self::None, _) => true,
            (Self::All, _) => false,
            (Self::AnswerTo(own), Some(id)) => !is_same_id(own, id),
            (Self::AnswerTo(_), None) => ended,
        }
    }
}
