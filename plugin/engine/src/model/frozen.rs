//! Turns a kill switch of a policy into the message of its refusals.
//!
//! It never says that something is stopped; it exists only where something is.

/// The value of `frozen` where it stops something: `true`, or a sentence that callers read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frozen(pub(crate) Option<Box<str>>);

impl Frozen {
    /// The message for a caller, unless the policy writes its own: `what` is stopped, and `next` is the step to take.
    pub(crate) fn message(&self, what: &str, next: &str) -> String {
        let own = self.0.as_deref().map(str::to_owned);
        own.unwrap_or_else(|| format!("The gateway's operator has stopped {what} for now. {next}"))
    }
}
