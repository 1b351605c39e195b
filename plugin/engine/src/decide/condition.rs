//! Turns a condition and a call into true, false or unknown.
//!
//! A value that two servers could read differently is unknown. Unknown never lets a call through: `require` asks for
//! true, `deny_if` for false.

use super::caller::{Caller, CallerDocuments, Header};
use super::context::RequestContext;
use super::lookup::{Unclear, element, member, value_at};
use super::operand::{Operand, text};
use crate::model::{
    Attribute, Clause, Condition, Group, Identity, Path, Predicate, Segment, Table,
};
use crate::read::Call;
use crate::words::json::{Document, Kind, Value};
use crate::words::trace::ConditionTrace;
use crate::words::work::Budget;
use crate::words::{Millis, Truth};

/// The facts about a caller that are the same for all its messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallerFacts<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) documents: &'a CallerDocuments<'a>,
}

/// The data that conditions may read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EvalContext<'a> {
    /// The table and the name that the rules belong to.
    pub(crate) table: Table,
    pub(crate) name: &'a str,
    pub(crate) call: &'a Call<'a>,
    pub(crate) context: &'a RequestContext,
    pub(crate) facts: CallerFacts<'a>,
    pub(crate) now: Millis,
    /// A condition that it does not cover is unknown.
    pub(crate) budget: &'a Budget,
}

/// The outcome of a group for a call.
pub(crate) struct Outcome<'g> {
    pub(crate) refuses: bool,
    /// Some condition is unknown, and none decides the group without it.
    pub(crate) is_unknown: bool,
    /// The condition that the refusal's message is about: in `require` the first that does not hold, in `deny_if` the
    /// first that reads the arguments, which the client can change.
    pub(crate) failing: Option<&'g Condition>,
}

/// The steps that one look at a value costs.
const LOOK: usize = 8;

