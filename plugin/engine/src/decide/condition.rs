//! Turns a condition and a call into true, false or unknown.
//!
//! A value that two servers could read differently is unknown. Unknown never lets a call through: `require` asks for
//! true, `deny_if` for false.

use super::caller::{Caller, CallerDocuments, Header};
use super::context::RequestContext;
use super::given::Given;
use super::lookup::{Unclear, clear_value_at, element, member, value_at};
use super::operand::{Operand, text};
use crate::model::{Attribute, Clause, Condition, Identity, Path, Predicate, Segment, Table};
use crate::read::Call;
use crate::words::json::{Document, Kind, Value};
use crate::words::work::Budget;
use crate::words::{Millis, Truth, Zone};

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
    pub(crate) zone: Zone,
    /// A condition that it does not cover is unknown.
    pub(crate) budget: &'a Budget,
}

/// The steps that one look at a value costs.
const LOOK: usize = 8;

/// A condition that is tested for one call.
pub(super) struct Test<'t> {
    pub(super) condition: &'t Condition,
    pub(super) given: Given<'t>,
    pub(super) clause: Clause,
    /// A value that it does not cover is unknown.
    pub(super) budget: &'t Budget,
}

impl Condition {
    /// The value that the condition reads, up to a `[*]`, for people.
    pub(super) fn value(&self, eval: &EvalContext<'_>) -> Option<String> {
        let one = |steps: &[Segment], value| {
            let one = steps.iter().take_while(|step| **step != Segment::Each);
            value_at(value, one, eval.budget).map(Value::excerpt)
        };
        match &self.path {
            Path::Arguments(steps) => one(steps, eval.call.arguments),
            Path::AnyText => eval.call.arguments.map(Value::excerpt),
            Path::Identity(steps) => one(steps, eval.facts.claims()),
            Path::Attribute(attribute) => match eval.attribute(attribute) {
                Operand::Json(value) => Some(value.excerpt()),
                Operand::Text(text) => Some(text.into_owned()),
                Operand::Number(number) => Some(number.to_string()),
                Operand::Missing | Operand::Unknown => None,
            },
        }
    }

    pub(super) fn truth(&self, eval: &EvalContext<'_>, clause: Clause) -> Truth {
        let place = |path: &Path| eval.place(path);
        let Some(test) = self.test(place, clause, eval.budget) else {
            return Truth::Unknown;
        };
        match &self.path {
            Path::Arguments(steps) => {
                let empty = steps.is_empty() && matches!(self.predicate, Predicate::Schema(_));
                // Absent arguments are an empty object.
                let absent = empty.then_some(Value::EMPTY_OBJECT);
                test.walk(eval.call.arguments.or(absent), steps)
            }
            Path::AnyText => test.any_text(eval.call.arguments),
            Path::Identity(steps) => test.walk(eval.facts.claims(), steps),
            Path::Attribute(attribute) => test.judge(eval.attribute(attribute)),
        }
    }

    /// The test of the condition; `None` where it is unknown, whatever its path holds.
    fn test<'t>(
        &'t self,
        place: impl Fn(&Path) -> Operand<'t>,
        clause: Clause,
        budget: &'t Budget,
    ) -> Option<Test<'t>> {
        let given = match &self.predicate {
            _ if budget.left() == 0 => return None,
            Predicate::Compare(comparison, path) => Given::value(*comparison, place(path))?,
            Predicate::WithinOwn(directories) => Given::directories(directories, place, budget),
            _ => Given::Nothing,
        };
        Some(Test {
            condition: self,
            given,
            clause,
            budget,
        })
    }

    /// True for a condition that has one truth for all messages of a caller.
    pub(crate) fn is_about_caller(&self, identity: &Identity) -> bool {
        let is_of_message = |path: &Path| match path {
            Path::Identity(_) | Path::Attribute(Attribute::Grant | Attribute::Server) => false,
            Path::Attribute(Attribute::Header(name)) => !identity.trusts(name),
            Path::Arguments(_) | Path::AnyText | Path::Attribute(_) => true,
        };
        !self.reads(is_of_message)
    }

    pub(super) fn truth_about_caller(
        &self,
        facts: CallerFacts<'_>,
        clause: Clause,
        budget: &Budget,
    ) -> Truth {
        let place = |path: &Path| facts.place(path, budget);
        let Some(test) = self.test(place, clause, budget) else {
            return Truth::Unknown;
        };
        match &self.path {
            Path::Identity(steps) => test.walk(facts.claims(), steps),
            Path::Attribute(attribute) => match facts.attribute(attribute) {
                Some(operand) => test.judge(operand),
                None => Truth::Unknown,
            },
            Path::Arguments(_) | Path::AnyText => Truth::Unknown,
        }
    }
}

