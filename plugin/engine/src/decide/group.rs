//! Turns a group of conditions and a call into whether the group refuses the call.
//!
//! Unknown never lets a call through: `require` asks for true, `deny_if` for false.

use super::condition::{CallerFacts, EvalContext};
use crate::model::{Clause, Condition, Group, Identity, Term};
use crate::words::Truth;
use crate::words::trace::ConditionTrace;
use crate::words::work::Budget;

/// The outcome of a group for a call.
pub(crate) struct Outcome<'g> {
    pub(crate) refuses: bool,
    /// Some term is unknown, and none decides the group without it.
    pub(crate) is_unknown: bool,
    /// The term that the refusal's message is about: in `require` the first that does not hold, in `deny_if` the
    /// first that reads the arguments, which the client can change.
    pub(crate) failing: Option<&'g Term>,
}

impl Group {
    /// The conditions, joined by AND.
    pub(crate) fn judge(&self, eval: &EvalContext<'_>, clause: Clause) -> Outcome<'_> {
        let (mut all, mut failing) = (Truth::True, None);
        for term in &self.terms {
            match term.truth(|condition| condition.truth(eval, clause)) {
                Truth::True => continue,
                truth => all = truth,
            }
            failing.get_or_insert(term);
            if all == Truth::False {
                break;
            }
        }
        let refuses = clause.refuses(all);
        if refuses && clause == Clause::DenyIf {
            failing = self.terms.iter().find(|term| term.reads_arguments());
        }
        Outcome {
            refuses,
            is_unknown: all == Truth::Unknown,
            failing,
        }
    }

    /// Whether the group refuses every call of this caller: its conditions about the caller decide it, whatever value the
    /// others read. A group without such conditions refuses no caller more than another.
    pub(crate) fn refuses_caller(
        &self,
        facts: CallerFacts<'_>,
        identity: &Identity,
        clause: Clause,
        budget: &Budget,
    ) -> bool {
        let conditions = self.conditions();
        let mut conditions = conditions.iter();
        if !conditions.any(|condition| condition.is_about_caller(identity)) {
            return false;
        }
        let truth = |condition: &Condition| match condition.is_about_caller(identity) {
            true => condition.truth_about_caller(facts, clause, budget),
            // The value that admits the call.
            false => Truth::of(Some(clause == Clause::Require)),
        };
        clause.refuses(Truth::all(self.terms.iter().map(|term| term.truth(truth))))
    }

    /// The value and the truth of each condition.
    pub(super) fn condition_traces(
        &self,
        eval: &EvalContext<'_>,
        clause: Clause,
    ) -> Vec<ConditionTrace> {
        let mut traces = Vec::new();
        for (index, term) in self.terms.iter().enumerate() {
            let any = matches!(term, Term::Any(_)).then_some(index);
            for condition in term.alternatives() {
                let places = condition.predicate.places();
                traces.push(ConditionTrace {
                    path: condition.path.to_string(),
                    op: condition.predicate.name(),
                    any,
                    others: places.iter().map(ToString::to_string).collect(),
                    value: condition.value(eval),
                    truth: condition.truth(eval, clause),
                });
            }
        }
        traces
    }
}

impl Clause {
    /// `require` asks for true, `deny_if` for false: both refuse unknown.
    fn refuses(self, all: Truth) -> bool {
        match self {
            Self::Require => all != Truth::True,
            Self::DenyIf => all != Truth::False,
        }
    }
}

impl Term {
    /// The alternatives, joined by OR.
    fn truth(&self, of: impl Fn(&Condition) -> Truth) -> Truth {
        match self {
            Self::One(condition) => of(condition),
            Self::Any(alternatives) => Truth::any(alternatives.iter().map(of)),
        }
    }
}
