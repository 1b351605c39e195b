//! One of the two policies: what it decides about a call, or why nobody can tell from what was recorded.
//!
//! A call of which too little is known also leaves its counters in doubt, and what is counted there afterwards.

use super::log::Call;
use crate::input::Input;
use crate::screen::Trouble;
use crate::source::written;
use mcp_policy::{Finding, LimitSeen, Millis, Policy, PolicyError, Said, Sight, Truth};
use mcp_policy_cases::{Player, Split, Step};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::Path;

/// A policy, and what it has counted so far.
pub(super) struct Side {
    pub(super) document: Json,
    player: Player,
    limits: Vec<LimitSeen>,
    /// Counters that calls may have been added to, or not.
    doubtful: BTreeSet<String>,
    /// Whether a tool was called that rules others out is not known.
    doubtful_marks: bool,
}

/// What a policy decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
}

/// The header by which the player is told who calls. It is no client's: logs hold no headers.
const CALLER: &str = "x-mcp-policy-caller";

impl Side {
    pub(super) fn read(path: &Path) -> Result<Self, Trouble> {
        let input = Input::read(path)?;
        let tells_all = "`mcp-policy check` tells all";
        Self::parse(&input.bytes)
            .map_err(|what| Trouble(format!("{}: {what} ({tells_all})", input.name)))
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let first =
            |errors: Vec<PolicyError>| errors.first().map(ToString::to_string).unwrap_or_default();
        Policy::parse(bytes).map_err(first)?;
        let document: Json = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let played = anybody(&document).to_string();
        let policy = Policy::parse(played.as_bytes()).map_err(first)?;
        Ok(Self {
            player: Player::new(played.as_bytes()).map_err(first)?,
            limits: policy.limits_seen(),
            document,
            doubtful: BTreeSet::new(),
            doubtful_marks: false,
        })
    }

    /// What it decides about a call, or why that cannot be told.
    pub(super) fn judge(&mut self, call: &Call, start: Millis) -> Result<Verdict, String> {
        if let Some(known) = self.caller(call).transpose() {
            if known.is_err() {
                self.doubt_everything();
            }
            return known;
        }
        let mut step = Step::post(call.message.to_string().into_bytes());
        let caller = call.caller.as_ref().filter(|caller| *caller != "anonymous");
        step.headers
            .extend(caller.map(|caller| (CALLER.into(), caller.as_bytes().to_vec())));
        let played = self
            .player
            .play(&step, Split::Whole, call.at.unwrap_or(start))?;
        let refused = played
            .findings
            .iter()
            .find(|finding| finding.said == Said::Refuses);
        let verdict = Verdict {
            allowed: played.seen.forward,
            rule: refused.and_then(|finding| finding.rule.clone()),
        };
        match played
            .findings
            .iter()
            .find_map(|finding| self.blind(call, finding))
        {
            Some(why) => {
                self.doubt(&played.findings);
                Err(why)
            }
            None => Ok(verdict),
        }
    }

    /// What is decided by who calls alone.
    fn caller(&self, call: &Call) -> Result<Option<Verdict>, String> {
        let refused = |rule: String| {
            Ok(Some(Verdict {
                allowed: false,
                rule: Some(rule),
            }))
        };
        let (Some(grants), Some(caller)) = (self.document.get("grants"), &call.caller) else {
            return Ok(None);
        };
        let at = format!("/grants/{}", written(caller));
        let Some(grant) = grants.get(caller) else {
            return refused("/grants".into());
        };
        let is = |key| grant.get(key).and_then(Json::as_bool) == Some(true);
        if grant.get("mode").is_some() {
            return Err(format!("{at} has a mode of its own"));
        }
        match (is("revoked"), grant.get("policy").is_some(), is("frozen")) {
            (true, ..) => refused(format!("{at}/revoked")),
            (_, false, _) => refused(at),
            (.., true) => refused(format!("{at}/frozen")),
            _ => Ok(None),
        }
    }

    /// Why a rule's part in the decision cannot be told.
    fn blind(&self, call: &Call, finding: &Finding) -> Option<String> {
        let rule = finding.rule.as_deref()?;
        let unknown: Vec<_> = finding
            .conditions
            .iter()
            .filter_map(|sight| not_recorded(call, sight))
            .collect();
        let settled = finding.conditions.iter().any(|sight| {
            let known = not_recorded(call, sight).is_none();
            // One condition that is known not to hold settles a group, whatever the others are.
            known
                && if rule.contains("/deny_if/") {
                    sight.truth == Truth::False
                } else {
                    sight.truth != Truth::True
                }
        });
        if let Some(what) = unknown.first().filter(|_| !settled) {
            return Some(format!("{what} was not recorded, which {rule} looks at"));
        }
        if rule.starts_with("/sequence/") {
            return self.blind_mark(call, rule, finding.said);
        }
        let limit = self.limits.iter().find(|limit| limit.pointer == rule)?;
        self.blind_count(call, limit, finding.said)
    }