impl Test<'_> {
    fn walk(&self, value: Option<Value<'_>>, steps: &[Segment]) -> Truth {
        if self.budget.take(LOOK).is_err() {
            return Truth::Unknown;
        }
        let Some(value) = value else {
            return self.judge(Operand::Missing);
        };
        let Some((step, rest)) = steps.split_first() else {
            return self.judge(Operand::Json(value));
        };
        let found = match (step, value.kind()) {
            (Segment::Member(name), Kind::Object) => member(value, name, self.budget),
            (Segment::Element(index), Kind::Array) => element(value, *index, self.budget),
            (Segment::Each, Kind::Array) => return self.each(value, rest),
            _ => return Truth::Unknown,
        };
        match found {
            Ok(value) => {
                let value = value.filter(|value| !self.leaves_out(step, *value, rest));
                self.walk(value, rest)
            }
            Err(Unclear) => Truth::Unknown,
        }
    }

    fn each(&self, list: Value<'_>, rest: &[Segment]) -> Truth {
        let truth = |value| self.walk(Some(value), rest);
        match self.clause {
            Clause::Require if list.elements().next().is_none() => Truth::False,
            Clause::Require => Truth::all(list.elements().map(truth)),
            Clause::DenyIf => Truth::any(list.elements().map(truth)),
        }
    }

    /// True where `if_present` leaves out a null member, unless the operator itself names null.
    fn leaves_out(&self, step: &Segment, member: Value<'_>, rest: &[Segment]) -> bool {
        let named = matches!(step, Segment::Member(_));
        let meant = rest.is_empty() && self.condition.predicate.names_null();
        named && self.condition.if_present && member.kind() == Kind::Null && !meant
    }

    pub(super) fn judge(&self, operand: Operand<'_>) -> Truth {
        let condition = self.condition;
        if self.budget.take(LOOK).is_err() {
            return Truth::Unknown;
        }
        match operand {
            Operand::Unknown => Truth::Unknown,
            Operand::Missing if condition.if_present => {
                Truth::of(Some(self.clause == Clause::Require))
            }
            Operand::Missing => condition.predicate.missing(),
            operand => self.holds(&operand, None),
        }
    }
}

impl<'a> CallerFacts<'a> {
    /// The claims of the caller's token; `None` without a token.
    fn claims(&self) -> Option<Value<'a>> {
        self.documents.claims.as_ref().map(Document::root)
    }

    /// The value at a path; unknown for a value of the message.
    fn place(&self, path: &Path, budget: &Budget) -> Operand<'a> {
        match path {
            Path::Identity(steps) => one_value(self.claims(), steps, budget),
            Path::Attribute(attribute) => self.attribute(attribute).unwrap_or(Operand::Unknown),
            Path::Arguments(_) | Path::AnyText => Operand::Unknown,
        }
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
    /// The value at a path.
    fn place(&self, path: &Path) -> Operand<'a> {
        match path {
            Path::Arguments(steps) => one_value(self.call.arguments, steps, self.budget),
            Path::Attribute(attribute) => self.attribute(attribute),
            path => self.facts.place(path, self.budget),
        }
    }

    fn attribute(&self, attribute: &Attribute) -> Operand<'a> {
        if let Some(operand) = self.facts.attribute(attribute) {
            return operand;
        }
        let number = |number: Option<u8>| match number {
            Some(number) => Operand::Number(number.into()),
            None => Operand::Unknown,
        };
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
            (Attribute::Hour, _) => number(self.now.hour(self.zone)),
            (Attribute::Weekday, _) => number(self.now.weekday(self.zone)),
            (Attribute::Unix, _) => match u32::try_from(self.now.seconds()) {
                Ok(seconds) => Operand::Number(seconds),
                Err(_) => Operand::Unknown,
            },
            (Attribute::Grant | Attribute::Server | Attribute::Header(_), _) => Operand::Unknown,
        }
    }
}

fn one_value<'a>(value: Option<Value<'a>>, steps: &[Segment], budget: &Budget) -> Operand<'a> {
    let Some(value) = value else {
        return Operand::Missing;
    };
    match clear_value_at(value, steps, budget) {
        Ok(found) => found.map_or(Operand::Missing, Operand::Json),
        Err(Unclear) => Operand::Unknown,
    }
}
