//! Finds the argument that does not match the schema of its tool, and the value that the schema expects there.
//!
//! It never repeats a value of the caller, and says nothing about a keyword that may not have failed: where it is not
//! certain, it names the argument alone.

use super::expected::{Expected, one_of, takes, types};
use super::schema::{Judge, Present};
use super::wording::{ARGUMENTS, clipped, missing, unaccepted};
use crate::model::schema::{Assertion, Members, Schema, Subschema, SubschemaId};
use crate::words::Truth;
use crate::words::json::{Kind, Value};
use crate::words::work::Budget;

/// How many levels of objects and lists a sentence leads into.
const DEEPEST: usize = 6;

/// A value that does not match.
struct Mismatch {
    /// Its path in the arguments.
    path: String,
    /// The path leads to a member or an element, whose name may be empty.
    is_named: bool,
    why: Why,
}

enum Why {
    Missing,
    /// The member is not among these, which its object may have.
    NotKnown {
        takes: Expected,
    },
    /// The value that the schema expects in its place.
    Expected(Expected),
    /// It cannot be said why.
    Unclear,
}

/// The sentence of the refusal of these arguments. It lists the values that the schema allows only `with_values`: they
/// may be a secret of the operator.
pub(super) fn sentence(
    schema: &Schema,
    arguments: Value<'_>,
    budget: &Budget,
    with_values: bool,
) -> String {
    let mut search = Search {
        schema,
        with_values,
        judge: Judge::new(schema, budget),
    };
    let found = search.part(SubschemaId::ROOT, arguments, DEEPEST, true);
    match found.filter(|found| found.is_named) {
        // A value that was found after the budget was used up may match.
        Some(found) if budget.left() > 0 => found.sentence(),
        _ => ARGUMENTS.into(),
    }
}

impl Mismatch {
    fn of(why: Why) -> Self {
        Self {
            path: String::new(),
            is_named: false,
            why,
        }
    }

    /// The same value, seen from the object that has it.
    fn inside(mut self, name: &str) -> Self {
        let dot = match self.is_named && !self.path.starts_with('[') {
            true => ".",
            false => "",
        };
        self.path = [name, dot, &self.path].concat();
        self.is_named = true;
        self
    }

    fn sentence(&self) -> String {
        match &self.why {
            Why::Missing => missing(&self.path),
            Why::Unclear => unaccepted(&self.path),
            Why::Expected(expected) => {
                let start = format!("The argument `{}` must be ", clipped(&self.path));
                expected.after(&start)
            }
            Why::NotKnown { takes } => {
                let start = format!("The argument `{}` is not known; ", clipped(&self.path));
                takes.after(&start)
            }
        }
    }
}

struct Search<'s> {
    schema: &'s Schema,
    with_values: bool,
    judge: Judge<'s>,
}

