//! Turns a decision into the line of the audit log: `line` builds it, `opened` adds the values that the policy opens,
//! `answered` is the end of a forwarded exchange.
//!
//! It never holds a credential.

mod answered;
mod line;
mod opened;

pub(crate) use answered::{AnswerKind, Answered, LoggedRequest};
pub use line::Audit;
pub(crate) use line::{Event, Origin};
