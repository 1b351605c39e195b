//! Replays recorded calls under one policy: each gives a verdict, or the reason why the record does not decide it.
//!
//! A call with an unknown decision leaves its counters in doubt, and with them all later calls that they count. It never
//! treats a doubtful counter as known.

use super::call::{Call, Verdict};
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::source_map::pointer_token;
use mcp_policy::document::LimitInfo;
use mcp_policy::host::{Millis, Policy, PolicyError};
use mcp_policy::trace::{ConditionTrace, RuleOutcome, RuleTrace, Truth};
use mcp_policy_cases::{Runner, Split, Step};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// A policy, and its counts so far.
pub(super) struct PolicyReplay {
    pub(super) document: Json,
    player: Runner,
    limits: Vec<LimitInfo>,
    /// Counters that may or may not include earlier calls.
    doubtful: BTreeSet<String>,
    /// Earlier calls that rule out others are unknown.
    doubtful_marks: bool,
}

/// The header that names the caller to the engine. No client can set it: logs hold no headers.
const CALLER: &str = "x-mcp-policy-caller";

impl PolicyReplay {
    pub(super) fn read(policy: &Input) -> CommandResult<Self> {
        Self::parse(&policy.bytes).map_err(|what| {
            let what = format_args!("{what} (`mcp-policy check` lists all)");
            CommandError::about(&policy.name, what)
        })
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let first =
            |errors: Vec<PolicyError>| errors.first().map(ToString::to_string).unwrap_or_default();
        Policy::parse(bytes).map_err(first)?;
        let document: Json = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let played = for_any_caller(&document).to_string();
        let policy = Policy::parse(played.as_bytes()).map_err(first)?;
        Ok(Self {
            player: Runner::new(played.as_bytes()).map_err(first)?,
            limits: policy.limits(),
            document,
            doubtful: BTreeSet::new(),
            doubtful_marks: false,
        })
    }

    /// The decision about a call.
    ///
    /// # Errors
    /// Why the decision is unknown.
    pub(super) fn judge(&mut self, call: &Call, start: Millis) -> Result<Verdict, String> {
        if let Some(known) = self.judge_caller(call).transpose() {
            if known.is_err() {
                self.doubt_everything();
            }
            return known;
        }
        let now = call.at.unwrap_or(start);
        let played = self.player.play(&step(call), Split::Whole, now)?;
        let mut rules = played.rules.iter();
        if let Some(why) = rules.find_map(|finding| self.undecidable(call, finding)) {
            self.doubt(&played.rules);
            return Err(why);
        }
        let mut rules = played.rules.iter();
        let refused = rules.find(|finding| finding.outcome == RuleOutcome::Deny);
        Ok(Verdict {
            allowed: played.seen.forward,
            rule: refused.and_then(|finding| finding.rule.clone()),
        })
    }

    /// The decision, where it depends on the caller alone.
    fn judge_caller(&self, call: &Call) -> Result<Option<Verdict>, String> {
        let (Some(grants), Some(caller)) = (self.document.get("grants"), &call.caller) else {
            return Ok(None);
        };
        let at = format!("/grants/{}", pointer_token(caller));
        let Some(grant) = grants.get(caller) else {
            return Ok(Some(Verdict::refused_by("/grants")));
        };
        let is = |key| grant.get(key).and_then(Json::as_bool) == Some(true);
        if grant.get("mode").is_some() {
            return Err(format!("{at} has a mode of its own"));
        }
        let rule = match (is("revoked"), grant.get("policy").is_some(), is("frozen")) {
            (true, ..) => Some(format!("{at}/revoked")),
            (_, false, _) => Some(at),
            (.., true) => Some(format!("{at}/frozen")),
            _ => None,
        };
        Ok(rule.map(Verdict::refused_by))
    }

    /// Why the outcome of a rule is unknown.
    fn undecidable(&self, call: &Call, finding: &RuleTrace) -> Option<String> {
        let rule = finding.rule.as_deref()?;
        if let Some(path) = undecidable_condition(call, rule, &finding.conditions) {
            return Some(format!("{rule} reads {path}, which was not recorded"));
        }
        if rule.starts_with("/sequence/") {
            return self.undecidable_mark(call, rule, finding.outcome);
        }
        let limit = self.limits.iter().find(|limit| limit.pointer == rule)?;
        self.undecidable_count(call, limit, finding.outcome)
    }

    fn undecidable_mark(&self, call: &Call, rule: &str, outcome: RuleOutcome) -> Option<String> {
        let untimed = call.at.is_none() && outcome == RuleOutcome::Deny;
        if self.doubtful_marks || untimed || self.has_unknown_scope(rule) {
            return Some(format!(
                "{rule} depends on earlier calls, which are unknown"
            ));
        }
        None
    }