impl Search<'_> {
    /// The mismatch of a value that the part refuses, if it can be said. At the `root`, also a member that may match.
    fn part(
        &mut self,
        id: SubschemaId,
        value: Value<'_>,
        levels: usize,
        root: bool,
    ) -> Option<Mismatch> {
        let part = self.schema.part(id)?;
        let typed = part.types.as_deref();
        for check in &part.checks {
            if self.with_values
                && let Assertion::OneOf(literals) = check
                && self.judge.check(check, value, typed.is_some()) == Truth::False
                && let Some(of) = one_of(literals, typed)
            {
                return Some(expected(of));
            }
        }
        if let Some(of) = typed
            && self.judge.one_type(of, value) == Truth::False
        {
            return Some(expected(types(of, value.kind())));
        }
        for check in &part.checks {
            let found = match check {
                Assertion::Members(members) if value.kind() == Kind::Object => {
                    self.members(members, value, levels, root)
                }
                _ if self.judge.check(check, value, typed.is_some()) != Truth::False => None,
                _ => self.check(part, check, value, levels),
            };
            // The arguments as a whole have no name.
            if found.as_ref().is_some_and(|found| !root || found.is_named) {
                return found;
            }
        }
        None
    }

    /// The mismatch of a value that the check refuses.
    fn check(
        &mut self,
        part: &Subschema,
        check: &Assertion,
        value: Value<'_>,
        levels: usize,
    ) -> Option<Mismatch> {
        match check {
            Assertion::All(parts) => {
                for id in parts {
                    if self.judge.part(*id, value) == Truth::False {
                        return self.part(*id, value, levels, false);
                    }
                }
                None
            }
            Assertion::Any(parts) => self.no_type(parts, value),
            Assertion::OneOf(_) => Some(expected(Expected::listed())),
            Assertion::Elements { first, rest } => self.elements(first, *rest, value, levels),
            check => {
                self.judge.take(value.raw().len())?;
                Expected::of(part, check, value).map(expected)
            }
        }
    }

    /// The types of alternatives, where the value has none of them.
    fn no_type(&self, parts: &[SubschemaId], value: Value<'_>) -> Option<Mismatch> {
        let mut all = Vec::new();
        for id in parts {
            let types = self.schema.part(*id)?.types.as_ref()?;
            if self.judge.one_type(types, value) != Truth::False {
                return None;
            }
            all.extend(types.iter().copied());
        }
        Some(expected(types(&all, value.kind())))
    }

    fn elements(
        &mut self,
        first: &[SubschemaId],
        rest: Option<SubschemaId>,
        list: Value<'_>,
        levels: usize,
    ) -> Option<Mismatch> {
        let levels = levels.checked_sub(1)?;
        for (index, element) in list.elements().enumerate() {
            let Some(id) = first.get(index).copied().or(rest) else {
                continue;
            };
            if self.judge.part(id, element) == Truth::False {
                let found = self.part(id, element, levels, false);
                return Some(found.unwrap_or_else(unclear).inside(&format!("[{index}]")));
            }
        }
        None
    }

    /// The first member that does not match; else, at the `root`, the first of which this is not known.
    fn members(
        &mut self,
        members: &Members,
        object: Value<'_>,
        levels: usize,
        root: bool,
    ) -> Option<Mismatch> {
        let levels = levels.checked_sub(1)?;
        let mut doubtful = None;
        let present = self.judge.present(members, object)?;
        for (ruled, present) in members.ruled.iter().zip(&present) {
            let name = &*ruled.name;
            match (self.judge.ruled(ruled, present), present) {
                (Truth::True, _) => {}
                (Truth::Unknown, _) => {
                    doubtful = doubtful.or_else(|| Some(unclear().inside(name)));
                }
                (Truth::False, Present::Once(value)) => {
                    let found = ruled
                        .part
                        .and_then(|id| self.part(id, *value, levels, false));
                    return Some(found.unwrap_or_else(unclear).inside(name));
                }
                (Truth::False, _) => return Some(Mismatch::of(Why::Missing).inside(name)),
            }
        }
        for (name, value) in object.named() {
            let truth = self.judge.other(members, name, value);
            let Some(text) = name.string().filter(|_| truth != Truth::True) else {
                continue;
            };
            if truth == Truth::False {
                let found = self.other(members, name, value, (levels, root));
                return Some(found.unwrap_or_else(unclear).inside(&text));
            }
            doubtful = doubtful.or_else(|| Some(unclear().inside(&text)));
        }
        doubtful.filter(|_| root)
    }

    /// The mismatch of a member that `additionalProperties` alone refuses.
    fn other(
        &mut self,
        members: &Members,
        name: Value<'_>,
        value: Value<'_>,
        (levels, root): (usize, bool),
    ) -> Option<Mismatch> {
        let others = members.others.filter(|_| members.names.is_none())?;
        if members.position(&name.string()?).is_some() {
            return None;
        }
        for (pattern, _) in &members.patterns {
            if self.judge.matches(pattern, name) != Truth::False {
                return None;
            }
        }
        match &*self.schema.part(others)?.checks {
            [Assertion::Never] => {
                let takes = takes(self.schema, members, root);
                Some(Mismatch::of(Why::NotKnown { takes }))
            }
            _ => self.part(others, value, levels, false),
        }
    }
}

fn expected(expected: Expected) -> Mismatch {
    Mismatch::of(Why::Expected(expected))
}

fn unclear() -> Mismatch {
    Mismatch::of(Why::Unclear)
}
