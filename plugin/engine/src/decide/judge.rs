//! Walks the rules of a policy in their order for one message, up to the first enforced refusal.
//!
//! It counts nothing and remembers nothing: a question that only the store can answer becomes a check of the verdict.

use super::caller::CallerDocuments;
use super::condition::CallerFacts;
use super::context::RequestContext;
use super::order::{ORDER, Stage};
use super::pin::PinCheck;
use super::subject::{Named, Subject, subjects};
use super::task;
use super::task::TaskCheck;
use super::verdict::{Check, Verdict};
use crate::model::{
    Action, AppliedSets, Effect, Entry, Limit, Mode, Pinned, Policy, RuleSet, Sequence,
    SequenceRole, sequence_counters,
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
    documents: CallerDocuments<'r>,
    /// The mode of rules outside entries.
    pub(super) mode: Mode,
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
        let mut trace = Trace::new(explain);
        if explain {
            let rules = context.caller.rules();
            rules.for_each(|rule| trace.evaluated(&rule));
        }
        Self {
            policy,
            context,
            now,
            documents: context.caller.documents(),
            mode: context.caller.mode,
            explained: policy.budgets(length).enforced,
            verdict: Verdict {
                refusal: None,
                trace,
                checks: Vec::new(),
                approvals: Vec::new(),
                limits: Vec::new(),
                marks: Vec::new(),
                contradiction: None,
                unknown_groups: 0,
                budgets: policy.budgets(length),
            },
        }
    }

    /// The facts about the caller that conditions read.
    pub(super) fn facts(&self) -> CallerFacts<'_> {
        CallerFacts {
            caller: &self.context.caller,
            documents: &self.documents,
        }
    }

    /// The steps of the message that rules of that mode may take.
    pub(super) fn budget(&self, mode: Mode) -> &Budget {
        match mode {
            Mode::Enforce => &self.verdict.budgets.enforced,
            Mode::Shadow => &self.verdict.budgets.shadow,
        }
    }

    /// Walks the order for each subject of the call, in each stage under every rule set, up to the first enforced
    /// refusal. So a name that one set hides is refused as unknown, whatever another set says of it.
    pub(super) fn call(&mut self, call: &Call<'_>, request: bool) {
        let sets = self.policy.applied(self.context.caller.sets);
        let mut by_set = [const { Vec::new() }; AppliedSets::MOST];
        let mut count: usize = 0;
        for (set, subjects_of_set) in sets.zip(&mut by_set) {
            *subjects_of_set = subjects(set, call);
            count = count.saturating_add(1);
        }
        let by_set = by_set.get(..count).unwrap_or_default();
        for place in 0..by_set.first().map_or(0, Vec::len) {
            for stage in ORDER {
                for subject in by_set.iter().filter_map(|subjects| subjects.get(place)) {
                    if self.verdict.refusal.is_some() {
                        // Further stages change nothing, and their duration would reveal that the name exists.
                        return;
                    }
                    self.stage(stage, subject, call, request);
                }
            }
        }
    }

    fn stage(&mut self, stage: Stage, subject: &Subject<'p, '_>, call: &Call<'_>, request: bool) {
        match subject {
            Subject::Named(named) => self.named(stage, *named, call, request),
            Subject::Tasks(set, ids) if stage == Stage::Tasks => self.tasks(set, &call.method, ids),
            Subject::Method(set, method) if stage == Stage::Entry => self.method(set, method),
            Subject::Method(set, method) | Subject::Stream(set, method)
                if stage == Stage::Limits =>
            {
                self.limits_of_method(set, method);
            }
            Subject::Tasks(..) | Subject::Method(..) | Subject::Stream(..) => {}
        }
    }

    fn named(&mut self, stage: Stage, named: Named<'p, '_>, call: &Call<'_>, request: bool) {
        let tool = named.is_tool();
        match (stage, named.entry) {
            (Stage::Form, _) if tool && !request => self.refuse_without_id(),
            (Stage::Form, entry) if !named.normal => self.refuse_abnormal(entry),
            (Stage::Available, entry) => {
                self.available(named, entry);
                if self.verdict.refusal.is_none() {
                    self.unlisted(call, named);
                }
            }
            (Stage::Entry, Some(entry)) => self.entry(named, entry),
            (Stage::Sequence, _) if tool => self.sequence(named),
            (Stage::Pin, Some(entry)) => self.pin(named.set, entry),
            (Stage::Schema, Some(entry)) => self.schema(call, entry),
            (Stage::Conditions, Some(entry)) => {
                self.conditions(call, named, &entry.rules, self.mode_of(entry));
            }
            (Stage::AllTools, _) if tool => {
                self.conditions(call, named, &named.set.all_tools, self.mode);
            }
            (Stage::Approval, entry) => {
                if let Some(entry) = entry {
                    self.approval(call, named, &entry.rules, self.mode_of(entry));
                }
                if tool {
                    self.approval(call, named, &named.set.all_tools, self.mode);
                }
            }
            (Stage::Limits, _) => self.limits(named),
            _ => {}
        }
    }

    /// Refuses a tool call without an id, in shadow mode too: that mode softens rules, not the strict reading of
    /// messages.
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

    /// Refuses a hidden name, and one that neither an entry nor `default` admits. Hiding comes before the kill switch,
    /// whose answer would reveal that the name exists.
    fn available(&mut self, named: Named<'_, '_>, entry: Option<&Entry>) {
        let set = named.set;
        if named.is_unclear() {
            let rule = set.place.rule(named.table.key());
            self.not_allowed(self.mode, named, rule);
            return;
        }
        if let Some((position, _)) = set.hide.find(named.name).filter(|_| named.is_tool()) {
            let rule = set.place.rule("hide").index(*position);
            self.not_allowed(self.mode, named, rule);
            // A second refusal would not be told, and its work would reveal that the name is listed.
            if self.verdict.refusal.is_some() {
                return;
            }
        }
        let Some(entry) = entry else {
            if set.place.is_of_grant() {
                return;
            }
            let rule = set.place.rule("default");
            self.look(&rule, Vec::new);
            if set.default == Effect::Deny {
                self.not_allowed(self.mode, named, rule);
            }
            return;
        };
        self.look(&entry.rule, Vec::new);
        if entry.action == Action::Hide {
            let rule = entry.rule.clone().member("action");
            self.not_allowed(self.mode_of(entry), named, rule);
        }
    }

    /// The store keeps the marks, so this only lists the marks to check.
    fn sequence(&mut self, tool: Named<'p, '_>) {
        let rules = tool.set.sequence.iter();
        let checks = rules.filter(|rule| rule.role(tool.name).checks);
        let checks: Vec<_> = checks.map(|rule| (&rule.check, self.mode)).collect();
        if !checks.is_empty() {
            self.check(Check::Marks(checks));
        }
    }

    /// The store keeps the listed definitions, so this only adds the check of a pinned tool.
    fn pin(&mut self, set: &RuleSet, entry: &Entry) {
        if let Some(pinned) = Pinned::new(set, entry, &self.context.caller.server.part(), self.mode)
        {
            let unseen = self.policy.pin_unseen;
            self.check(Check::Pin(PinCheck { pinned, unseen }));
        }
    }

    fn check(&mut self, check: Check<'p>) {
        let before = self.verdict.trace.take();
        self.verdict.checks.push((before, check));
    }

    /// Refuses a name by the kill switch or the action of its entry.
    fn entry(&mut self, named: Named<'_, '_>, entry: &Entry) {
        let rule = &entry.rule;
        if let Some(frozen) = &entry.frozen {
            let message = frozen.message(&format!("the {}", named.noun()), ASK);
            let rule = Some(rule.clone().member("frozen"));
            self.refuse(Mode::Enforce, Reason::Frozen, rule, &message);
        }
        if entry.action == Action::Deny {
            self.denied(self.mode_of(entry), entry, rule.clone(), &named.noun());
        }
    }

    /// Lists the limits that an allowed call must fit, its entry's and then those of all tools, and the marks of
    /// sequences.
    fn limits(&mut self, named: Named<'p, '_>) {
        let own = named.entry.map(|entry| (&entry.rules, self.mode_of(entry)));
        let tool = named.is_tool();
        let all = tool.then_some((&named.set.all_tools, self.mode));
        for (rules, mode) in own.into_iter().chain(all) {
            let limits = rules.limits.iter().map(|limit| (limit, mode));
            self.verdict.limits.extend(limits);
        }
        if tool {
            let marks = marks(&named.set.sequence, named.name, self.mode);
            self.verdict.marks.extend(marks);
        }
    }

    fn limits_of_method(&mut self, set: &'p RuleSet, method: &str) {
        let entry = set.methods.get(method).into_iter();
        let limits = entry.flat_map(|entry| &entry.rules.limits);
        let mode = self.mode;
        self.verdict
            .limits
            .extend(limits.map(|limit| (limit, mode)));
    }

    fn method(&mut self, set: &RuleSet, method: &str) {
        match set.methods.get(method) {
            Some(entry) if entry.action == Action::Deny => {
                self.denied(
                    self.mode,
                    entry,
                    entry.rule.clone(),
                    &format!("method `{}`", clip_name(method)),
                );
            }
            Some(entry) => self.look(&entry.rule, Vec::new),
            None if MethodKind::of(method) == Some(MethodKind::Lifecycle) => {}
            None if set.default == Effect::Allow => {
                self.look(&set.place.rule("default"), Vec::new);
            }
            None => {
                let message = format!(
                    "The method `{}` is not allowed here. {ASK}",
                    clip_name(method)
                );
                self.refuse(
                    self.mode,
                    Reason::NotAllowed,
                    Some(set.place.rule("default")),
                    &message,
                );
            }
        }
    }

    /// The store knows the owners of tasks, so this only adds a check. It is enforced in every mode: shadow mode would
    /// hand out the results of other callers.
    fn tasks(&mut self, set: &'p RuleSet, method: &str, ids: &[&str]) {
        let refusal = match (method.strip_prefix("tasks/"), ids) {
            (Some(_), []) => task::refused(method).or_else(|| Some(task::unknown())),
            (Some(_), _) => task::refused(method),
            (None, _) => None,
        };
        if let Some(refusal) = refusal {
            return self.enforce(refusal);
        }
        let counters = sequence_counters(set.sequence.iter());
        let check = TaskCheck::new(&self.context.caller, ids.iter().copied(), counters);
        let marks = set.sequence.iter();
        let marks = marks.map(|rule| (&rule.mark, self.mode)).collect();
        self.check(Check::Tasks(check, marks));
    }

    /// Hidden, unlisted and nonexistent names get the same message, so that a client cannot distinguish them.
    pub(super) fn not_allowed(&mut self, mode: Mode, named: Named<'_, '_>, rule: Rule) {
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
