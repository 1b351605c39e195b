//! Judges the arguments of a call by the schema of its tool, the headers that repeat them, `require` and `deny_if`.
//!
//! It never admits an argument that it cannot determine for certain.

use super::condition::EvalContext;
use super::judge::Judge;
use super::lookup::value_at;
use super::mismatch;
use super::subject::Named;
use super::wording::unmet;
use crate::model::schema::Schema;
use crate::model::{Clause, Entry, Group, Mode, Rules, Term};
use crate::read::{Call, Repeated, RequestError};
use crate::words::json::Value;
use crate::words::trace::ConditionTrace;
use crate::words::work::Budget;
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
        let message = match &entry.schema_on_deny {
            Some(message) => message.to_string(),
            None => {
                let budget = self.budget(mode);
                mismatch::sentence(schema, arguments, budget, self.policy.client_detail)
            }
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
        for (group, clause) in rules.groups() {
            if self.verdict.refusal.is_some() {
                return;
            }
            let outcome = group.judge(&self.eval(call, named, self.budget(mode)), clause);
            let unknown = u64::from(outcome.is_unknown);
            self.verdict.unknown_groups = self.verdict.unknown_groups.saturating_add(unknown);
            self.look_at(group, clause, call, named);
            if outcome.refuses {
                let needed = clause == Clause::Require;
                let message = unmet(call, needed, group, outcome.failing, &named.noun());
                self.unmet(mode, group, outcome.failing, &message);
            }
        }
    }

    pub(super) fn eval<'a>(
        &'a self,
        call: &'a Call<'_>,
        named: Named<'_, 'a>,
        budget: &'a Budget,
    ) -> EvalContext<'a> {
        EvalContext {
            table: named.table,
            name: named.name,
            call,
            context: self.context,
            facts: self.facts(),
            now: self.now,
            zone: self.policy.timezone,
            budget,
        }
    }

    /// Records an evaluated group with the truth of each condition, if an explanation is wanted.
    pub(super) fn look_at(
        &mut self,
        group: &Group,
        clause: Clause,
        call: &Call<'_>,
        named: Named<'_, '_>,
    ) {
        let wanted = self.verdict.trace.is_wanted();
        let traces = wanted
            .then(|| group.condition_traces(&self.eval(call, named, &self.explained), clause));
        self.look(&group.rule, || traces.unwrap_or_default());
    }

    fn unmet(&mut self, mode: Mode, group: &Group, failing: Option<&Term>, message: &str) {
        let reason = match failing.is_some_and(Term::reads_arguments) {
            true => Reason::Arguments,
            false => Reason::Denied,
        };
        self.refuse(mode, reason, Some(group.rule.clone()), message);
    }
}
