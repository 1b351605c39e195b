//! Turns the operator of a condition and its operand into a predicate.
//!
//! It knows no path but that of a reference; `condition` reads the others.

use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::{Comparison, Literal, Literals, Order, Path, Predicate};
use crate::words::expression::Expression;
use crate::words::json::{Kind, Value, exact};

pub(crate) const LENGTH: Keys = Keys {
    supported: &["min", "max"],
    reserved: &[],
};

pub(crate) const REFERENCE: Keys = Keys {
    supported: &["ref"],
    reserved: &[],
};

pub(crate) const OPERATORS: &[(&str, Operator)] = &[
    ("eq", Operator::Eq),
    ("neq", Operator::Neq),
    ("in", Operator::In),
    ("not_in", Operator::NotIn),
    ("lt", Operator::Lt),
    ("lte", Operator::Lte),
    ("gt", Operator::Gt),
    ("gte", Operator::Gte),
    ("regex", Operator::Regex),
    ("not_regex", Operator::NotRegex),
    ("contains", Operator::Contains),
    ("exists", Operator::Exists),
    ("length", Operator::Length),
    ("type", Operator::Type),
    ("within", Operator::Within),
    ("host_in", Operator::HostIn),
    ("cidr", Operator::Cidr),
    ("schema", Operator::Schema),
    ("secret", Operator::Secret),
];

/// The operator of a condition, before its operand is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Neq,
    In,
    NotIn,
    Lt,
    Lte,
    Gt,
    Gte,
    Regex,
    NotRegex,
    Contains,
    Exists,
    Length,
    Type,
    Within,
    HostIn,
    Cidr,
    Schema,
    Secret,
}

const WRITE_REGEX: &str = "a regular expression without look-around, back-references or Unicode classes, small enough to run on every call";

const WRITE_FEWER: &str = "shorter or fewer regular expressions: with repetitions expanded, all expressions of a policy have at most 65,536 characters and choices";

/// The most table entries in the automata of all expressions of a policy: a quarter of a megabyte. Expressions beyond
/// it build their automata while they match.
const LARGEST_AUTOMATA: usize = 64 * 1024;

/// The most instructions of all expressions of a policy together. It bounds the memory of a policy with many large ones
/// to a few megabytes.
const MOST_INSTRUCTIONS: usize = 65_536;

const WRITE_NUMBER: &str = "a number without quotes and with at most 15 digits";

const WRITE_ONE_TYPE: &str = "a list of at least one value, all of one type (or null)";

const LONGEST_TEXT: u64 = 1_000_000_000;

const WRITE_REFERENCE: &str = "the path of one other value, without `[*]` and `**`";

impl Operator {
    /// The comparison with another place of the call; `None` where the operator has none.
    pub(crate) fn comparison(self) -> Option<Comparison> {
        Some(match self {
            Self::Eq => Comparison::Eq,
            Self::Neq => Comparison::Neq,
            Self::In => Comparison::In,
            Self::NotIn => Comparison::NotIn,
            Self::Contains => Comparison::Contains,
            Self::Lt => Comparison::Order(Order::Less),
            Self::Lte => Comparison::Order(Order::LessOrEqual),
            Self::Gt => Comparison::Order(Order::Greater),
            Self::Gte => Comparison::Order(Order::GreaterOrEqual),
            _ => return None,
        })
    }
}

impl PolicyReader {
    pub(super) fn predicate(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
    ) -> Option<Predicate> {
        let operator = self.required(at, members, "op");
        let operand = self.required(at, members, "value");
        let operator = self.operator(&at.key("op"), operator?)?;
        let value = operand?;
        let at = at.key("value");
        if let Some(comparison) = operator.comparison()
            && value.get("ref").is_some()
        {
            let place = self.reference(&at, value)?;
            return Some(Predicate::Compare(comparison, place));
        }
        Some(match operator {
            Operator::Eq => Predicate::Eq(self.literal(&at, value)?),
            Operator::Neq => Predicate::Neq(self.literal(&at, value)?),
            Operator::In => Predicate::In(self.literals(&at, value)?),
            Operator::NotIn => Predicate::NotIn(self.literals(&at, value)?),
            Operator::Lt => Predicate::Order(Order::Less, self.number(&at, value)?),
            Operator::Lte => Predicate::Order(Order::LessOrEqual, self.number(&at, value)?),
            Operator::Gt => Predicate::Order(Order::Greater, self.number(&at, value)?),
            Operator::Gte => Predicate::Order(Order::GreaterOrEqual, self.number(&at, value)?),
            Operator::Regex => Predicate::Regex(self.regex(&at, value)?),
            Operator::NotRegex => Predicate::NotRegex(self.regex(&at, value)?),
            Operator::Contains => Predicate::Contains(self.literal(&at, value)?),
            Operator::Exists => Predicate::Exists(self.bool(&at, value)?),
            Operator::Length => self.length(&at, value)?,
            Operator::Within => self.within(&at, value)?,
            Operator::HostIn => Predicate::HostIn(self.hosts(&at, value)?),
            Operator::Cidr => Predicate::Cidr(self.networks(&at, value)?),
            Operator::Schema => Predicate::Schema(self.schema(&at, value)?),
            Operator::Secret => Predicate::Secret(self.secret_kinds(&at, value)?),
            Operator::Type => Predicate::Type(self.word(&at, value, &Kind::NAMED)?),
        })
    }

