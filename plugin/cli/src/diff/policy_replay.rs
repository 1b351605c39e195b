//! Replays recorded calls under one policy: each gives a verdict, or the reason why the record does not decide it.
//!
//! A call with an unknown decision leaves its counters in doubt, and with them all later calls that they count. It never
//! treats a doubtful counter as known.

use super::call::{Call, Verdict};
use super::crowd::Crowd;
use super::doubt::{self, Doubts};
use super::outcome::Told;
use super::parties::{self, with_named_parties};
use super::refund::{self, Refunds};
use super::rules;
use super::scope;
use super::unknown;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::rule_set_pointer::{set_of, within_set};
use crate::sanitize::printable;
use crate::source_map::pointer_token;
use mcp_policy::document::LimitInfo;
use mcp_policy::host::{Millis, Policy, PolicyError};
use mcp_policy::trace::{RuleOutcome, RuleTrace};
use mcp_policy_cases::runner::{CallEnd, OpenCall, Played};
use mcp_policy_cases::{Runner, Split};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// A policy, and its counts so far.
pub(super) struct PolicyReplay {
    pub(super) document: Json,
    /// The hash that lines of its decisions have.
    pub(super) hash: String,
    player: Runner,
    limits: Vec<LimitInfo>,
    /// Counters, and marks of sequences, that may or may not include earlier calls.
    doubts: Doubts,
    /// The sessions that callers have been issued.
    sessions: BTreeSet<[Option<String>; 3]>,
    /// The calls that will be refunded, by their ids.
    open: BTreeMap<String, (OpenCall, CallEnd)>,
    /// The rules that were evaluated for the last call.
    last: Vec<RuleTrace>,
}

/// The refunds that lines of the log would tell of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen {
    /// Those of this policy, which decided.
    Own,
    /// Those of another policy, which decided; `None` where it is unknown which.
    Of(Option<Refunds>),
}

impl Seen {
    pub(super) fn of_decider(is_decider: bool) -> Self {
        match is_decider {
            true => Self::Own,
            false => Self::Of(None),
        }
    }

    pub(super) fn of_other(refunds: Option<Refunds>) -> Self {
        Self::Of(refunds)
    }

