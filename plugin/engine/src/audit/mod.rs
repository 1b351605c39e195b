//! Turns a decision into the line of the audit log: `line` builds it, `opened` adds the values that the policy opens
//! unless `secret_value` finds a secret in them, `answered` is the end of a forwarded exchange, `access_log` takes members of a line for access logs.
//!
//! It never holds a credential.

mod access_log;
mod answered;
mod line;
mod opened;
mod secret_value;

pub use access_log::access_log_values;
pub(crate) use answered::{AnswerKind, Answered, LoggedRequest};
pub use line::Audit;
pub(crate) use line::{Event, Origin};
