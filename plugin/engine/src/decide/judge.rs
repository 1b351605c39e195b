//! Walks the rules of a policy in their order for one message, up to the first enforced refusal.
//!
//! It counts nothing and remembers nothing: a question that only the store can answer becomes a check of the verdict.

use super::context::RequestContext;
use super::order::{ORDER, Stage};
use super::pin::PinCheck;
use super::principal::Principal;
use super::subject::{Named, Subject, subjects};
use super::task;
use super::task::TaskCheck;
use super::verdict::{Check, Verdict};
use crate::model::{
    Action, Effect, Entry, Limit, Mode, Pinned, Policy, Sequence, SequenceRole, sequence_counters,
};
use crate::read::{Call, MethodKind};
use crate::words::text::clip_name;
use crate::words::trace::{ConditionTrace, RuleOutcome, Trace};
use crate::words::work::Budget;
use crate::words::{ASK, Millis, Reason, Refusal, Rule};
use std::sync::Arc;

pub(super) struct Judge<'p, 'r> {
    pub(super) policy: &'p Policy,
    pub(super) context: &'r RequestContext,
    pub(super) now: Millis,
    /// The mode of rules outside entries.
    mode: Mode,
    /// The budget of explanations, so that they do not use up the message's.
    pub(super) explained: Budget,
    pub(super) verdict: Verdict<'p>,
}

impl<'p, 'r> Judge<'p, 'r> {
    pub(super) fn new(
        policy: &'p Policy,
        context: &'r RequestContext,
        length: usize,
        now: Millis,
        explain: bool,
    ) -> Self {
        let mode = match context.caller {
            Principal::Grant { mode, .. } => mode,
            _ => None,
        };
        let mut trace = Trace::new(explain);
        if let Principal::Grant { name, .. } = &context.caller {
            trace.evaluated(&Rule::new("grants").key(name));
        }
        Self {
            policy,
            context,
            now,
            mode: mode.unwrap_or(policy.mode),
            explained: policy.budgets(length).enforced,
            verdict: Verdict {
                refusal: None,
                trace,
                checks: Vec::new(),
                limits: Vec::new(),
                contradiction: None,
                budgets: policy.budgets(length),
            },
        }
    }

    /// The steps of the message that rules of that mode may take.
    pub(super) fn budget(&self, mode: Mode) -> &Budget {
        match mode {
            Mode::Enforce => &self.verdict.budgets.enforced,
            Mode::Shadow => &self.verdict.budgets.shadow,
        }
    }

    /// Walks the order for each subject of the call, up to the first enforced refusal.
    pub(super) fn call(&mut self, call: &Call<'_>, request: bool) {
        for subject in subjects(self.policy, call) {
            for stage in ORDER {
                if self.verdict.refusal.is_some() {
                    // Further stages change nothing, and their duration would reveal that the name exists.
                    return;
                }
                self.stage(stage, &subject, call, request);
            }
        }
    }

    fn stage(&mut self, stage: Stage, subject: &Subject<'p, '_>, call: &Call<'_>, request: bool) {
        match subject {
            Subject::Named(named) => self.named(stage, *named, call, request),
            Subject::Tasks(ids) if stage == Stage::Tasks => self.tasks(&call.method, ids),
            Subject::Method(method) if stage == Stage::Entry => self.method(method),
            Subject::Tasks(_) | Subject::Method(_) => {}
        }
    }

    fn named(&mut self, stage: Stage, named: Named<'p, '_>, call: &Call<'_>, request: bool) {
        let tool = named.is_tool();
        match (stage, named.entry) {
            (Stage::Form, _) if tool && !request => self.refuse_without_id(),
            (Stage::Form, entry) if !named.normal => self.refuse_abnormal(entry),
            (Stage::Hide, _) if tool => self.hide(named),
            (Stage::Entry, _) => self.entry(named),
            (Stage::Sequence, _) if tool => self.sequence(named.name),
            (Stage::Pin, Some(entry)) => self.pin(entry),
            (Stage::Schema, Some(entry)) => self.schema(call, entry),
            (Stage::Conditions, Some(entry)) => {
                self.conditions(call, named, &entry.rules, self.mode_of(entry));
            }
            (Stage::AllTools, _) if tool => {
                self.conditions(call, named, &self.policy.all_tools, self.mode);
            }
            (Stage::Limits, _) => self.limits(named),
            _ => {}
        }
    }

