//! Walks the rules of a policy in their order for one message, up to the first enforced refusal.
//!
//! It counts nothing and remembers nothing: what only the store knows becomes a check of the verdict.

use super::condition::EvalContext;
use super::context::RequestContext;
use super::lookup::value_at;
use super::pin::PinCheck;
use super::principal::Principal;
use super::task;
use super::task::TaskCheck;
use super::verdict::{Check, Turn, Verdict};
use super::wording::{missing, unaccepted, unmet};
use crate::model::schema::Schema;
use crate::model::{
    Action, Clause, Condition, Effect, Entry, Group, Limit, Mode, Pinned, Policy, Rules,
    SequenceRole, Table, sequence_counters,
};
use crate::read::{Call, MethodKind, Repeated, RequestError, Target, is_normal};
use crate::words::json::Value;
use crate::words::text::clip_name;
use crate::words::trace::{ConditionTrace, RuleOutcome, Trace};
use crate::words::work::{Budget, Budgets};
use crate::words::{ASK, Millis, Reason, Refusal, Rule, Truth};
use std::sync::Arc;

pub(super) struct Judge<'p, 'r> {
    policy: &'p Policy,
    context: &'r RequestContext,
    now: Millis,
    /// The mode of rules that stand in no entry.
    mode: Mode,
    /// What explanations may take, so that they change nothing.
    explained: Budget,
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
            explained: policy.budget(length),
            verdict: Verdict {
                refusal: None,
                trace,
                turns: Vec::new(),
                limits: Vec::new(),
                contradiction: None,
                budgets: Budgets::new(|| policy.budget(length)),
            },
        }
    }

    /// What rules of that mode may take of the message's steps.
    fn budget(&self, mode: Mode) -> &Budget {
        match mode {
            Mode::Enforce => &self.verdict.budgets.enforced,
            Mode::Shadow => &self.verdict.budgets.shadow,
        }
    }

    pub(super) fn call(&mut self, call: &Call<'_>, request: bool) {
        match &call.target {
            // Part of strict reading, which no shadow softens.
            Target::Tool(_) if !request => self.refuse(
                Mode::Enforce,
                Reason::NotAllowed,
                None,
                "A tool call needs an id.",
            ),
            Target::Tool(name) => self.tool(call, name),
            Target::Prompt(name) => self.object(call, Table::Prompts, name, true),
            Target::Resource(uri) => self.object(call, Table::Resources, uri, is_normal(uri)),
            Target::Template(template) => self.object(call, Table::Resources, template, true),
            Target::Listen { uris, tasks } => {
                uris.iter()
                    .for_each(|uri| self.object(call, Table::Resources, uri, is_normal(uri)));
                if !tasks.is_empty() {
                    self.tasks(tasks.iter().map(AsRef::as_ref));
                }
            }
            Target::Task(id) => match (task::refused(&call.method), id) {
                (Some(refusal), _) => self.enforce_first(refusal),
                (None, None) => self.enforce_first(task::unknown()),
                (None, Some(id)) => self.tasks([id.as_ref()].into_iter()),
            },
            Target::Method => self.method(&call.method),
        }
    }

    fn tool(&mut self, call: &Call<'_>, name: &str) {
        let entry = self.policy.tools.find(name).map(|(entry, _)| entry);
        let hidden = self.policy.hide.find(name).map(|(position, _)| *position);
        if let Some(position) = hidden {
            self.not_allowed(
                self.mode,
                Table::Tools,
                name,
                Rule::new("hide").index(position),
            );
        }
        self.entry(Table::Tools, name, entry);
        if self.verdict.refusal.is_some() {
            // Nothing else matters, and the time that it took would tell that the name exists.
            return;
        }
        let marks = self.sequence(name);
        self.pin(entry);
        self.entry_rules(call, Table::Tools, name, entry);
        self.rules(call, Table::Tools, name, &self.policy.all_tools, self.mode);
        // A limit that is full is found before anything is marked: only a call that goes leaves a mark.
        self.verdict.limits.extend(marks);
    }

    /// Marks are kept where counts are, so here is only said which of them matter; and which are to be set, and to be
    /// looked at once more, when the call goes.
    fn sequence(&mut self, tool: &str) -> Vec<(&'p Arc<Limit>, Mode)> {
        if self.verdict.refusal.is_some() {
            return Vec::new();
        }
        let mode = self.mode;
        let rules = self
            .policy
            .sequence
            .iter()
            .map(|rule| (rule, rule.role(tool)));
        let (mut checks, mut marks, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for (rule, part) in rules {
            checks.extend(part.checks.then_some((&rule.check, mode)));
            // Between the check and the admission another worker may have set a mark.
            let checks = part.checks && mode == Mode::Enforce;
            let limit = rule.limit(SequenceRole { checks, ..part });
            let list = if part.marks { &mut marks } else { &mut again };
            list.extend(limit.map(|limit| (limit, mode)));
        }
        // They are set before they are looked at: of two calls that rule each other out, at most one finds no mark.
        marks.extend(again);
        if !checks.is_empty() {
            self.turn(Check::Marks(checks));
        }
        marks
    }

    /// What was listed of a tool is remembered where counts are, so here is only said that it matters.
    fn pin(&mut self, entry: Option<&Entry>) {
        let pinned = entry.and_then(|entry| Pinned::new(entry, self.mode));
        if let (Some(pinned), None) = (pinned, &self.verdict.refusal) {
            let unseen = self.policy.pin_unseen;
            self.turn(Check::Pin(PinCheck { pinned, unseen }));
        }
    }

    fn turn(&mut self, check: Check<'p>) {
        let before = self.verdict.trace.take();
        self.verdict.turns.push(Turn { before, check });
    }

    /// A prompt or resource: its entry, else the default. `normal` is false for a URI in no normal form, which only an
    /// entry of exactly that text admits.
    fn object(&mut self, call: &Call<'_>, table: Table, name: &str, normal: bool) {
        let found = table.entries(self.policy).find(name);
        // A hidden entry is answered as if it were not there.
        let listed = found.is_some_and(|(entry, exact)| exact && entry.action != Action::Hide);
        if !normal && !listed {
            let message = "The URI is not in its normal form (RFC 3986 section 6.2.2). Use it as resources/list shows it.";
            let mode = found.and_then(|(entry, _)| entry.mode).unwrap_or(self.mode);
            self.refuse(mode, Reason::NotAllowed, None, message);
        }
        let entry = found.map(|(entry, _)| entry);
        self.entry(table, name, entry);
        self.entry_rules(call, table, name, entry);
    }

    /// Whether the name may be called at all.
    fn entry(&mut self, table: Table, name: &str, entry: Option<&'p Entry>) {
        if self.verdict.refusal.is_some() {
            return;
        }
        let Some(entry) = entry else {
            self.look(&Rule::new("default"), Vec::new);
            if self.policy.default == Effect::Deny {
                self.not_allowed(self.mode, table, name, Rule::new("default"));
            }
            return;
        };
        let rule = &entry.rule;
        self.look(rule, Vec::new);
        let mode = entry.mode.unwrap_or(self.mode);
        // Hiding comes before the kill switch, whose answer would tell that the name exists.
        if entry.action == Action::Hide {
            self.not_allowed(mode, table, name, rule.clone().member("action"));
            if self.verdict.refusal.is_some() {
                return;
            }
        }
        if entry.frozen {
            let message = format!(
                "The {} is stopped by a person for now. {ASK}",
                table.noun(name)
            );
            self.refuse(
                Mode::Enforce,
                Reason::Frozen,
                Some(rule.clone().member("frozen")),
                &message,
            );
        }
        if entry.action == Action::Deny {
            self.denied(mode, entry, rule.clone(), &table.noun(name));
        }
    }

    fn entry_rules(&mut self, call: &Call<'_>, table: Table, name: &str, entry: Option<&'p Entry>) {
        if let Some(entry) = entry {
            let mode = entry.mode.unwrap_or(self.mode);
            if let Some(schema) = &entry.schema {
                self.schema(call, schema, &entry.rule, mode);
            }
            self.rules(call, table, name, &entry.rules, mode);
        }
    }

    /// The arguments must match the tool's schema; where there are none they are an empty object.
    fn schema(&mut self, call: &Call<'_>, schema: &Schema, entry: &Rule, mode: Mode) {
        if self.verdict.refusal.is_some() {
            return;
        }
        let rule = entry.clone().member("schema");
        self.verdict.contradiction = self.repeated(call, schema).err();
        let arguments = call.arguments.unwrap_or(Value::EMPTY_OBJECT);
        let truth = schema.holds(arguments, self.budget(mode));
        self.look(&rule, || vec![ConditionTrace::schema(arguments, truth)]);
        if truth == Truth::True {
            return;
        }
        let message = match schema.failing_argument(arguments, self.budget(mode)) {
            Some((name, true)) => unaccepted(&name),
            Some((name, false)) => missing(&name),
            None => "These arguments are not accepted here. Change them, or ask.".into(),
        };
        self.refuse(mode, Reason::Arguments, Some(rule), &message);
    }

    /// Whoever may not call the tool never learns which headers it has.
    fn repeated(&self, call: &Call<'_>, schema: &Schema) -> Result<(), RequestError> {
        schema.mirrors.iter().try_for_each(|mirror| {
            let repeated = Repeated {
                header: self.context.header(&mirror.header).given(),
                argument: value_at(
                    call.arguments,
                    mirror.way.iter(),
                    &self.verdict.budgets.enforced,
                ),
            };
            repeated.check(&mirror.header, call)
        })
    }

    /// What a call that is allowed must still fit: first its conditions, and the limits when nothing refused it.
    fn rules(&mut self, call: &Call<'_>, table: Table, name: &str, rules: &'p Rules, mode: Mode) {
        let require = rules.require.iter().map(|group| (group, Clause::Require));
        let deny_if = rules.deny_if.iter().map(|group| (group, Clause::DenyIf));
        for (group, clause) in require.chain(deny_if) {
            if self.verdict.refusal.is_some() {
                return;
            }
            let eval = |budget| EvalContext {
                table,
                name,
                call,
                context: self.context,
                now: self.now,
                budget,
            };
            let traces = self.verdict.trace.is_wanted();
            let traces = traces.then(|| group.condition_traces(&eval(&self.explained), clause));
            let outcome = group.judge(&eval(self.budget(mode)), clause);
            self.look(&group.rule, || traces.unwrap_or_default());
            if outcome.refuses {
                let needed = clause == Clause::Require;
                let message = unmet(call, needed, group, outcome.failing, &table.noun(name));
                self.unmet(mode, group, outcome.failing, &message);
            }
        }
        let limits = rules.limits.iter().map(|limit| (limit, mode));
        self.verdict.limits.extend(limits);
    }

    fn unmet(&mut self, mode: Mode, group: &Group, failing: Option<&Condition>, message: &str) {
        let reason = match failing.is_some_and(Condition::reads_arguments) {
            true => Reason::Arguments,
            false => Reason::Denied,
        };
        self.refuse(mode, reason, Some(group.rule.clone()), message);
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

    /// Who was given which task is remembered where counts are, so here is only said that it matters. It does in every mode:
    /// a shadow of this rule would hand out the results of others.
    fn tasks<'i>(&mut self, ids: impl Iterator<Item = &'i str>) {
        if self.verdict.refusal.is_none() {
            let counters = sequence_counters(self.policy.sequence.iter());
            let check = TaskCheck::new(&self.context.caller, ids, counters);
            let marks = self.policy.sequence.iter();
            let marks = marks.map(|rule| (&rule.mark, self.mode)).collect();
            self.turn(Check::Tasks(check, marks));
        }
    }

    /// The same words for what is hidden, unlisted and nonexistent, so that nobody can tell them apart.
    fn not_allowed(&mut self, mode: Mode, table: Table, name: &str, rule: Rule) {
        let message = format!("The {} is not available here. {ASK}", table.noun(name));
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

    /// The first enforced refusal is the answer; what a shadow would refuse is kept for the log.
    fn refuse(&mut self, mode: Mode, reason: Reason, rule: Option<Rule>, message: &str) {
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

    fn enforce_first(&mut self, refusal: Refusal) {
        if self.verdict.refusal.is_none() {
            self.enforce(refusal);
        }
    }

    pub(super) fn enforce(&mut self, refusal: Refusal) {
        let trace = &mut self.verdict.trace;
        trace.refused(refusal.rule.as_ref(), RuleOutcome::Deny);
        self.verdict.refusal = Some(refusal);
    }

    /// After a refusal nothing is looked at any more.
    fn look(&mut self, rule: &Rule, conditions: impl FnOnce() -> Vec<ConditionTrace>) {
        if self.verdict.refusal.is_none() {
            self.verdict.trace.evaluated_with(rule, conditions);
        }
    }
}
