//! Turns a file of `clients/checks/` into a policy, and into the checks that one client plays at one server.
//!
//! It leaves out no check unless the file says why.

use super::honest::observing;
use host_tests::root;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;

/// More than a buffer of Envoy, in many pieces; in bytes.
const LONG: usize = 40_000;

/// The checks for a server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    policy: Map<String, Value>,
    /// A policy that refuses nothing.
    honest: Map<String, Value>,
    /// The requests that may reach the server through the gateway.
    #[serde(default)]
    reached: Reached,
    /// The allowed call after every check, which shows whether the session still works.
    alive: Value,
    checks: Vec<Check>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reached {
    /// Parts of messages that are refused.
    pub(crate) never: Vec<String>,
    /// The number of times that each message passes in a run.
    pub(crate) times: BTreeMap<String, usize>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Check {
    pub(crate) check: String,
    /// The column in the table of a refused check. Any other check must have the same result as directly.
    pub(crate) refusal: Option<String>,
    /// A part of the result that a refused client must see.
    pub(crate) sees: Option<Value>,
    /// Texts that must be in a client's result.
    #[serde(default)]
    pub(crate) shows: Vec<String>,
    /// Names that a list shows directly and not through the gateway.
    #[serde(default)]
    pub(crate) without: Vec<String>,
    /// The clients, servers, adapters or revisions that cannot play it.
    #[serde(default)]
    pub(crate) cannot: Vec<Cannot>,
    /// The clients whose SDK ends the session after it.
    #[serde(default)]
    pub(crate) dies: Vec<String>,
    /// The client's action; only its program reads it.
    #[serde(flatten)]
    pub(crate) does: Map<String, Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cannot {
    /// The client, the server, the adapter or the revision that it applies to.
    with: Vec<String>,
    pub(crate) why: String,
}

/// The checks of one client at one server.
pub(crate) struct Part {
    alive: Value,
    pub(crate) checks: Vec<Check>,
    /// The checks that the pair cannot play, with the reason.
    pub(crate) cannot: Vec<(Check, String)>,
    pub(crate) tags: Vec<String>,
}

impl Story {
    pub(crate) fn read(name: &str) -> Self {
        let path = root().join(format!("host-tests/clients/checks/{name}.json"));
        let text = fs::read_to_string(&path).expect("the checks can be read");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn policy(&self, hold: bool) -> String {
        let host = json!({ "hold_request_headers": hold });
        with_host(self.policy.clone(), host)
    }

    /// The policy that refuses nothing, with every rule that reads answers. Its state has a namespace of its own.
    pub(crate) fn honest(&self, hold: bool, namespace: &str) -> String {
        let host = json!({ "hold_request_headers": hold, "namespace": namespace });
        with_host(observing(self.honest.clone()), host)
    }

    pub(crate) fn reached(&self) -> &Reached {
        &self.reached
    }

    pub(crate) fn part(&self, tags: &[&str]) -> Part {
        let reason = |check: &Check| {
            let mut reasons = check.cannot.iter();
            let fits = |own: &&Cannot| own.with.iter().all(|tag| tags.contains(&tag.as_str()));
            reasons.find(fits).map(|own| own.why.clone())
        };
        let (mut checks, mut cannot) = (Vec::new(), Vec::new());
        for check in self.checks.iter().cloned() {
            match reason(&check) {
                Some(why) => cannot.push((check, why)),
                None => checks.push(check),
            }
        }
        Part {
            alive: self.alive.clone(),
            checks,
            cannot,
            tags: tags.iter().map(ToString::to_string).collect(),
        }
    }
}

fn with_host(mut policy: Map<String, Value>, host: Value) -> String {
    policy.insert("host".into(), host);
    Value::Object(policy).to_string()
}

impl Part {
    /// A part with checks that every client can play.
    pub(crate) fn new(alive: Value, checks: Vec<Check>) -> Self {
        Self {
            alive,
            checks,
            cannot: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// The allowed checks, where hidden names are shown.
    pub(crate) fn honest(&self) -> Self {
        let allowed = self.checks.iter().filter(|check| check.refusal.is_none());
        let shown = allowed.cloned().map(|check| Check {
            without: Vec::new(),
            ..check
        });
        Self {
            alive: self.alive.clone(),
            checks: shown.collect(),
            cannot: Vec::new(),
            tags: self.tags.clone(),
        }
    }

    /// The checks for a client's program at the gateway.
    pub(crate) fn all(&self) -> String {
        self.told(|_| true)
    }

    /// The checks for a client's program at the server itself.
    pub(crate) fn allowed(&self) -> String {
        self.told(|check| check.refusal.is_none())
    }

    /// The checks that are one request and its answer, as methods and parameters.
    pub(crate) fn requests(&self) -> Vec<(String, Value)> {
        const MORE: [&str; 6] = ["task", "each", "leave", "listen", "together", "spoil"];
        let story: Value = serde_json::from_str(&self.allowed()).expect("JSON");
        let checks = story["checks"].as_array().into_iter().flatten();
        let plain = checks.filter(|check| MORE.iter().all(|word| check.get(word).is_none()));
        let request = |check: &Value| {
            let params = check.get("params").cloned().unwrap_or_else(|| json!({}));
            Some((check["method"].as_str()?.to_owned(), params))
        };
        plain.filter_map(request).collect()
    }

    fn told(&self, wanted: impl Fn(&Check) -> bool) -> String {
        let checks = self
            .checks
            .iter()
            .filter(|check| wanted(check))
            .map(|check| {
                let mut does = check.does.clone();
                does.insert("check".into(), check.check.clone().into());
                Value::Object(does)
            });
        let story = json!({ "alive": self.alive, "checks": checks.collect::<Vec<_>>() });
        story.to_string().replace("$long", &"long ".repeat(LONG))
    }
}