impl Group {
    /// The conditions, joined by AND. `require` asks for true, `deny_if` for false: both refuse unknown.
    pub(crate) fn judge(&self, eval: &EvalContext<'_>, clause: Clause) -> Outcome<'_> {
        let (mut all, mut failing) = (Truth::True, None);
        for condition in &self.conditions {
            match condition.truth(eval, clause) {
                Truth::True => continue,
                truth => all = truth,
            }
            failing.get_or_insert(condition);
            if all == Truth::False {
                break;
            }
        }
        let mut conditions = self.conditions.iter();
        let is_unknown = all == Truth::Unknown;
        match clause {
            Clause::Require => Outcome {
                refuses: all != Truth::True,
                is_unknown,
                failing,
            },
            Clause::DenyIf => Outcome {
                refuses: all != Truth::False,
                is_unknown,
                failing: conditions.find(|condition| condition.reads_arguments()),
            },
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
        let truth = |condition: &Condition| match condition.is_about_caller(identity) {
            true => condition.truth_about_caller(facts, clause, budget),
            // The value that admits the call.
            false => Truth::of(Some(clause == Clause::Require)),
        };
        let mut conditions = self.conditions.iter();
        if !conditions.any(|condition| condition.is_about_caller(identity)) {
            return false;
        }
        let all = Truth::all(self.conditions.iter().map(truth));
        match clause {
            Clause::Require => all != Truth::True,
            Clause::DenyIf => all != Truth::False,
        }
    }

    /// The value and the truth of each condition.
    pub(super) fn condition_traces(
        &self,
        eval: &EvalContext<'_>,
        clause: Clause,
    ) -> Vec<ConditionTrace> {
        let sight = |condition: &Condition| ConditionTrace {
            path: condition.path.to_string(),
            op: condition.predicate.name(),
            value: condition.value(eval),
            truth: condition.truth(eval, clause),
        };
        self.conditions.iter().map(sight).collect()
    }
}

impl Condition {
    /// The value that the condition reads, up to a `[*]`, for people.
    fn value(&self, eval: &EvalContext<'_>) -> Option<String> {
        match &self.path {
            Path::Arguments(steps) => {
                let one = steps.iter().take_while(|step| **step != Segment::Each);
                value_at(eval.call.arguments, one, eval.budget).map(Value::excerpt)
            }
            Path::AnyText => eval.call.arguments.map(Value::excerpt),
            Path::Identity(steps) => {
                let one = steps.iter().take_while(|step| **step != Segment::Each);
                value_at(eval.facts.claims(), one, eval.budget).map(Value::excerpt)
            }
            Path::Attribute(attribute) => match eval.attribute(attribute) {
                Operand::Json(value) => Some(value.excerpt()),
                Operand::Text(text) => Some(text.into_owned()),
                Operand::Number(number) => Some(number.to_string()),
                Operand::Missing | Operand::Unknown => None,
            },
        }
    }

    fn truth(&self, eval: &EvalContext<'_>, clause: Clause) -> Truth {
        if eval.budget.left() == 0 {
            return Truth::Unknown;
        }
        match &self.path {
            Path::Arguments(steps) => {
                let empty = steps.is_empty() && matches!(self.predicate, Predicate::Schema(_));
                // Absent arguments are an empty object.
                let absent = empty.then_some(Value::EMPTY_OBJECT);
                let value = eval.call.arguments.or(absent);
                self.walk(value, steps, clause, eval.budget)
            }
            Path::AnyText => self.any_text(eval.call.arguments, clause, eval.budget),
            Path::Identity(steps) => self.walk(eval.facts.claims(), steps, clause, eval.budget),
            Path::Attribute(attribute) => {
                self.judge(eval.attribute(attribute), clause, eval.budget)
            }
        }
    }

    /// True for a condition that has one truth for all messages of a caller.
    pub(crate) fn is_about_caller(&self, identity: &Identity) -> bool {
        match &self.path {
            Path::Identity(_) | Path::Attribute(Attribute::Grant | Attribute::Server) => true,
            Path::Attribute(Attribute::Header(name)) => identity.trusts(name),
            Path::Arguments(_) | Path::AnyText | Path::Attribute(_) => false,
        }
    }

    fn truth_about_caller(&self, facts: CallerFacts<'_>, clause: Clause, budget: &Budget) -> Truth {
        match &self.path {
            _ if budget.left() == 0 => Truth::Unknown,
            Path::Identity(steps) => self.walk(facts.claims(), steps, clause, budget),
            Path::Attribute(attribute) => match facts.attribute(attribute) {
                Some(operand) => self.judge(operand, clause, budget),
                None => Truth::Unknown,
            },
            Path::Arguments(_) | Path::AnyText => Truth::Unknown,
        }
    }

    fn walk(
        &self,
        value: Option<Value<'_>>,
        steps: &[Segment],
        clause: Clause,
        budget: &Budget,
    ) -> Truth {
        if budget.take(LOOK).is_err() {
            return Truth::Unknown;
        }
        let Some(value) = value else {
            return self.judge(Operand::Missing, clause, budget);
        };
        let Some((step, rest)) = steps.split_first() else {
            return self.judge(Operand::Json(value), clause, budget);
        };
        let found = match (step, value.kind()) {
            (Segment::Member(name), Kind::Object) => member(value, name, budget),
            (Segment::Element(index), Kind::Array) => element(value, *index, budget),
            (Segment::Each, Kind::Array) => return self.each(value, rest, clause, budget),
            _ => return Truth::Unknown,
        };
        match found {
            Ok(value) => {
                let value = value.filter(|value| !self.leaves_out(step, *value, rest));
                self.walk(value, rest, clause, budget)
            }
            Err(Unclear) => Truth::Unknown,
        }
    }

    fn each(&self, list: Value<'_>, rest: &[Segment], clause: Clause, budget: &Budget) -> Truth {
        let truth = |value| self.walk(Some(value), rest, clause, budget);
        match clause {
            Clause::Require if list.elements().next().is_none() => Truth::False,
            Clause::Require => Truth::all(list.elements().map(truth)),
            Clause::DenyIf => Truth::any(list.elements().map(truth)),
        }
    }

    /// True where `if_present` leaves out a null member, unless the operator itself names null.
    fn leaves_out(&self, step: &Segment, member: Value<'_>, rest: &[Segment]) -> bool {
        let named = matches!(step, Segment::Member(_));
        let meant = rest.is_empty() && self.predicate.names_null();
        named && self.if_present && member.kind() == Kind::Null && !meant
    }

    pub(super) fn judge(&self, operand: Operand<'_>, clause: Clause, budget: &Budget) -> Truth {
        if budget.take(LOOK).is_err() {
            return Truth::Unknown;
        }
        match operand {
            Operand::Unknown => Truth::Unknown,
            Operand::Missing if self.if_present => Truth::of(Some(clause == Clause::Require)),
            Operand::Missing => self.predicate.missing(),
            operand => {
                let name = || self.member().unwrap_or_default();
                self.predicate.judge(&operand, &name, budget)
            }
        }
    }
}

impl<'a> CallerFacts<'a> {
    /// The claims of the caller's token; `None` without a token.
    fn claims(&self) -> Option<Value<'a>> {
        self.documents.claims.as_ref().map(Document::root)
    }

    /// `None` for an attribute of the message.
    fn attribute(&self, attribute: &Attribute) -> Option<Operand<'a>> {
        let given = |value: Option<&'a str>| value.map_or(Operand::Missing, text);
        Some(match attribute {
            Attribute::Grant => given(self.caller.principal.label()),
            Attribute::Server => given(self.caller.server.name()),
            Attribute::Header(name) => match self.caller.header(name) {
                Header::Once(value) => text(value),
                Header::Json(_) => self.documents.header(name),
                Header::Absent => Operand::Missing,
                Header::Unclear => Operand::Unknown,
            },
            _ => return None,
        })
    }
}

impl<'a> EvalContext<'a> {
    fn attribute(&self, attribute: &Attribute) -> Operand<'a> {
        if let Some(operand) = self.facts.attribute(attribute) {
            return operand;
        }
        let number = |number: Option<u8>| number.map_or(Operand::Unknown, Operand::Number);
        match (attribute, self.table) {
            (Attribute::Tool, Table::Tools)
            | (Attribute::Prompt, Table::Prompts)
            | (Attribute::Uri, Table::Resources) => text(self.name),
            (Attribute::Tool | Attribute::Prompt | Attribute::Uri, _) => Operand::Missing,
            (Attribute::Method, _) => text(&self.call.method),
            (Attribute::Ip, _) => match self.context.peer {
                Some(address) => Operand::Text(address.to_string().into()),
                None => Operand::Unknown,
            },
            (Attribute::Hour, _) => number(self.now.hour()),
            (Attribute::Weekday, _) => number(self.now.weekday()),
            (Attribute::Grant | Attribute::Server | Attribute::Header(_), _) => Operand::Unknown,
        }
    }
}
