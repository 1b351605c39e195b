//! Turns `counters`, the rate limit service that counts for a fleet, into the model, and reports the limits that it cannot
//! count.
//!
//! It asks no service.

use super::error::{PolicyError, Problem};
use super::limit::{RUNNING, SLIDING, number, window};
use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::{
    HttpEndpoint, Limit, OnUnavailable, Policy, RateLimitProtocol, RuleSet, Scope, SharedCounters,
    Window,
};
use crate::words::json::Value;
use crate::words::{Amount, Millis};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const COUNTERS: Keys = Keys {
    supported: &[
        "backend",
        "cluster",
        "domain",
        "timeout",
        "on_unavailable",
        "atomic",
        "key",
    ],
    reserved: &[],
};

pub(crate) const BACKENDS: &[(&str, RateLimitProtocol)] = &[
    ("rate_limit_service", RateLimitProtocol::Envoy),
    ("limitador_http", RateLimitProtocol::Limitador),
];

pub(crate) const ON_UNAVAILABLE: &[(&str, OnUnavailable)] = &[
    ("deny", OnUnavailable::Deny),
    ("local", OnUnavailable::Local),
];

const WRITE_CLUSTER: &str =
    "the name of a cluster in Envoy's configuration, in visible ASCII, such as \"counters\"";

const WRITE_DOMAIN: &str =
    "the domain of the limits at the service, in visible ASCII, such as \"mcp\"";

const WRITE_TIMEOUT: &str = r#"a text from "1ms" to "5000ms", or a number of seconds from 1 to 5"#;

const WRITE_FIXED: &str = "a fixed window: the service of `counters` has no other";

const WRITE_NEVER: &str = r#""never": the service of `counters` gives no charge back"#;

const WRITE_NO_APPROVAL: &str =
    "no `over`: the service of `counters` lets no call exceed its limit";

const WRITE_ONE_MAX: &str = "the same `max` for all limits on a counter: the service has one";

const WRITE_MAX: &str = "a `max` up to 4294967295: the service of `counters` counts no further";

const WRITE_KEY: &str = r#"`"key": "MCP_POLICY_COUNTERS_KEY"` into `counters`, the name of an environment variable of the VM with the same key in the whole fleet: without one the service would learn such values"#;

const WRITE_ATOMIC: &str = r#"one limit for each call, or `"atomic": true` into `counters` where the service adds to all counters of a question or to none"#;

impl PolicyReader {
    pub(super) fn shared_counters(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
    ) -> Option<SharedCounters> {
        let members = self.object(at, value, &COUNTERS);
        let backend = self.required(at, &members, "backend");
        let protocol = backend.and_then(|value| self.word(&at.key("backend"), value, BACKENDS));
        let cluster = self.required(at, &members, "cluster");
        let cluster = self.visible(&at.key("cluster"), cluster, WRITE_CLUSTER, |_| true);
        let domain = self.required(at, &members, "domain");
        let domain = self.visible(&at.key("domain"), domain, WRITE_DOMAIN, |_| true);
        let timeout = self.milliseconds(at, &members);
        let on_unavailable = self.setting(at, &members, "on_unavailable", ON_UNAVAILABLE);
        let key_name = members.get("key");
        let key_name = key_name.and_then(|value| self.variable(&at.key("key"), value));
        let is_atomic = self.flag(at, &members, "atomic");
        let (cluster, protocol) = (cluster?, protocol?);
        Some(SharedCounters {
            protocol,
            to: HttpEndpoint {
                path: protocol.path().into(),
                authority: cluster.clone(),
                cluster,
                timeout,
            },
            domain: domain?.into(),
            on_unavailable: on_unavailable.unwrap_or(OnUnavailable::Deny),
            is_atomic,
            key_name,
            key: None,
        })
    }

