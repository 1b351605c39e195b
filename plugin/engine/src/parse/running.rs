//! Turns limits of calls under way, with `"window": "running"`, into the model.
//!
//! It counts nothing; `count` and `store` do.

use super::limit::with_reset;
use super::reader::{Location, Members, PolicyReader};
use crate::model::{Cost, Counter, Limit, Refunds, Scope, Window};
use crate::words::json::Value;
use crate::words::{Amount, Rule};
use std::sync::Arc;

/// The most calls that may be under way at once.
pub(crate) const MOST_RUNNING: u64 = 1000;

/// The seconds for which a call under way is counted at most, where the policy writes no time.
const LONGEST_RUN: u64 = 600;

const WRITE_ALONE: &str =
    r#"no `cost`, `algorithm`, `refund` or `over` beside "window": "running""#;

const WRITE_BY_CALLER: &str = r#"also a smaller limit with "window": "running" and "scope": "grant": otherwise one caller can lock out all"#;

impl PolicyReader {
    /// A limit of calls under way.
    pub(super) fn running(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        rule: Rule,
    ) -> Option<Arc<Limit>> {
        let name = self
            .required(at, members, "counter")
            .and_then(|value| self.counter_name(&at.key("counter"), value));
        let max = self
            .required(at, members, "max")
            .and_then(|value| self.whole(&at.key("max"), value, 0, MOST_RUNNING));
        let longest = match members.get("for") {
            Some(value) => self.duration(&at.key("for"), value),
            None => Some(LONGEST_RUN),
        };
        let scope = self.scope(at, members.get("scope"), Scope::Grant);
        for key in ["cost", "algorithm", "refund", "over"] {
            if let Some(value) = members.get(key) {
                self.misplaced(&at.key(key), value, WRITE_ALONE);
            }
        }
        let on_deny = self.text(at, members, "on_deny");
        let reset = self.text(at, members, "reset");
        let name = with_reset(name?, reset.as_deref());
        let window = Window::Running(longest?);
        let counter = Counter::new(&self.place, "running", &name, window, scope?);
        let added = (Amount::whole(max?), Cost::One);
        let counter = Arc::new(counter);
        let limit = Limit::new(counter, added, Refunds::Answered, on_deny.as_deref(), rule);
        Some(Arc::new(limit))
    }

    /// A limit of calls under way that counts callers together has one beside it that counts each caller: otherwise one
    /// caller could lock out all.
    pub(super) fn running_by_caller(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        limits: &[Arc<Limit>],
    ) {
        let running = |limit: &&Arc<Limit>| matches!(limit.counter.window, Window::Running(_));
        let own = |limit: &&Arc<Limit>| limit.counter.scope.contains(&Scope::Grant);
        let running: Vec<_> = limits.iter().filter(running).collect();
        let least = running.iter().filter(|limit| own(limit));
        let least = least.map(|limit| limit.max).min();
        for limit in running.iter().filter(|limit| !own(limit)) {
            if least.is_none_or(|least| least >= limit.max) {
                self.invalid(at, value, WRITE_BY_CALLER);
                return;
            }
        }
    }
}
