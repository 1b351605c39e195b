//! Turns the conditions of a policy into the model: the path of a value in the call, an operator, and its operand.
//!
//! It judges no call; `decide::condition` does.

use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::{Clause, Condition, Group, Literal, Literals, Order, Path, Predicate, Segment};
use crate::words::Rule;
use crate::words::expression::Expression;
use crate::words::json::{Kind, Value, exact};

pub(crate) const GROUP: Keys = Keys {
    supported: &["conditions", "on_deny"],
    reserved: &[],
};

pub(crate) const CONDITION: Keys = Keys {
    supported: &["path", "op", "value", "if_present"],
    reserved: &[],
};

pub(crate) const LENGTH: Keys = Keys {
    supported: &["min", "max"],
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

pub(crate) const KINDS: &[(&str, Kind)] = &[
    ("null", Kind::Null),
    ("boolean", Kind::Bool),
    ("number", Kind::Number),
    ("string", Kind::String),
    ("array", Kind::Array),
    ("object", Kind::Object),
];

const WRITE_PATH: &str = r#"`args`, `args.**`, `args.name`, `args.list[0]`, `args.list[*]`, `args["any name"]`, `tool`, `prompt`, `uri`, `method`, `server`, `grant`, `identity.<claim>`, `ip`, `header.<name>`, `time.hour` or `time.weekday`"#;

/// The operators of conditions on `args.**`.
pub(crate) const OF_TEXTS: [&str; 8] = [
    "regex",
    "not_regex",
    "contains",
    "eq",
    "neq",
    "in",
    "not_in",
    "secret",
];

const WRITE_TEXT_OPERATOR: &str = "one of regex, not_regex, contains, eq, neq, in, not_in and secret, which judge texts, or another path";

const WRITE_TEXT: &str = "a text: `args.**` reads texts, and numbers as texts";

const WRITE_ITEMS: &str =
    "the path of the whole list, and the rule for its elements under `items` of the schema";

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

impl PolicyReader {
    /// The list under `require` or `deny_if`; `rule` is the rule of the list itself.
    pub(super) fn groups(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: &Rule,
        clause: Clause,
    ) -> Vec<Group> {
        let groups = self.list(at, value, "groups of conditions").enumerate();
        groups
            .filter_map(|(index, value)| {
                self.group(&at.index(index), value, rule.at_index(index), clause)
            })
            .collect()
    }

    fn group(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: Rule,
        clause: Clause,
    ) -> Option<Group> {
        let members = self.object(at, value, &GROUP);
        let on_deny = members
            .get("on_deny")
            .and_then(|value| self.string(&at.key("on_deny"), value));
        let list = self.required(at, &members, "conditions")?;
        let at = at.key("conditions");
        let conditions = self.conditions(&at, list);
        if list.elements().next().is_none()
            && list.kind() == Kind::Array
            && clause == Clause::Require
        {
            self.invalid(
                &at,
                list,
                "at least one condition; to deny always, write an empty list in `deny_if`",
            );
        }
        Some(Group {
            conditions,
            on_deny: on_deny.map(Into::into),
            rule,
        })
    }

    /// A list of conditions.
    pub(super) fn conditions(&mut self, at: &Location<'_>, list: Value<'_>) -> Vec<Condition> {
        let conditions = self.list(at, list, "conditions").enumerate();
        conditions
            .filter_map(|(index, value)| self.condition(&at.index(index), value))
            .collect()
    }

    fn condition(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Condition> {
        let members = self.object(at, value, &CONDITION);
        let path = self
            .required(at, &members, "path")
            .and_then(|value| self.path(&at.key("path"), value));
        let predicate = self.predicate(at, &members);
        let if_present = self.flag(at, &members, "if_present");
        let (path, predicate) = (path?, predicate?);
        if if_present && matches!(predicate, Predicate::Exists(_)) {
            let value = members.get("if_present")?;
            self.misplaced(
                &at.key("if_present"),
                value,
                "nothing: `exists` already tests for presence",
            );
        }
        if let (Predicate::Schema(_), Path::Arguments(steps)) = (&predicate, &path)
            && steps.contains(&Segment::Each)
        {
            let value = members.get("path")?;
            self.invalid(&at.key("path"), value, WRITE_ITEMS);
        }
        if path == Path::AnyText {
            self.any_text(at, &members, &predicate);
        }
        Some(Condition {
            path,
            predicate,
            if_present,
        })
    }

    /// Checks that a condition on `args.**` judges texts.
    fn any_text(&mut self, at: &Location<'_>, members: &Members<'_>, predicate: &Predicate) {
        let (key, write) = match predicate {
            Predicate::Regex(_) | Predicate::NotRegex(_) | Predicate::Secret(_) => return,
            Predicate::Eq(literal) | Predicate::Neq(literal) | Predicate::Contains(literal) => {
                match literal {
                    Literal::String(_) => return,
                    _ => ("value", WRITE_TEXT),
                }
            }
            Predicate::In(literals) | Predicate::NotIn(literals) => {
                match literals.has(Kind::String) && literals.others.is_empty() {
                    true => return,
                    false => ("value", WRITE_TEXT),
                }
            }
            _ => ("op", WRITE_TEXT_OPERATOR),
        };
        if let Some(value) = members.get(key) {
            self.invalid(&at.key(key), value, write);
        }
    }

    fn path(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Path> {
        let text = self.string(at, value)?;
        let path = Path::parse(&text);
        if path.is_none() {
            self.invalid(at, value, WRITE_PATH);
        }
        path
    }

    fn predicate(&mut self, at: &Location<'_>, members: &Members<'_>) -> Option<Predicate> {
        let operator = self.required(at, members, "op");
        let operand = self.required(at, members, "value");
        let operator = self.operator(&at.key("op"), operator?)?;
        let value = operand?;
        let at = at.key("value");
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
            Operator::Within => Predicate::Within(self.roots(&at, value)?),
            Operator::HostIn => Predicate::HostIn(self.hosts(&at, value)?),
            Operator::Cidr => Predicate::Cidr(self.networks(&at, value)?),
            Operator::Schema => Predicate::Schema(self.schema(&at, value)?),
            Operator::Secret => Predicate::Secret(self.secret_kinds(&at, value)?),
            Operator::Type => Predicate::Type(self.word(&at, value, KINDS)?),
        })
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
