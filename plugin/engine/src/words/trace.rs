//! The trace of a decision: each rule that was evaluated, its outcome, and the values that its conditions read.
//!
//! It decides nothing, and neither clients nor logs see it.

use super::pointer::Rule;
use super::refusal::Refusal;
use super::truth::Truth;
use crate::words::json::Value;
use serde::Serialize;

/// A rule that was evaluated, and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleTrace {
    /// The rule's place in the policy, as a JSON Pointer (RFC 6901); `None` for a rule that no policy can change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The outcome.
    pub outcome: RuleOutcome,
    /// A detail of the outcome, such as a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The rule's conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionTrace>,
}

/// The outcome of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOutcome {
    /// The rule allows the call.
    Allow,
    /// The rule refuses the call.
    Deny,
    /// The rule would refuse the call if it were not in shadow mode.
    WouldDeny,
}

/// A condition that was evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionTrace {
    /// The path of the value.
    pub path: String,
    /// The operator.
    pub op: &'static str,
    /// The position in `conditions` of the `any` that the condition is an alternative of; `None` outside `any`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<usize>,
    /// The paths of the other values that the condition reads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// The value at the path, clipped; the list where the path has `[*]`. `None` where the value is absent or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The truth of the condition.
    pub truth: Truth,
}

/// The record of the evaluated rules, and of the refusals that are not enforced.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Refusals that are only logged.
    pub(crate) shadowed: Vec<Refusal>,
    pub(crate) traces: RuleTraces,
}

/// The traces of the evaluated rules; `None` where the host does not ask for an explanation.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleTraces(Option<Vec<RuleTrace>>);

impl RuleTraces {
    pub(crate) fn new(explain: bool) -> Self {
        Self(explain.then(Vec::new))
    }

    pub(crate) fn list(&self) -> Option<&[RuleTrace]> {
        self.0.as_deref()
    }

    /// The list to add to; `None` where there is none. Without the feature `explain` the compiler removes the code that
    /// adds to it.
    fn open(&mut self) -> Option<&mut Vec<RuleTrace>> {
        self.0.as_mut().filter(|_| cfg!(feature = "explain"))
    }

    /// Adds the traces of evaluated rules, each once, and none after a refusal.
    pub(crate) fn add(&mut self, more: impl FnOnce() -> Vec<RuleTrace>) {
        let Some(list) = self.open() else {
            return;
        };
        for finding in more() {
            let refused = list
                .last()
                .is_some_and(|last| last.outcome == RuleOutcome::Deny);
            if !refused && !list.contains(&finding) {
                list.push(finding);
            }
        }
    }

    pub(crate) fn append(&mut self, more: Self) {
        self.add(|| more.0.unwrap_or_default());
    }
}

impl Trace {
    /// True where the host asked for an explanation; otherwise the traces of conditions are not needed.
    pub(crate) fn is_wanted(&self) -> bool {
        cfg!(feature = "explain") && self.traces.0.is_some()
    }

    pub(crate) fn new(explain: bool) -> Self {
        Self {
            shadowed: Vec::new(),
            traces: RuleTraces::new(explain),
        }
    }

    /// Takes the record so far and leaves an empty one for the rules that follow.
    pub(crate) fn take(&mut self) -> Self {
        let next = Self::new(self.traces.0.is_some());
        std::mem::replace(self, next)
    }

    /// Records that a rule was evaluated and allows. [`Trace::refused`] changes the outcome.
    pub(crate) fn evaluated(&mut self, rule: &Rule) {
        self.evaluated_with(rule, Vec::new);
    }

    pub(crate) fn evaluated_with(
        &mut self,
        rule: &Rule,
        conditions: impl FnOnce() -> Vec<ConditionTrace>,
    ) {
        if let Some(traces) = self.traces.open() {
            traces.push(RuleTrace {
                conditions: conditions(),
                ..RuleTrace::new(Some(rule), RuleOutcome::Allow)
            });
        }
    }

    /// Sets the outcome of the rule that was evaluated last, or adds the rule where its trace is not the last.
    pub(crate) fn refused(&mut self, rule: Option<&Rule>, outcome: RuleOutcome) {
        let Some(traces) = self.traces.open() else {
            return;
        };
        let finding = RuleTrace::new(rule, outcome);
        match traces.last_mut() {
            Some(last) if last.rule == finding.rule => last.outcome = outcome,
            _ => traces.push(finding),
        }
    }
}

impl ConditionTrace {
    /// The trace of a tool's `schema`.
    pub(crate) fn schema(arguments: Value<'_>, truth: Truth) -> Self {
        Self {
            path: "args".into(),
            op: "schema",
            any: None,
            others: Vec::new(),
            value: Some(arguments.excerpt()),
            truth,
        }
    }
}

impl RuleTrace {
    pub(crate) fn new(rule: Option<&Rule>, outcome: RuleOutcome) -> Self {
        Self {
            rule: rule.map(ToString::to_string),
            outcome,
            detail: None,
            conditions: Vec::new(),
        }
    }
}
