//! The rate limit service that counts the limits of a played policy, as a function. It counts nothing itself.

use mcp_policy::host::{Millis, RateLimitQuestion, ServiceAnswer};
use std::fmt;

/// A service's answers to questions at a time; `None` where it gives none.
pub struct CountingService(Box<Answer>);

type Answer = dyn FnMut(&RateLimitQuestion, Millis) -> Option<ServiceAnswer> + Send;

impl CountingService {
    /// The service that answers so.
    pub fn new(
        answer: impl FnMut(&RateLimitQuestion, Millis) -> Option<ServiceAnswer> + Send + 'static,
    ) -> Self {
        Self(Box::new(answer))
    }

    pub(crate) fn answer(
        &mut self,
        question: &RateLimitQuestion,
        now: Millis,
    ) -> Option<ServiceAnswer> {
        (self.0)(question, now)
    }
}

impl fmt::Debug for CountingService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountingService")
    }
}