    fn undecidable_count(
        &self,
        call: &Call,
        limit: &LimitInfo,
        outcome: RuleOutcome,
    ) -> Option<String> {
        let rule = &limit.pointer;
        let cost = self
            .document
            .pointer(rule)
            .and_then(|limit| limit.get("cost"));
        let cost = cost.and_then(Json::as_str);
        if let Some(cost) = cost.filter(|cost| names_unknown(call, cost)) {
            return Some(format!("{rule} adds up {cost}, which was not recorded"));
        }
        if self.has_unknown_scope(rule) {
            return Some(format!("{rule} counts by a scope that was not recorded"));
        }
        if call.at.is_none() && outcome == RuleOutcome::Deny {
            return Some(format!(
                "{rule} depends on the time of calls, which was not recorded"
            ));
        }
        let doubtful = self.doubtful.contains(&limit.counter);
        doubtful.then(|| format!("{rule} counts earlier calls, which are undecidable"))
    }

    /// The scope of a rule depends on a fact that no log holds.
    fn has_unknown_scope(&self, rule: &str) -> bool {
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

    /// An unknown call may have been counted by every limit.
    pub(super) fn doubt_everything(&mut self) {
        let counters = self.limits.iter().map(|limit| limit.counter.clone());
        self.doubtful.extend(counters);
        self.doubtful_marks = true;
    }

    /// A call with an unknown decision may have been counted by the limits of these rules.
    fn doubt(&mut self, rules: &[RuleTrace]) {
        let rules = rules.iter().filter_map(|finding| finding.rule.as_deref());
        let entries = rules.filter(|rule| rule.matches('/').count() == 2);
        let entries: Vec<_> = entries.chain(["/all_tools"]).collect();
        let counts = |limit: &&LimitInfo| entries.iter().any(|entry| belongs_to(limit, entry));
        let counters = self.limits.iter().filter(counts);
        self.doubtful
            .extend(counters.map(|limit| limit.counter.clone()));
        self.doubtful_marks = true;
    }
}

fn belongs_to(limit: &LimitInfo, entry: &str) -> bool {
    let rest = limit.pointer.strip_prefix(entry);
    rest.is_some_and(|rest| rest.starts_with("/limits/") || rest == "/rate_limit")
}

/// The request of a recorded call, its caller in a header.
fn step(call: &Call) -> Step {
    let mut step = Step::post(call.message.to_string().into_bytes());
    let caller = call.caller.as_ref().filter(|caller| *caller != "anonymous");
    let header = caller.map(|caller| (CALLER.into(), caller.as_bytes().to_vec()));
    step.headers.extend(header);
    step
}

/// The path of a condition that was not recorded, where no other condition settles the rule.
fn undecidable_condition(call: &Call, rule: &str, conditions: &[ConditionTrace]) -> Option<String> {
    let mut unknown = conditions.iter().filter_map(|one| not_recorded(call, one));
    let path = unknown.next()?;
    // One condition that is known not to hold settles a group, regardless of the others.
    let settles = |one: &ConditionTrace| match rule.contains("/deny_if/") {
        true => one.truth == Truth::False,
        false => one.truth != Truth::True,
    };
    let mut known = conditions
        .iter()
        .filter(|one| not_recorded(call, one).is_none());
    (!known.any(settles)).then_some(path)
}

/// The policy for any caller that the header names: grants are judged apart, since no log holds credentials. No log holds
/// listed definitions either, so pinned tools are assumed to be unchanged.
fn for_any_caller(document: &Json) -> Json {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        // A challenge decides nothing, and cannot stand beside `anonymous`.
        members.retain(|key, _| !["grants", "challenge"].contains(&key.as_str()));
        let identity = members.get("identity");
        let anonymous = identity.is_none_or(|own| own.get("anonymous") == Some(&json!(true)));
        let from = json!([{ "header": CALLER, "set_by_gateway": true }]);
        let identity = json!({ "from": from, "anonymous": anonymous });
        members.insert("identity".into(), identity);
        members.insert("pin_unseen".into(), json!("allow"));
    }
    document
}

/// The path of a condition, where its value was not recorded.
fn not_recorded(call: &Call, sight: &ConditionTrace) -> Option<String> {
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

/// The path is in an argument with an unknown value, or in one that a server may confuse with it.
fn names_unknown(call: &Call, path: &str) -> bool {
    let Some(rest) = path
        .strip_prefix("args")
        .filter(|_| !call.unknown.is_empty())
    else {
        return false;
    };
    let name = fold(rest.trim_start_matches(['.', '[', '"']));
    // A longer name that begins alike counts as unknown too, and so does any name with an escape.
    let may_be = |key: &String| key == "__proto__" || name.starts_with(&fold(key));
    rest.is_empty() || rest.contains('\\') || call.unknown.iter().any(may_be)
}

/// Some servers confuse names that differ only by case or by a NUL.
fn fold(name: &str) -> String {
    name.to_uppercase().to_lowercase().replace('\0', "")
}
