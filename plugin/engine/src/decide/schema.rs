//! Validates a JSON value against a schema of the policy: true, false or unknown.
//!
//! It never takes more steps than the budget covers, for any value: the part beyond them is unknown.

use super::equality::one_of;
use super::form::form;
use super::lookup::{number, string};
use super::operand::length;
use super::predicate::LONGEST_MATCHED;
use crate::model::Literals;
use crate::model::schema::{
    Assertion, Dependent, Members, Pattern, Property, Schema, Subschema, SubschemaId, Type,
};
use crate::read::PROTOTYPE;
use crate::words::Truth;
use crate::words::json::{Kind, Value, is_multiple, is_whole};
use crate::words::work::Budget;
use std::collections::BTreeSet;

/// The steps that it takes to begin the validation of one value against one schema.
const MEET: usize = 10;

/// The steps that it takes to find a member by its name.
const NAME: usize = 32;

/// The steps that it takes to find one of several names that are alike.
const ALIKE: usize = 6;

/// The steps that it takes to bring one value into a form of its own, beside those for its bytes.
const FORM: usize = 256;

/// The steps that it takes to divide a number.
const MULTIPLE: usize = 1024;

/// The deepest nesting of schemas and values in one another. The deepest message stays below it with four schemas on
/// each level.
const DEEPEST: usize = 512;

impl Schema {
    pub(crate) fn holds(&self, value: Value<'_>, budget: &Budget) -> Truth {
        Judge::new(self, budget).part(SubschemaId::ROOT, value)
    }
}

/// Validates values within a budget.
pub(super) struct Judge<'s> {
    schema: &'s Schema,
    budget: &'s Budget,
    /// How many more schemas may be nested inside the current one.
    depth: usize,
}

/// Whether an object has a member that some keyword names.
pub(super) enum Present<'a> {
    Not,
    Once(Value<'a>),
    /// A member that only some servers read as the named one.
    Unclear,
}

impl<'s> Judge<'s> {
    pub(super) fn new(schema: &'s Schema, budget: &'s Budget) -> Self {
        Self {
            schema,
            budget,
            depth: DEEPEST,
        }
    }

    pub(super) fn take(&self, steps: usize) -> Option<()> {
        self.budget.take(steps).ok()
    }

    pub(super) fn part(&mut self, id: SubschemaId, value: Value<'_>) -> Truth {
        let (Some(part), Some(depth)) = (self.schema.part(id), self.depth.checked_sub(1)) else {
            return Truth::Unknown;
        };
        if self.take(MEET).is_none() {
            return Truth::Unknown;
        }
        let outer = std::mem::replace(&mut self.depth, depth);
        let truth = self.checks(part, value);
        self.depth = outer;
        truth
    }

    fn checks(&mut self, part: &Subschema, value: Value<'_>) -> Truth {
        let typed = part.types.is_some();
        let types = part.types.iter().map(|types| self.one_type(types, value));
        let types = Truth::all(types);
        if types == Truth::False {
            return Truth::False;
        }
        let checks = part
            .checks
            .iter()
            .map(|check| self.check(check, value, typed));
        Truth::all([types].into_iter().chain(checks))
    }

    pub(super) fn one_type(&self, types: &[Type], value: Value<'_>) -> Truth {
        match self.take(types.len()) {
            Some(()) => Truth::any(types.iter().map(|of| of.holds(value, self.budget))),
            None => Truth::Unknown,
        }
    }

    /// A check does not constrain values of another kind than its own. Without `type` the result is then unknown: a
    /// server may convert the value into the kind of the check.
    pub(super) fn check(&mut self, check: &Assertion, value: Value<'_>, typed: bool) -> Truth {
        match check.judges() {
            Some(kind) if kind != value.kind() => match typed {
                true => Truth::True,
                false => Truth::Unknown,
            },
            _ => self.judged(check, value, typed),
        }
    }