    /// A part of strict reading, which shadow mode does not soften.
    fn refuse_without_id(&mut self) {
        let message = "A tool call needs an id; send it as a request.";
        self.refuse(Mode::Enforce, Reason::NotAllowed, None, message);
    }

    pub(super) fn mode_of(&self, entry: &Entry) -> Mode {
        entry.mode.unwrap_or(self.mode)
    }

    /// Refuses a URI that is not in normal form. Only an entry of exactly that text admits it, and a hidden entry
    /// counts as absent.
    fn refuse_abnormal(&mut self, entry: Option<&Entry>) {
        let message = "The URI is not in its normal form (RFC 3986 section 6.2.2). Use it as resources/list shows it.";
        let mode = entry.map_or(self.mode, |entry| self.mode_of(entry));
        self.refuse(mode, Reason::NotAllowed, None, message);
    }

    fn hide(&mut self, tool: Named<'_, '_>) {
        if let Some((position, _)) = self.policy.hide.find(tool.name) {
            let rule = Rule::new("hide").index(*position);
            self.not_allowed(self.mode, tool, rule);
        }
    }

    /// The store keeps the marks, so this only lists the marks to check.
    fn sequence(&mut self, tool: &str) {
        let rules = self.policy.sequence.iter();
        let checks = rules.filter(|rule| rule.role(tool).checks);
        let checks: Vec<_> = checks.map(|rule| (&rule.check, self.mode)).collect();
        if !checks.is_empty() {
            self.check(Check::Marks(checks));
        }
    }

    /// The store keeps the listed definitions, so this only adds the check of a pinned tool.
    fn pin(&mut self, entry: &Entry) {
        if let Some(pinned) = Pinned::new(entry, self.mode) {
            let unseen = self.policy.pin_unseen;
            self.check(Check::Pin(PinCheck { pinned, unseen }));
        }
    }

    fn check(&mut self, check: Check<'p>) {
        let before = self.verdict.trace.take();
        self.verdict.checks.push((before, check));
    }

    /// Refuses a name by its entry or by `default`.
    fn entry(&mut self, named: Named<'_, '_>) {
        let Some(entry) = named.entry else {
            self.look(&Rule::new("default"), Vec::new);
            if self.policy.default == Effect::Deny {
                self.not_allowed(self.mode, named, Rule::new("default"));
            }
            return;
        };
        let rule = &entry.rule;
        self.look(rule, Vec::new);
        let mode = self.mode_of(entry);
        // Hiding comes before the kill switch, whose answer would reveal that the name exists.
        if entry.action == Action::Hide {
            self.not_allowed(mode, named, rule.clone().member("action"));
            if self.verdict.refusal.is_some() {
                return;
            }
        }
        if entry.frozen {
            let message = format!(
                "The gateway's operator has stopped the {} for now. {ASK}",
                named.noun()
            );
            self.refuse(
                Mode::Enforce,
                Reason::Frozen,
                Some(rule.clone().member("frozen")),
                &message,
            );
        }
        if entry.action == Action::Deny {
            self.denied(mode, entry, rule.clone(), &named.noun());
        }
    }

    /// Lists the limits that an allowed call must fit: its entry's, then those of all tools. Marks come last, so that a
    /// full limit is found before a mark is set: only a call that is forwarded leaves a mark.
    fn limits(&mut self, named: Named<'p, '_>) {
        let own = named.entry.map(|entry| (&entry.rules, self.mode_of(entry)));
        let tool = named.is_tool();
        let all = tool.then_some((&self.policy.all_tools, self.mode));
        for (rules, mode) in own.into_iter().chain(all) {
            let limits = rules.limits.iter().map(|limit| (limit, mode));
            self.verdict.limits.extend(limits);
        }
        if tool {
            let marks = marks(&self.policy.sequence, named.name, self.mode);
            self.verdict.limits.extend(marks);
        }
    }

