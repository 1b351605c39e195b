//! Reads the options of the host under `host` in the document.
//!
//! They decide nothing about a call, and do not change the policy's hash.

use super::error::Problem;
use super::limit::window;
use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::configured_cells;
use crate::model::{HostOptions, Policy, Window};
use crate::words::Millis;
use crate::words::json::Value;

const WRITE_ONCE: &str = "each name once";

pub(crate) const HOST: Keys = Keys {
    supported: &[
        "hold_request_headers",
        "namespace",
        "slots",
        "max_request_bytes",
        "max_response_bytes",
        "held_bytes",
        "max_depth",
        "longest_call",
        "list_ttl",
        "metrics",
        "filter_state",
        "audit_collector",
    ],
    reserved: &["trailers"],
};

impl PolicyReader {
    pub(super) fn host(&mut self, at: &Location<'_>, value: Value<'_>) -> HostOptions {
        let members = self.object(at, value, &HOST);
        let default = HostOptions::default();
        let (slots, bytes, depth) = HostOptions::RANGES;
        let namespace = members
            .get("namespace")
            .and_then(|value| self.string(&at.key("namespace"), value));
        HostOptions {
            hold_request_headers: self.flag(at, &members, "hold_request_headers"),
            namespace: namespace.map(Into::into),
            slots: self
                .size(at, &members, "slots", slots)
                .unwrap_or(default.slots),
            max_request_bytes: self
                .size(at, &members, "max_request_bytes", bytes)
                .unwrap_or(default.max_request_bytes),
            max_response_bytes: self
                .size(at, &members, "max_response_bytes", bytes)
                .unwrap_or(default.max_response_bytes),
            held_bytes: self
                .size(at, &members, "held_bytes", HostOptions::HELD_BYTES)
                .unwrap_or(default.held_bytes),
            max_depth: self
                .size(at, &members, "max_depth", depth)
                .unwrap_or(default.max_depth),
            longest_call: self
                .bounded_duration(at, &members, "longest_call", HostOptions::LONGEST_CALLS)
                .unwrap_or(default.longest_call),
            list_ttl: self.bounded_duration(at, &members, "list_ttl", HostOptions::LIST_TTLS),
            metrics: self.flag(at, &members, "metrics"),
            filter_state: self.filter_state(at, &members),
            audit_collector: members
                .get("audit_collector")
                .and_then(|value| self.collector(&at.key("audit_collector"), value)),
        }
    }

    fn filter_state(&mut self, at: &Location<'_>, members: &Members<'_>) -> Vec<&'static str> {
        let at = at.key("filter_state");
        let words = HostOptions::FILTER_STATE.map(|name| (name, name));
        let mut names = Vec::new();
        let Some(value) = members.get("filter_state") else {
            return names;
        };
        for (index, element) in self.list(&at, value, "names").enumerate() {
            let at = at.index(index);
            match self.word(&at, element, &words) {
                Some(name) if names.contains(&name) => self.invalid(&at, element, WRITE_ONCE),
                name => names.extend(name),
            }
        }
        names
    }

    /// A duration between these numbers of seconds.
    pub(super) fn bounded_duration(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        key: &'static str,
        (min, max): (u64, u64),
    ) -> Option<Millis> {
        let value = members.get(key)?;
        match window(value) {
            Some(Window::Seconds(seconds)) if (min..=max).contains(&seconds) => {
                Some(Millis(seconds.saturating_mul(1000)))
            }
            _ => {
                let write = format!(
                    r#"a number of seconds from {min} to {max}, or a text like {}"#,
                    if max < 90 {
                        r#""1s", "5s" or "30s""#
                    } else {
                        r#""90s", "10m" or "2h""#
                    }
                );
                self.invalid(&at.key(key), value, &write);
                None
            }
        }
    }

    pub(super) fn size(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        key: &'static str,
        (min, max): (u64, u64),
    ) -> Option<usize> {
        let number = self.whole(&at.key(key), members.get(key)?, min, max)?;
        usize::try_from(number).ok()
    }

    /// Checks that the policy has no more configured counters than slots. Each configured caller has a slot of its own
    /// for each counter that it can reach, so that no flood of other callers evicts it. Too few slots are an error in
    /// the policy, not a refusal later.
    pub(super) fn room(&mut self, policy: &Policy) {
        let needed = configured_cells(policy);
        if needed > policy.host.slots {
            let found = format!(
                "{needed} counters (limits times configured callers) for {} slots",
                policy.host.slots
            );
            let write = format!(
                "at least {needed} as `slots`, or let entries share counters by the same `counter` name"
            );
            self.error(
                &Location::ROOT.key("host").key("slots"),
                Problem::InvalidValue { found, write },
            );
        }
    }
}
