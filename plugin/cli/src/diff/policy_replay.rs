//! Replays recorded calls under one policy: each gives a verdict, or the reason why the record does not decide it.
//!
//! A call with an unknown decision leaves its counters in doubt, and with them all later calls that they count. It never
//! treats a doubtful counter as known.

use super::call::{Call, Verdict};
use super::crowd::Crowd;
use super::parties::{self, with_named_parties};
use super::rules;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::rule_set_pointer::{set_of, within_set};
use crate::sanitize::printable;
use crate::source_map::pointer_token;
use mcp_policy::document::LimitInfo;
use mcp_policy::host::{Millis, Policy, PolicyError};
use mcp_policy::trace::{ConditionTrace, RuleOutcome, RuleTrace, Truth};
use mcp_policy_cases::{Runner, Split};
use serde_json::Value as Json;
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
        let played = with_named_parties(&document).to_string();
        let policy = Policy::parse(played.as_bytes()).map_err(first)?;
        Ok(Self {
            player: Runner::new(played.as_bytes()).map_err(first)?,
            limits: policy.limits(),
            document,
            doubtful: BTreeSet::new(),
            doubtful_marks: false,
        })
    }

    /// The decision about one of the calls that a line may stand for.
    ///
    /// # Errors
    /// Why the decision is unknown.
    pub(super) fn judge(
        &mut self,
        call: &Call,
        start: Millis,
        crowd: &Crowd,
    ) -> Result<Verdict, String> {
        if let Some(known) = self.judge_party(call).transpose() {
            if known.is_err() {
                self.doubt_everything();
            }
            return known;
        }
        let now = call.at.unwrap_or(start);
        let step = parties::step(call, &self.document);
        let played = self.player.play(&step, Split::Whole, now)?;
        let mut rules = played.rules.iter();
        let unknown = rules.find_map(|finding| self.undecidable((call, crowd), finding));
        // Only one of the calls at several servers was made, and only it was counted.
        if unknown.is_some() || crowd.several_servers {
            self.doubt(call, &played.rules);
        }
        if let Some(why) = unknown {
            return Err(why);
        }
        let mut rules = played.rules.iter();
        let refused = rules.find(|finding| finding.outcome == RuleOutcome::Deny);
        Ok(Verdict {
            allowed: played.seen.forward,
            rule: refused.and_then(|finding| finding.rule.clone()),
        })
    }

    /// The decision, where it depends on the caller and the server alone, and not on their rules.
    fn judge_party(&self, call: &Call) -> Result<Option<Verdict>, String> {
        if let Some(verdict) = self.judge_caller(call)? {
            return Ok(Some(verdict));
        }
        let servers = self.document.get("servers");
        let server = servers.zip(call.server.as_ref());
        let is_unknown = server.is_some_and(|(servers, name)| servers.get(name).is_none());
        Ok(is_unknown.then(|| Verdict::refused_by("/servers")))
    }

    fn judge_caller(&self, call: &Call) -> Result<Option<Verdict>, String> {
        let (Some(grants), Some(caller)) = (self.document.get("grants"), &call.caller) else {
            return Ok(None);
        };
        match grants.get(caller) {
            None if is_identity(caller) => {
                let caller = printable(caller);
                Err(format!("whether a grant matches {caller} was not recorded"))
            }
            None => Ok(Some(Verdict::refused_by("/grants"))),
            Some(grant) if grant.get("expires").is_some() && call.at.is_none() => {
                let at = format!("/grants/{}/expires", pointer_token(caller));
                let why = format!("{at} depends on the time of calls, which was not recorded");
                Err(why)
            }
            Some(_) => Ok(None),
        }
    }

    /// Why the outcome of a rule is unknown.
    fn undecidable(&self, (call, crowd): (&Call, &Crowd), finding: &RuleTrace) -> Option<String> {
        let rule = finding.rule.as_deref()?;
        if let Some(path) = undecidable_condition(call, rule, &finding.conditions) {
            return Some(format!("{rule} reads {path}, which was not recorded"));
        }
        if within_set(rule).starts_with("/sequence/") {
            return self.undecidable_mark((call, crowd), rule, finding.outcome);
        }
        let limit = self.limits.iter().find(|limit| limit.pointer == rule)?;
        self.undecidable_count((call, crowd), limit, finding.outcome)
    }

    fn undecidable_mark(
        &self,
        (call, crowd): (&Call, &Crowd),
        rule: &str,
        outcome: RuleOutcome,
    ) -> Option<String> {
        let untimed = call.at.is_none() && outcome == RuleOutcome::Deny;
        if self.doubtful_marks || untimed || self.has_unknown_scope(rule, crowd) {
            return Some(format!(
                "{rule} depends on earlier calls, which are unknown"
            ));
        }
        None
    }

    fn undecidable_count(
        &self,
        (call, crowd): (&Call, &Crowd),
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
        if self.has_unknown_scope(rule, crowd) {
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

    /// The scope of a rule depends on a fact that no log holds, or counts calls of callers who were not recorded together.
    fn has_unknown_scope(&self, rule: &str, crowd: &Crowd) -> bool {
        let rule = self.document.pointer(rule);
        let Some(scope) = rule.and_then(|rule| rule.get("scope")) else {
            return false;
        };
        let one = std::slice::from_ref(scope);
        let scopes = scope.as_array().map_or(one, Vec::as_slice);
        let mut scopes = scopes.iter().filter_map(Json::as_str);
        let is_shared = !scopes.clone().any(|scope| scope == "grant");
        let unknown = |scope: &str| {
            scope == "ip" || scope.starts_with("header:") || scope.starts_with("claim:")
        };
        crowd.several_callers && is_shared || scopes.any(unknown)
    }

    /// An unknown call may have been counted by every limit.
    pub(super) fn doubt_everything(&mut self) {
        let counters = self.limits.iter().map(|limit| limit.counter.clone());
        self.doubtful.extend(counters);
        self.doubtful_marks = true;
    }

    /// A call with an unknown decision may have been counted by the limits of these rules. The rules of a further set may
    /// come after the last one of them: all limits of that set may have counted it.
    fn doubt(&mut self, call: &Call, rules: &[RuleTrace]) {
        let rules = rules.iter().filter_map(|finding| finding.rule.as_deref());
        let entries = rules.filter(|rule| is_entry(within_set(rule)));
        let entries: Vec<_> = entries.collect();
        let sets = rules::applied(call, &self.document);
        let counts = |limit: &&LimitInfo| {
            let set = set_of(&limit.pointer);
            let mut own = entries.iter().filter(|entry| set_of(entry) == set);
            let untraced = sets.len() > 1 && own.clone().next().is_none();
            let mut may = || untraced || own.any(|entry| belongs_to(limit, entry));
            sets.iter().any(|own| own == set)
                && (belongs_to(limit, &format!("{set}/all_tools")) || may())
        };
        let counters = self.limits.iter().filter(counts);
        self.doubtful
            .extend(counters.map(|limit| limit.counter.clone()));
        self.doubtful_marks = true;
    }
}

/// True for an entry of a table of its set, such as `/tools/run`.
fn is_entry(within_set: &str) -> bool {
    let tables = ["/tools/", "/prompts/", "/resources/"];
    let mut keys = tables
        .iter()
        .filter_map(|table| within_set.strip_prefix(table));
    keys.any(|key| !key.contains('/'))
}

/// A name in the log of a caller that no grant lists.
fn is_identity(caller: &str) -> bool {
    let sources = ["header:", "jwt:", "mtls:"];
    caller == "anonymous" || sources.iter().any(|source| caller.starts_with(source))
}

fn belongs_to(limit: &LimitInfo, entry: &str) -> bool {
    let rest = limit.pointer.strip_prefix(entry);
    rest.is_some_and(|rest| rest.starts_with("/limits/") || rest == "/rate_limit")
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

/// The path of a condition, where its value was not recorded.
fn not_recorded(call: &Call, sight: &ConditionTrace) -> Option<String> {
    let path = &sight.path;
    let unknown = match path.as_str() {
        "ip" => true,
        "grant" => call.caller.is_none(),
        "time.hour" | "time.weekday" => call.at.is_none(),
        path if path.starts_with("header.") || path.starts_with("identity") => true,
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
