//! Turns the `sequence` rules of a policy into the model: after a call of one tool, others are refused for a time.
//!
//! Each becomes a counter. A call of an `after` tool marks it, and a `deny` tool needs it unmarked, so that marks are
//! kept in the same place as counts. It marks nothing; `count` and `store` do.

use super::limit::window;
use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::{Cost, Counter, Limit, Names, Refunds, Sequence, Window};
use crate::words::json::{Kind, Value};
use crate::words::sorted::dedup_sorted;
use crate::words::{Amount, Rule};
use std::sync::Arc;

pub(crate) const SEQUENCE: Keys = Keys {
    supported: &["after", "deny", "for", "scope", "on_deny"],
    reserved: &[],
};

const WRITE_FOR: &str = r#"a number of seconds, or a text like "90s", "15m", "2h" or "7d""#;

impl PolicyReader {
    pub(super) fn sequences(&mut self, at: &Location<'_>, value: Value<'_>) -> Vec<Sequence> {
        let elements = self.list(at, value, "rules").enumerate();
        elements
            .filter_map(|(index, value)| {
                let rule = self.rule("sequence").index(index);
                self.sequence(&at.index(index), value, &rule)
            })
            .collect()
    }

    fn sequence(&mut self, at: &Location<'_>, value: Value<'_>, rule: &Rule) -> Option<Sequence> {
        let members = self.object(at, value, &SEQUENCE);
        let after = self.some_names(at, &members, "after");
        let deny = self.some_names(at, &members, "deny");
        let seconds = self
            .required(at, &members, "for")
            .and_then(|value| self.duration(&at.key("for"), value));
        let scope = self.scope_of_callers(at, members.get("scope"));
        let on_deny = members
            .get("on_deny")
            .and_then(|value| self.string(&at.key("on_deny"), value));
        let (after, list) = after?;
        let (deny, _) = deny?;
        // Rules with the same `after` tools, time and scope share a mark. The name leaves out the rule's position, so
        // that marks survive a change of the policy.
        let counter = Arc::new(Counter::new(
            &self.place,
            "sequence",
            &list,
            Window::Extending(seconds?),
            scope?,
        ));
        let limit = |max, cost| {
            let added = (max, cost);
            Arc::new(Limit::new(
                counter.clone(),
                added,
                Refunds::Never,
                on_deny.as_deref(),
                rule.clone(),
            ))
        };
        Some(Sequence {
            after,
            deny,
            mark: limit(Amount(u64::MAX), Cost::One),
            check: limit(Amount::default(), Cost::Nothing),
            check_and_mark: limit(Amount::ONE, Cost::One),
        })
    }

    /// A list of at least one name, and the same list as one text, in order.
    fn some_names(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        key: &'static str,
    ) -> Option<(Names<usize>, String)> {
        let value = self.required(at, members, key)?;
        let at = at.key(key);
        let names = self.names(&at, value);
        let list = dedup_sorted(value.elements().filter_map(Value::string));
        if list.is_empty() && value.kind() == Kind::Array {
            self.invalid(&at, value, "at least one name");
        }
        Some((names, format!("{list:?}")))
    }

    /// A time in seconds.
    pub(super) fn duration(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<u64> {
        match window(value) {
            Some(Window::Seconds(seconds)) => Some(seconds),
            _ => {
                self.invalid(at, value, WRITE_FOR);
                None
            }
        }
    }
}
