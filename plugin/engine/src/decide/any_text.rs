//! Judges a condition on `args.**`: each text in the arguments, at any depth.
//!
//! It looks at no `true`, `false` and `null`.

use super::condition::Test;
use super::operand::{Operand, text};
use crate::model::{Clause, Predicate};
use crate::words::Truth;
use crate::words::json::{Kind, Value};

/// The steps that one look at a text costs.
const LOOK: usize = 24;

/// The truths of the texts that were looked at.
struct Truths<'t> {
    test: &'t Test<'t>,
    /// `None` before the first text.
    all: Option<Truth>,
}

impl Test<'_> {
    /// The truth for each text in the arguments: in `require` all must hold, in `deny_if` one suffices. Without any text
    /// the path has no value.
    pub(super) fn any_text(&self, arguments: Option<Value<'_>>) -> Truth {
        let mut truths = Truths {
            test: self,
            all: None,
        };
        if let Some(arguments) = arguments {
            if self.budget.take(arguments.size()).is_err() {
                return Truth::Unknown;
            }
            truths.look(arguments, "");
        }
        let missing = || self.judge(Operand::Missing);
        truths.all.unwrap_or_else(missing)
    }
}

impl Truths<'_> {
    /// Looks at the texts in a value, which a member with this name holds. False once a text decides.
    fn look(&mut self, value: Value<'_>, name: &str) -> bool {
        match value.kind() {
            Kind::String => self.add(&Operand::Json(value), name),
            Kind::Number => self.add(&text(value.raw()), name),
            Kind::Null | Kind::Bool => true,
            Kind::Array => value.elements().all(|element| self.look(element, name)),
            Kind::Object => value.named().all(|(key, member)| {
                // Only a search for secrets reads the name before the value.
                let named = matches!(self.test.condition.predicate, Predicate::Secret(_));
                let name = named.then(|| key.string()).flatten().unwrap_or_default();
                self.add(&Operand::Json(key), "") && self.look(member, &name)
            }),
        }
    }

    fn add(&mut self, text: &Operand<'_>, name: &str) -> bool {
        let truth = match self.test.budget.take(LOOK) {
            Ok(()) => self.test.holds(text, Some(name)),
            Err(_) => Truth::Unknown,
        };
        let truths = self.all.into_iter().chain([truth]);
        let (all, decisive) = match self.test.clause {
            Clause::Require => (Truth::all(truths), Truth::False),
            Clause::DenyIf => (Truth::any(truths), Truth::True),
        };
        self.all = Some(all);
        all != decisive
    }
}