    fn judged(&mut self, check: &Assertion, value: Value<'_>, typed: bool) -> Truth {
        match check {
            Assertion::Never => Truth::False,
            Assertion::OneOf(literals) => self.one_of(literals, value, typed),
            Assertion::Order(order, bound) => {
                let number = number(value, self.budget);
                Truth::of(number.map(|number| order.holds(number, *bound)))
            }
            Assertion::MultipleOf(of) => {
                let paid = number(value, self.budget);
                let paid = paid.filter(|_| self.take(MULTIPLE).is_some());
                Truth::of(paid.and_then(|_| is_multiple(value.raw(), of)))
            }
            Assertion::Length { min, max, .. } => {
                Truth::of(length(value, self.budget).map(|length| (*min..=*max).contains(&length)))
            }
            Assertion::Pattern(pattern) => self.matches(pattern, value),
            Assertion::Members(members) => self.members(members, value),
            Assertion::Elements { first, rest } => self.elements(first, *rest, value),
            Assertion::Contains { part, min, max } => self.contains(*part, *min, *max, value),
            Assertion::Distinct => self.distinct(value),
            Assertion::All(parts) => Truth::all(parts.iter().map(|part| self.part(*part, value))),
            Assertion::Any(parts) => Truth::any(parts.iter().map(|part| self.part(*part, value))),
            Assertion::ExactlyOne(parts) => {
                Truth::one(parts.iter().map(|part| self.part(*part, value)))
            }
            Assertion::Not(part) => self.part(*part, value).not(),
            Assertion::If {
                condition,
                then,
                otherwise,
            } => self.branch(*condition, *then, *otherwise, value),
        }
    }

    /// A value of a type that no literal has is false where the schema has a `type`, and unknown where it has none.
    fn one_of(&self, literals: &Literals, value: Value<'_>, typed: bool) -> Truth {
        if typed && !literals.has(value.kind()) {
            Truth::False
        } else {
            one_of(&value.into(), literals, self.budget)
        }
    }

    pub(super) fn matches(&self, pattern: &Pattern, text: Value<'_>) -> Truth {
        let text = string(text, self.budget).filter(|text| text.len() <= LONGEST_MATCHED);
        let text = text.filter(|text| !pattern.depends_on_space || !self.is_odd(text));
        Truth::of(text.and_then(|text| pattern.regex.is_match(&text, self.budget).ok()))
    }

    /// True where readers may find white space that this engine does not, or the budget does not cover the search for
    /// it.
    fn is_odd(&self, text: &str) -> bool {
        self.take(text.len().saturating_mul(3)).is_none() || text.contains(is_odd_space)
    }

    fn branch(
        &mut self,
        condition: SubschemaId,
        then: Option<SubschemaId>,
        otherwise: Option<SubschemaId>,
        value: Value<'_>,
    ) -> Truth {
        let condition = self.part(condition, value);
        let mut of =
            |branch: Option<SubschemaId>| branch.map_or(Truth::True, |part| self.part(part, value));
        match condition {
            Truth::True => of(then),
            Truth::False => of(otherwise),
            Truth::Unknown => match (of(then), of(otherwise)) {
                (then, otherwise) if then == otherwise => then,
                _ => Truth::Unknown,
            },
        }
    }

    fn elements(
        &mut self,
        first: &[SubschemaId],
        rest: Option<SubschemaId>,
        list: Value<'_>,
    ) -> Truth {
        let parts = first
            .iter()
            .map(|part| Some(*part))
            .chain(std::iter::repeat(rest));
        let elements = list.elements().zip(parts);
        let truths = elements.map(|(element, part)| match part {
            Some(part) => self.part(part, element),
            None => Truth::True,
        });
        Truth::all(truths)
    }