    fn blind_mark(&self, call: &Call, rule: &str, said: Said) -> Option<String> {
        let untimed = call.at.is_none() && said == Said::Refuses;
        if self.doubtful_marks || untimed || self.counts_by_what_is_unknown(rule) {
            return Some(format!(
                "what was called before, for whom and when, is not known, on which {rule} depends"
            ));
        }
        None
    }

    fn blind_count(&self, call: &Call, limit: &LimitSeen, said: Said) -> Option<String> {
        let rule = &limit.pointer;
        let cost = self
            .document
            .pointer(rule)
            .and_then(|limit| limit.get("cost"))
            .and_then(Json::as_str);
        if let Some(cost) = cost.filter(|cost| names_unknown(call, cost)) {
            return Some(format!("{cost} was not recorded, which {rule} adds up"));
        }
        if self.counts_by_what_is_unknown(rule) {
            return Some(format!("for whom {rule} counts was not recorded"));
        }
        if call.at.is_none() && said == Said::Refuses {
            return Some(format!(
                "when the calls were made was not recorded, which {rule} counts"
            ));
        }
        let doubtful = self.doubtful.contains(&limit.counter);
        doubtful.then(|| format!("calls before this one cannot be told, which {rule} counts"))
    }

    /// The scope of a rule reads something that no log holds.
    fn counts_by_what_is_unknown(&self, rule: &str) -> bool {
        let scope = self
            .document
            .pointer(rule)
            .and_then(|rule| rule.get("scope"));
        let unknown = |scope: &Json| {
            scope
                .as_str()
                .is_some_and(|scope| scope == "ip" || scope.starts_with("header:"))
        };
        scope.is_some_and(|scope| {
            unknown(scope)
                || scope
                    .as_array()
                    .is_some_and(|list| list.iter().any(unknown))
        })
    }

    /// A call of which nothing is known may have been counted by anything.
    pub(super) fn doubt_everything(&mut self) {
        let counters = self.limits.iter().map(|limit| limit.counter.clone());
        self.doubtful.extend(counters);
        self.doubtful_marks = true;
    }

    /// What the call would have been counted by.
    fn doubt(&mut self, findings: &[Finding]) {
        let rules = findings
            .iter()
            .filter_map(|finding| finding.rule.as_deref());
        let entries: Vec<_> = rules
            .filter(|rule| rule.matches('/').count() == 2)
            .chain(["/all_tools"])
            .collect();
        let counted = self.limits.iter().filter(|limit| {
            entries.iter().any(|entry| {
                let rest = limit.pointer.strip_prefix(entry);
                rest.is_some_and(|rest| rest.starts_with("/limits/") || rest == "/rate_limit")
            })
        });
        self.doubtful
            .extend(counted.map(|limit| limit.counter.clone()));
        self.doubtful_marks = true;
    }
}

/// The policy for whoever the header names: who may call at all is looked at apart, since no log holds credentials. What
/// was listed is in no log either, so pinned tools are taken for what they were.
fn anybody(document: &Json) -> Json {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.remove("grants");
        let from = json!({ "from": [{ "header": CALLER, "set_by_gateway": true }] });
        members.insert("identity".into(), from);
        members.insert("pin_unseen".into(), json!("allow"));
    }
    document
}

/// What a condition looks at, where that was not recorded.
fn not_recorded(call: &Call, sight: &Sight) -> Option<String> {
    let path = &sight.path;
    let unknown = match path.as_str() {
        "ip" => true,
        "grant" => call.caller.is_none(),
        "time.hour" | "time.weekday" => call.at.is_none(),
        path if path.starts_with("header.") => true,
        path => names_unknown(call, path),
    };
    unknown.then(|| path.clone())
}

/// The path leads into an argument whose value is not known, or one that a server may take for it.
fn names_unknown(call: &Call, path: &str) -> bool {
    let Some(rest) = path
        .strip_prefix("args")
        .filter(|_| !call.unknown.is_empty())
    else {
        return false;
    };
    let name = fold(rest.trim_start_matches(['.', '[', '"']));
    // A longer name that begins alike is taken for unknown too, and any name with an escape in it.
    let may_be = |key: &String| name.starts_with(&fold(key));
    rest.is_empty() || rest.contains('\\') || call.unknown.iter().any(may_be)
}

/// Names that differ by their case or a NUL alone look alike to some servers.
fn fold(name: &str) -> String {
    name.to_uppercase().to_lowercase().replace('\0', "")
}