    fn refunds(self, own: Option<Refunds>) -> Option<Refunds> {
        match self {
            Self::Own => own,
            Self::Of(other) => other,
        }
    }
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
        let hash = Policy::parse(bytes).map_err(first)?.hash;
        let document: Json = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let played = with_named_parties(&document).to_string();
        let policy = Policy::parse(played.as_bytes()).map_err(first)?;
        Ok(Self {
            player: Runner::new(played.as_bytes()).map_err(first)?,
            limits: policy.limits(),
            hash,
            document,
            doubts: Doubts::default(),
            sessions: BTreeSet::new(),
            open: BTreeMap::new(),
            last: Vec::new(),
        })
    }

    /// The decision about one of the calls that a line may stand for. `seen` are the refunds of the policy whose lines the log
    /// has.
    ///
    /// # Errors
    /// Why the decision is unknown.
    pub(super) fn judge(
        &mut self,
        call: &Call,
        start: Millis,
        crowd: &Crowd,
        seen: Seen,
    ) -> Result<Verdict, String> {
        self.last.clear();
        if let Some(known) = self.judge_party(call).transpose() {
            if known.is_err() {
                self.doubt_everything(call.at);
            }
            return known;
        }
        let (played, open) = self.play(call, call.at.unwrap_or(start))?;
        self.last.clone_from(&played.rules);
        let seen = seen.refunds(self.refunds());
        if let (Some(open), Some(id)) = (open, &call.outcome.id) {
            self.open.insert(id.clone(), (open, end_of(call)));
        }
        let mut rules = played.rules.iter();
        let unknown = rules.find_map(|finding| self.undecidable((call, crowd), finding));
        // Only one of the calls at several servers was made, and only it was counted.
        // A call that a person may have approved was counted or not.
        let needs_approval = needs_approval(&played);
        if unknown.is_some() || crowd.several_servers || needs_approval {
            self.doubt_last(call, crowd);
        }
        if played.seen.forward {
            self.doubt_refunds((call, crowd), seen);
        }
        if let Some(why) = unknown {
            return Err(why);
        }
        let mut rules = played.rules.iter();
        let refused = rules.find(|finding| finding.outcome == RuleOutcome::Deny);
        Ok(Verdict {
            allowed: played.seen.forward,
            rule: refused.and_then(|finding| finding.rule.clone()),
            needs_approval,
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
        if let Some(unknown) = unknown::condition(&self.document, call, rule, &finding.conditions) {
            return Some(format!("{rule} reads {unknown}"));
        }
        if let Some(headers) = unknown::mirrors(&self.document, call, rule) {
            return Some(headers);
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
        let subject = self.subject(call, rule, crowd);
        let is_doubtful = self.doubts.has(rule, subject, call.at);
        if is_doubtful || untimed || self.has_unknown_scope(call, rule, crowd) {
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
        let unknown = |cost: &str| Some(format!("{cost}, {}", call.recorded.unknown(cost)?));
        if let Some(cost) = cost.and_then(unknown) {
            return Some(format!("{rule} adds up {cost}"));
        }
        if self.has_unknown_scope(call, rule, crowd) {
            return Some(format!("{rule} counts by a scope that was not recorded"));
        }
        if call.at.is_none() && outcome == RuleOutcome::Deny {
            return Some(format!(
                "{rule} depends on the time of calls, which was not recorded"
            ));
        }
        let subject = self.subject(call, rule, crowd);
        let doubtful = self.doubts.has(&limit.counter, subject, call.at);
        doubtful.then(|| format!("{rule} counts earlier calls, which are undecidable"))
    }

    /// The scope of a rule depends on a fact that was not recorded, or counts calls of callers who were not recorded together.
    fn has_unknown_scope(&self, call: &Call, rule: &str, crowd: &Crowd) -> bool {
        let scopes = scope::of(&self.document, rule);
        let is_shared = !scope::is_own(&scopes);
        let mut scopes = scopes.into_iter();
        crowd.several_callers && is_shared
            || scopes.any(|scope| !scope::is_known(scope, call, &self.document))
    }

    /// An unknown call may have been counted by every limit.
    pub(super) fn doubt_everything(&mut self, at: Option<Millis>) {
        for limit in &self.limits {
            let until = doubt::end_of(limit.window, at);
            self.doubts.add(&limit.counter, None, until);
        }
        for (rule, sequence) in scope::sequences(&self.document) {
            let until = doubt::end_of_mark(sequence, at);
            self.doubts.add(&rule, None, until);
        }
    }

    /// The last call may or may not have been counted by the limits of the rules that were evaluated. The rules of a further
    /// set may come after the last one of them: all limits of that set may have counted it.
    pub(super) fn doubt_last(&mut self, call: &Call, crowd: &Crowd) {
        let rules = self.last.iter();
        let rules = rules.filter_map(|finding| finding.rule.as_deref());
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
        let counted: Vec<_> = self.limits.iter().filter(counts).cloned().collect();
        for limit in &counted {
            self.doubt(limit, (call, crowd));
        }
        for (rule, sequence) in scope::sequences(&self.document) {
            if scope::marks(sequence, call.name.as_deref()) {
                let subject = self.subject(call, &rule, crowd);
                let until = doubt::end_of_mark(sequence, call.at);
                self.doubts.add(&rule, subject, until);
            }
        }
    }

    fn doubt(&mut self, limit: &LimitInfo, (call, crowd): (&Call, &Crowd)) {
        let subject = self.subject(call, &limit.pointer, crowd);
        let until = doubt::end_of(limit.window, call.at);
        self.doubts.add(&limit.counter, subject, until);
    }

    /// The one subject that a rule counts a call for; `None` where it may be any.
    fn subject(&self, call: &Call, rule: &str, crowd: &Crowd) -> Option<String> {
        let is_one = !crowd.several_callers && !crowd.several_servers;
        let scopes = scope::of(&self.document, rule);
        scope::subject(&scopes, call, &self.document).filter(|_| is_one)
    }

    /// Whether the call was refunded is unknown for these limits.
    fn doubt_refunds(&mut self, (call, crowd): (&Call, &Crowd), seen: Option<Refunds>) {
        let limits = self.last_limits();
        let counters = refund::of_counters(limits.iter(), &self.document);
        let is_unknown = |limit: &&LimitInfo| {
            let refunds = counters.get(&*limit.counter);
            call.decision.is_some()
                && refunds.is_some_and(|refunds| !refunds.is_certain(&call.outcome, seen))
        };
        for limit in limits.iter().filter(is_unknown) {
            self.doubt(limit, (call, crowd));
        }
    }

    fn last_limits(&self) -> Vec<LimitInfo> {
        let rules = self.last.iter();
        let rules: BTreeSet<_> = rules
            .filter_map(|finding| finding.rule.as_deref())
            .collect();
        let limits = self.limits.iter();
        let evaluated = limits.filter(|limit| rules.contains(&*limit.pointer));
        evaluated.cloned().collect()
    }

    /// The refunds of the limits that counted the last call, as far as its lines tell of them.
    pub(super) fn refunds(&self) -> Option<Refunds> {
        let limits = self.last_limits();
        let counters = refund::of_counters(limits.iter(), &self.document);
        counters.into_values().max()
    }

    /// Plays a call, and leaves it open if it is refunded later.
    fn play(&mut self, call: &Call, now: Millis) -> Result<(Played, Option<OpenCall>), String> {
        self.begin_session(call, now)?;
        let step = parties::step(call, &self.document);
        let (played, open) = self.player.open(&step, now)?;
        match open {
            Some(open) if !call.outcome.may_be_refunded() => {
                self.player.end(open, &CallEnd::Closed, now)?;
                Ok((played, None))
            }
            open => Ok((played, open)),
        }
    }

    /// A session that a server issued to the caller begins with its answer.
    fn begin_session(&mut self, call: &Call, now: Millis) -> Result<(), String> {
        let session = call.recorded.fact("session").flatten();
        let Some(session) = session.and_then(parties::text) else {
            return Ok(());
        };
        let key = [
            call.caller.clone(),
            call.server.clone(),
            Some(session.clone()),
        ];
        if self.sessions.insert(key) {
            let step = parties::initialize(call, &self.document, &session);
            self.player.play(&step, Split::Whole, now)?;
        }
        Ok(())
    }

    /// Gives back the counts of the call with this id.
    pub(super) fn refund(&mut self, id: &str, at: Option<Millis>) {
        if let Some((open, end)) = self.open.remove(id) {
            let ended = self.player.end(open, &end, at.unwrap_or(Millis(0)));
            if ended.is_err() {
                self.doubt_everything(at);
            }
        }
    }
}

/// The end of a call that is refunded.
fn end_of(call: &Call) -> CallEnd {
    let id: Json = serde_json::from_str(&call.message).unwrap_or_default();
    let id = id.get("id").cloned().unwrap_or_default();
    let message = match call.outcome.told {
        Some(Told::Unsent) => return CallEnd::Unsent,
        Some(Told::ToolError) => {
            json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [], "isError": true } })
        }
        _ => {
            let error = json!({ "code": -32602, "message": "not executed" });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    };
    CallEnd::Answered(parties::answer(&message))
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

/// Whether a person has to approve the call.
fn needs_approval(played: &Played) -> bool {
    let line: Json = serde_json::from_str(&played.line).unwrap_or_default();
    line.get("reason")
        .is_some_and(|reason| reason == "approval_required")
}