    fn milliseconds(&mut self, at: &Location<'_>, members: &Members<'_>) -> Millis {
        let Some(value) = members.get("timeout") else {
            return Millis(SharedCounters::TIMEOUT);
        };
        let text = value.string();
        let told = text
            .as_deref()
            .and_then(|text| number(text.strip_suffix("ms")?));
        let told = told.or_else(|| match window(value)? {
            Window::Seconds(seconds) => Some(seconds.saturating_mul(1000)),
            _ => None,
        });
        let (least, most) = SharedCounters::TIMEOUTS;
        let told = told.filter(|told| (least..=most).contains(told));
        if told.is_none() {
            self.invalid(&at.key("timeout"), value, WRITE_TIMEOUT);
        }
        Millis(told.unwrap_or(SharedCounters::TIMEOUT))
    }

    /// Reports what is in a limit and the service cannot keep.
    pub(super) fn kept_by_service(&mut self, at: &Location<'_>, members: &Members<'_>) {
        if !self.counts_elsewhere {
            return;
        }
        for (key, word) in [("window", RUNNING), ("algorithm", SLIDING)] {
            let value = members.get(key);
            if let Some(value) = value.filter(|value| value.string().as_deref() == Some(word)) {
                self.invalid(&at.key(key), value, WRITE_FIXED);
            }
        }
        let refund = members.get("refund");
        if let Some(value) = refund.filter(|value| value.string().as_deref() != Some("never")) {
            self.invalid(&at.key("refund"), value, WRITE_NEVER);
        }
        if let Some(value) = members.get("over") {
            self.misplaced(&at.key("over"), value, WRITE_NO_APPROVAL);
        }
    }

    /// Reports limits that the service cannot count together with others, or would learn too much from.
    pub(super) fn shared_limits(&mut self, policy: &Policy) {
        let Some(shared) = &policy.shared_counters else {
            return;
        };
        let mut first_max: BTreeMap<&str, Amount> = BTreeMap::new();
        for limit in policy.all_limits() {
            let mut scope = limit.counter.scope.iter();
            if shared.key_name.is_none() && scope.any(|part| is_private(part, policy)) {
                self.cannot(limit, "a limit by values of callers", WRITE_KEY);
            }
            if limit.max > Amount::whole(u32::MAX.into()) {
                self.cannot(limit, "a larger `max`", WRITE_MAX);
            }
            let first = first_max.entry(&limit.counter.id).or_insert(limit.max);
            if *first != limit.max {
                self.cannot(limit, "another `max` on the same counter", WRITE_ONE_MAX);
            }
        }
        if shared.is_atomic {
            return;
        }
        for limit in policy.sets().flat_map(limits_beside_another) {
            self.cannot(
                limit,
                "a limit beside another one of the same call",
                WRITE_ATOMIC,
            );
        }
    }

    fn cannot(&mut self, limit: &Limit, found: &str, write: &str) {
        let problem = Problem::InvalidValue {
            found: found.into(),
            write: write.into(),
        };
        let at = limit.rule.to_string();
        self.errors.push(PolicyError { at, problem });
    }
}

/// True for a part of a scope whose values are personal, secret, or not known beforehand.
fn is_private(scope: &Scope, policy: &Policy) -> bool {
    match scope {
        Scope::Server | Scope::Global => false,
        Scope::Grant => policy.grants.is_none() && !policy.identity.sources.is_empty(),
        Scope::Session | Scope::Ip | Scope::Header(_) | Scope::Claim(_) | Scope::Argument(_) => {
            true
        }
    }
}

/// The limits of a set that a call of one entry counts beside another counter.
fn limits_beside_another(set: &RuleSet) -> Vec<&Arc<Limit>> {
    let mut beside = Vec::new();
    for rules in set.rules() {
        let all: &[Arc<Limit>] = match std::ptr::eq(rules, &raw const set.all_tools) {
            true => &[],
            false => &set.all_tools.limits,
        };
        let mut own = rules.limits.iter();
        if let Some(first) = own.next() {
            let other = |limit: &&Arc<Limit>| !limit.counter.is(&first.counter);
            beside.extend(own.chain(all).find(other));
        }
    }
    beside
}