    /// Between `min` and `max` elements match. The result is certain where it does not depend on the unknown elements.
    fn contains(&mut self, part: SubschemaId, min: usize, max: usize, list: Value<'_>) -> Truth {
        let (mut least, mut most) = (0_usize, 0_usize);
        for element in list.elements() {
            let truth = self.part(part, element);
            least = least.saturating_add(usize::from(truth == Truth::True));
            most = most.saturating_add(usize::from(truth != Truth::False));
        }
        if most < min || least > max {
            Truth::False
        } else if least >= min && most <= max {
            Truth::True
        } else {
            Truth::Unknown
        }
    }

    /// No two elements are equal. Each is brought into its canonical form, in which equal elements are equal texts.
    fn distinct(&self, list: Value<'_>) -> Truth {
        let forms = list.size().saturating_mul(FORM);
        let steps = list.raw().len().saturating_mul(8).saturating_add(forms);
        if self.take(steps).is_none() {
            return Truth::Unknown;
        }
        let (mut clear, mut forms) = (true, BTreeSet::new());
        let mut elements = list.elements();
        match elements.all(|element| forms.insert(form(element, &mut clear))) {
            false => Truth::False,
            true if clear => Truth::True,
            true => Truth::Unknown,
        }
    }

    fn members(&mut self, members: &Members, object: Value<'_>) -> Truth {
        let Some(present) = self.present(members, object) else {
            return Truth::Unknown;
        };
        let ruled = members.ruled.iter().zip(&present);
        let ruled = Truth::all(ruled.map(|(ruled, present)| self.ruled(ruled, present)));
        if ruled == Truth::False {
            return Truth::False;
        }
        let dependents = members.dependents.iter();
        let dependents = dependents.map(|dependent| self.dependent(&present, dependent, object));
        let dependents = Truth::all(dependents);
        let others = object
            .named()
            .map(|(name, value)| self.other(members, name, value));
        Truth::all([ruled, dependents].into_iter().chain(others))
    }

    /// Each of the named members, as the object has it; `None` where the budget does not cover the object, or it has a
    /// member [`PROTOTYPE`].
    pub(super) fn present<'a>(
        &self,
        members: &Members,
        object: Value<'a>,
    ) -> Option<Vec<Present<'a>>> {
        let named = members.ruled.len().saturating_mul(5).div_ceil(4);
        self.take(NAME.saturating_add(named))?;
        let mut present: Vec<_> = members.ruled.iter().map(|_| Present::Not).collect();
        for (name, value) in object.named() {
            self.take(search(members, name.raw()))?;
            let name = name.string().filter(|name| name != PROTOTYPE)?;
            let alike = members.alike(&name);
            self.take(alike.len().saturating_mul(ALIKE))?;
            let exact = members.exact(alike.clone(), &name);
            let places = exact.map_or(alike, |at| at..at.saturating_add(1));
            for place in present.get_mut(places).into_iter().flatten() {
                *place = match (exact, &place) {
                    (Some(_), Present::Not) => Present::Once(value),
                    _ => Present::Unclear,
                };
            }
        }
        Some(present)
    }

    pub(super) fn ruled(&mut self, ruled: &Property, present: &Present<'_>) -> Truth {
        match (present, ruled.part) {
            (Present::Not, _) => Truth::of(Some(!ruled.required)),
            (Present::Once(value), Some(part)) => self.part(part, *value),
            (Present::Once(_), None) => Truth::True,
            (Present::Unclear, _) => Truth::Unknown,
        }
    }

    fn dependent(
        &mut self,
        present: &[Present<'_>],
        dependent: &Dependent,
        object: Value<'_>,
    ) -> Truth {
        let is_there = |at: usize| match present.get(at) {
            Some(Present::Not) => Truth::False,
            Some(Present::Once(_)) => Truth::True,
            Some(Present::Unclear) | None => Truth::Unknown,
        };
        let steps = dependent.needs.len().saturating_add(1);
        if self.take(steps).is_none() {
            return Truth::Unknown;
        }
        let absent = is_there(dependent.on).not();
        if absent == Truth::True {
            return Truth::True;
        }
        let needs = Truth::all(dependent.needs.iter().map(|at| is_there(*at)));
        let part = dependent
            .part
            .map_or(Truth::True, |part| self.part(part, object));
        Truth::any([absent, Truth::all([needs, part].into_iter())].into_iter())
    }

    /// The checks of a member beside its own schema: of its name, by patterns, and as an additional member. A
    /// look-alike of a named member is unknown already.
    pub(super) fn other(&mut self, members: &Members, name: Value<'_>, value: Value<'_>) -> Truth {
        let named = members
            .names
            .map_or(Truth::True, |part| self.part(part, name));
        if members.patterns.is_empty() && members.others.is_none() {
            return named;
        }
        let text = string(name, self.budget);
        let text = text.filter(|text| self.take(search(members, text)).is_some());
        let Some(text) = text else {
            return Truth::Unknown;
        };
        let alike = members.alike(&text);
        if self.take(alike.len().saturating_mul(ALIKE)).is_none() {
            return Truth::Unknown;
        }
        let exact = members.exact(alike.clone(), &text);
        let mut judged = match exact.and_then(|at| members.ruled.get(at)) {
            Some(ruled) => Truth::of(Some(ruled.part.is_some())),
            None => Truth::of(Some(!alike.is_empty())),
        };
        let mut all = named;
        for (pattern, part) in &members.patterns {
            let matches = self.matches(pattern, name);
            judged = Truth::any([judged, matches].into_iter());
            if matches != Truth::False {
                let fits = self.part(*part, value);
                let fits = Truth::any([matches.not(), fits].into_iter());
                all = Truth::all([all, fits].into_iter());
            }
        }
        if judged != Truth::True
            && let Some(others) = members.others
        {
            let fits = self.part(others, value);
            let fits = Truth::any([judged, fits].into_iter());
            all = Truth::all([all, fits].into_iter());
        }
        all
    }
}