    fn method(&mut self, method: &str) {
        match self.policy.methods.get(method) {
            Some(entry) if entry.action == Action::Deny => {
                self.denied(
                    self.mode,
                    entry,
                    Rule::new("methods").key(method),
                    &format!("method `{}`", clip_name(method)),
                );
            }
            Some(_) => self.look(&Rule::new("methods").key(method), Vec::new),
            None if MethodKind::of(method) == Some(MethodKind::Lifecycle) => {}
            None if self.policy.default == Effect::Allow => {
                self.look(&Rule::new("default"), Vec::new);
            }
            None => {
                let message = format!(
                    "The method `{}` is not allowed here. {ASK}",
                    clip_name(method)
                );
                self.refuse(
                    self.mode,
                    Reason::NotAllowed,
                    Some(Rule::new("default")),
                    &message,
                );
            }
        }
    }

    /// The store knows the owners of tasks, so this only adds a check. It is enforced in every mode: shadow mode would
    /// hand out the results of other callers.
    fn tasks(&mut self, method: &str, ids: &[&str]) {
        let refusal = match (method.strip_prefix("tasks/"), ids) {
            (Some(_), []) => task::refused(method).or_else(|| Some(task::unknown())),
            (Some(_), _) => task::refused(method),
            (None, _) => None,
        };
        if let Some(refusal) = refusal {
            return self.enforce(refusal);
        }
        let counters = sequence_counters(self.policy.sequence.iter());
        let check = TaskCheck::new(&self.context.caller, ids.iter().copied(), counters);
        let marks = self.policy.sequence.iter();
        let marks = marks.map(|rule| (&rule.mark, self.mode)).collect();
        self.check(Check::Tasks(check, marks));
    }

    /// Hidden, unlisted and nonexistent names get the same message, so that a client cannot distinguish them.
    fn not_allowed(&mut self, mode: Mode, named: Named<'_, '_>, rule: Rule) {
        let message = format!("The {} is not available here. {ASK}", named.noun());
        self.refuse(mode, Reason::NotAllowed, Some(rule), &message);
    }

    fn denied(&mut self, mode: Mode, entry: &Entry, rule: Rule, noun: &str) {
        let message = match &entry.reason {
            Some(reason) => reason.to_string(),
            None => {
                format!("The {noun} is denied by policy. {ASK}")
            }
        };
        self.refuse(mode, Reason::Denied, Some(rule.member("action")), &message);
    }

    /// The first enforced refusal is the answer; refusals in shadow mode are kept for the log.
    pub(super) fn refuse(&mut self, mode: Mode, reason: Reason, rule: Option<Rule>, message: &str) {
        if self.verdict.refusal.is_some() {
            return;
        }
        let refusal = Refusal {
            reason,
            rule,
            message: message.into(),
        };
        match mode {
            Mode::Enforce => self.enforce(refusal),
            Mode::Shadow => {
                let trace = &mut self.verdict.trace;
                trace.refused(refusal.rule.as_ref(), RuleOutcome::WouldDeny);
                trace.shadowed.push(refusal);
            }
        }
    }

    pub(super) fn enforce(&mut self, refusal: Refusal) {
        let trace = &mut self.verdict.trace;
        trace.refused(refusal.rule.as_ref(), RuleOutcome::Deny);
        self.verdict.refusal = Some(refusal);
    }

    /// Records an evaluated rule, unless the call is refused already.
    pub(super) fn look(&mut self, rule: &Rule, conditions: impl FnOnce() -> Vec<ConditionTrace>) {
        if self.verdict.refusal.is_none() {
            self.verdict.trace.evaluated_with(rule, conditions);
        }
    }
}

/// The marks to set, and then the marks to check again, when the call is admitted. Setting comes first: of two calls
/// that exclude each other, at most one finds no mark.
fn marks<'p>(
    sequence: &'p [Sequence],
    tool: &str,
    mode: Mode,
) -> impl Iterator<Item = (&'p Arc<Limit>, Mode)> {
    let (mut marks, mut again) = (Vec::new(), Vec::new());
    for rule in sequence {
        let role = rule.role(tool);
        // Between the check and the admission another worker may have set a mark.
        let checks = role.checks && mode == Mode::Enforce;
        let limit = rule.limit(SequenceRole { checks, ..role });
        let list = if role.marks { &mut marks } else { &mut again };
        list.extend(limit.map(|limit| (limit, mode)));
    }
    marks.into_iter().chain(again)
}
