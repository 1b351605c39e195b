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

const WRITE_NO_RUNNING: &str =
    r#"no "window": "running": on such a host the end of a call may stay unknown"#;
const WRITE_ONCE: &str = "each name once";

pub(crate) const HOST: Keys = Keys {
    supported: &[
        "hold_request_headers",
        "trailers",
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
    reserved: &[],
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
            trailers: members
                .get("trailers")
                .and_then(|value| self.bool(&at.key("trailers"), value))
                .unwrap_or(default.trailers),
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

    /// Checks that no limit needs the ends of calls on a host that does not report them.
    pub(super) fn ends_of_calls(&mut self, policy: &Policy) {
        let limits = policy.all_limits();
        let mut windows = limits.iter().map(|limit| limit.counter.window);
        let is_running = |window| matches!(window, Window::Running(_));
        if !policy.host.trailers && windows.any(is_running) {
            let at = Location::ROOT.key("host");
            let found = r#"`false` beside a limit with "window": "running""#.into();
            let write = WRITE_NO_RUNNING.into();
            self.error(&at.key("trailers"), Problem::InvalidValue { found, write });
        }
    }
}