/// The steps that it takes to find a name among those of members.
fn search(members: &Members, name: &str) -> usize {
    // The number of comparisons of a binary search, each of half a step for each byte.
    let comparisons = members.ruled.len().checked_ilog2().unwrap_or(0);
    let steps = name
        .len()
        .saturating_mul(comparisons as usize)
        .checked_div(2);
    let read = NAME.saturating_add(name.len().saturating_mul(2));
    read.saturating_add(steps.unwrap_or(0))
}

impl Assertion {
    /// The kind of values that it constrains; `None` where it constrains all.
    fn judges(&self) -> Option<Kind> {
        match self {
            Self::Order(..) | Self::MultipleOf(_) => Some(Kind::Number),
            Self::Length { of, .. } => Some(*of),
            Self::Pattern(_) => Some(Kind::String),
            Self::Members(_) => Some(Kind::Object),
            Self::Elements { .. } | Self::Contains { .. } | Self::Distinct => Some(Kind::Array),
            Self::Never
            | Self::OneOf(_)
            | Self::All(_)
            | Self::Any(_)
            | Self::ExactlyOne(_)
            | Self::Not(_)
            | Self::If { .. } => None,
        }
    }
}

impl Type {
    fn holds(self, value: Value<'_>, budget: &Budget) -> Truth {
        match self {
            Self::Of(kind) => Truth::of(Some(value.kind() == kind)),
            Self::Integer if value.kind() == Kind::Number => {
                let steps = MEET.saturating_add(value.raw().len());
                let paid = budget.take(steps).is_ok();
                let written = value
                    .raw()
                    .bytes()
                    .any(|byte| matches!(byte, b'.' | b'e' | b'E'));
                match paid && written {
                    true => Truth::of(number(value, budget).and_then(|_| is_whole(value.raw()))),
                    false => Truth::of(is_whole(value.raw()).filter(|_| paid)),
                }
            }
            Self::Integer => Truth::False,
        }
    }
}

/// White space and line terminators of ECMA-262 that this engine does not treat as such.
fn is_odd_space(c: char) -> bool {
    c == '\r' || c == '\u{FEFF}' || (!c.is_ascii() && c.is_whitespace())
}