    /// `{"ref": "<path>"}`: another place of the same call.
    fn reference(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Path> {
        let members = self.object(at, value, &REFERENCE);
        let value = members.get("ref")?;
        let at = at.key("ref");
        let path = self.path(&at, value)?;
        if !path.is_of_one_value() {
            self.invalid(&at, value, WRITE_REFERENCE);
            return None;
        }
        Some(path)
    }

    fn operator(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Operator> {
        let text = self.string(at, value)?;
        let known = OPERATORS.iter().find(|(name, _)| **name == *text);
        if known.is_none() {
            let names: Vec<_> = OPERATORS.iter().map(|(name, _)| *name).collect();
            let write = format!("one of {}", names.join(", "));
            self.invalid(at, value, &write);
        }
        known.map(|(_, operator)| *operator)
    }

    pub(super) fn number(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<f64> {
        let number = (value.kind() == Kind::Number)
            .then(|| exact(value.raw()))
            .flatten();
        if number.is_none() {
            self.invalid(at, value, WRITE_NUMBER);
        }
        number
    }

    pub(super) fn literal(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Literal> {
        Some(match value.kind() {
            Kind::Null => Literal::Null,
            Kind::Bool => Literal::Bool(value.bool()?),
            Kind::Number => Literal::Number(self.number(at, value)?),
            Kind::String => Literal::String(value.string()?.into()),
            Kind::Array => {
                let elements = value.elements().enumerate();
                let literals = elements.map(|(index, value)| self.literal(&at.index(index), value));
                Literal::Array(literals.collect::<Option<_>>()?)
            }
            Kind::Object => {
                let member = |(name, value): (std::borrow::Cow<'_, str>, _)| {
                    let literal = self.literal(&at.key(&name), value)?;
                    Some((name.as_ref().into(), literal))
                };
                Literal::Object(value.members().map(member).collect::<Option<_>>()?)
            }
        })
    }

    /// The list of `in` or `not_in`. All its values have one type, or are null: a value of another type than the call's
    /// would make the condition unknown.
    fn literals(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Literals> {
        let mut kinds = value
            .elements()
            .map(Value::kind)
            .filter(|kind| *kind != Kind::Null);
        let first = kinds.next();
        let none = value.elements().next().is_none();
        if none || kinds.any(|kind| Some(kind) != first) {
            self.invalid(at, value, WRITE_ONE_TYPE);
            return None;
        }
        match self.literal(at, value)? {
            Literal::Array(literals) => Some(Literals::new(literals)),
            _ => None,
        }
    }

    fn regex(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Expression> {
        let text = self.string(at, value)?;
        self.prepared(at, value, &text)
    }

    /// An expression that is asked only whether it matches. Its automaton is prepared as far as there is room.
    pub(super) fn prepared(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        text: &str,
    ) -> Option<Expression> {
        let mut expression = self.compiled(at, value, Expression::new(text))?;
        let room = LARGEST_AUTOMATA.saturating_sub(self.automata);
        self.automata = self
            .automata
            .saturating_add(expression.prepare(room, &self.preparing));
        Some(expression)
    }

    /// The compiled regular expression. `value` is the one at `at`, or the object of which the expression is a key.
    pub(super) fn compiled(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        expression: Result<Expression, &'static str>,
    ) -> Option<Expression> {
        if let Err(mistake) = expression {
            let write = format!("{WRITE_REGEX} (this one has {mistake})");
            match value.kind() {
                Kind::Object => self.misplaced(at, value, &write),
                _ => self.invalid(at, value, &write),
            }
        }
        let expression = expression.ok()?;
        let before = self.instructions;
        self.instructions = before.saturating_add(expression.size());
        // Reported once, for the first expression that exceeds the bound.
        if before <= MOST_INSTRUCTIONS && self.instructions > MOST_INSTRUCTIONS {
            self.invalid(at, value, WRITE_FEWER);
        }
        Some(expression)
    }

    fn length(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Predicate> {
        let members = self.object(at, value, &LENGTH);
        let mut bound = |key: &'static str| match members.get(key) {
            Some(value) => self.whole(&at.key(key), value, 0, LONGEST_TEXT).map(Some),
            None => Some(None),
        };
        let (min, max) = (bound("min")?, bound("max")?);
        if members.is_object
            && (min.is_none() && max.is_none() || max.is_some_and(|max| min > Some(max)))
        {
            self.invalid(
                at,
                value,
                r#"{"min": 1, "max": 80}, or one of the two, `min` not above `max`"#,
            );
            return None;
        }
        let size = |bound: u64| usize::try_from(bound).unwrap_or(usize::MAX);
        Some(Predicate::Length {
            min: min.map_or(0, size),
            max: max.map_or(usize::MAX, size),
        })
    }
}
