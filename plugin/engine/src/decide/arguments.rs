//! Judges the arguments of a call by the schema of its tool, the headers that repeat them, `require` and `deny_if`.
//!
//! It never admits an argument that it cannot determine for certain.

use super::condition::EvalContext;
use super::judge::Judge;
use super::lookup::value_at;
use super::subject::Named;
use super::wording::{missing, unaccepted, unmet};
use crate::model::schema::Schema;
use crate::model::{Clause, Condition, Entry, Group, Listed, Mode, Rules};
use crate::read::{Call, Repeated, RequestError};
use crate::words::json::Value;
use crate::words::trace::ConditionTrace;
use crate::words::{Reason, Truth};

impl Judge<'_, '_> {
    /// The arguments must match the tool's schema. Absent arguments are an empty object.
    pub(super) fn schema(&mut self, call: &Call<'_>, entry: &Entry) {
        let Some(schema) = &entry.schema else {
            return;
        };
        let mode = self.mode_of(entry);
        let rule = entry.rule.clone().member("schema");
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
            None => "These arguments are not allowed. Change them, or ask the user.".into(),
        };
        self.refuse(mode, Reason::Arguments, Some(rule), &message);
    }

    /// Compares the headers that repeat arguments. An earlier refusal prevents it: that caller never learns of these
    /// headers.
    fn repeated(&self, call: &Call<'_>, schema: &Schema) -> Result<(), RequestError> {
        schema.mirrors.iter().try_for_each(|mirror| {
            let repeated = Repeated {
                header: self.context.caller.header(&mirror.header).given(),
                argument: value_at(
                    call.arguments,
                    mirror.way.iter(),
                    &self.verdict.budgets.enforced,
                ),
            };
            repeated.check(&mirror.header, call)
        })
    }

    /// `require` and then `deny_if`.
    pub(super) fn conditions(
        &mut self,
        call: &Call<'_>,
        named: Named<'_, '_>,
        rules: &Rules,
        mode: Mode,
    ) {
        let require = rules.require.iter().map(|group| (group, Clause::Require));
        let deny_if = rules.deny_if.iter().map(|group| (group, Clause::DenyIf));
        for (group, clause) in require.chain(deny_if) {
            if self.verdict.refusal.is_some() {
                return;
            }
            let eval = |budget| EvalContext {
                table: named.table,
                name: named.name,
                call,
                context: self.context,
                facts: self.facts(),
                now: self.now,
                budget,
            };
            let traces = self.verdict.trace.is_wanted();
            let traces = traces.then(|| group.condition_traces(&eval(&self.explained), clause));
            let outcome = group.judge(&eval(self.budget(mode)), clause);
            self.look(&group.rule, || traces.unwrap_or_default());
            if outcome.refuses && self.is_unlisted_by(group, clause, mode) {
                self.not_allowed(mode, named, group.rule.clone());
            } else if outcome.refuses {
                let needed = clause == Clause::Require;
                let message = unmet(call, needed, group, outcome.failing, &named.noun());
                self.unmet(mode, group, outcome.failing, &message);
            }
        }
    }

    /// Whether the caller's lists leave the name out because of this group: its calls are then answered like those of an
    /// unlisted name.
    fn is_unlisted_by(&self, group: &Group, clause: Clause, mode: Mode) -> bool {
        let policy = self.policy;
        let lists = policy.list == Listed::Callable && policy.needs.caller_conditions;
        let refuses = || {
            let budget = self.budget(mode);
            group.refuses_caller(self.facts(), &policy.identity, clause, budget)
        };
        lists && group.on_deny.is_none() && refuses()
    }

    fn unmet(&mut self, mode: Mode, group: &Group, failing: Option<&Condition>, message: &str) {
        let reason = match failing.is_some_and(Condition::reads_arguments) {
            true => Reason::Arguments,
            false => Reason::Denied,
        };
        self.refuse(mode, reason, Some(group.rule.clone()), message);
    }
}
