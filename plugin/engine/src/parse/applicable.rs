//! Reports conditions that no call can satisfy: an operator or a value that the type of its path never has, and a path
//! that the calls of its table never have.
//!
//! It looks at one condition alone, and never judges a call.

use super::reader::{Location, Members, PolicyReader};
use crate::model::{Attribute, Comparison, Condition, Order, Path, Predicate, Segment, Table};
use crate::words::json::{Kind, Value, exact};
use std::net::IpAddr;

/// The operators of texts.
pub(crate) const OF_TEXT: &[&str] = &[
    "eq",
    "neq",
    "in",
    "not_in",
    "regex",
    "not_regex",
    "contains",
    "exists",
    "length",
    "type",
    "within",
    "host_in",
    "cidr",
    "schema",
    "secret",
];

/// The operators of numbers.
pub(crate) const OF_NUMBER: &[&str] = &[
    "eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "exists", "type", "schema",
];

/// The operators of all arguments together, which are an object.
pub(crate) const OF_OBJECT: &[&str] = &[
    "eq", "neq", "in", "not_in", "exists", "length", "type", "schema",
];

/// The whole numbers of a part of the time, and their name.
pub(crate) type Numbers = (&'static str, u32, u32);

pub(crate) const HOURS: Numbers = ("hours", 0, 23);
pub(crate) const WEEKDAYS: Numbers = ("days", 1, 7);
pub(crate) const SECONDS: Numbers = ("seconds", 0, u32::MAX);

/// The values that a path can lead to.
#[derive(Clone, Copy)]
enum Values {
    Any,
    Object,
    Text,
    Address,
    Number(Numbers),
}

const WRITE_STEP: &str =
    "the path of one argument, such as `args.list[*]`: the arguments together are an object";

const WRITE_ONE: &str =
    "; or the path of one argument, such as `args.name`, or `args.**` for each text";

const WRITE_NO_ARGUMENTS: &str = "another path, such as `uri`: a resource has no arguments";

const WRITE_ADDRESS: &str = "an IP address such as `192.0.2.7`; `cidr` tests networks";

impl Values {
    /// `None` for values of any type.
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Any => None,
            Self::Object => Some(Kind::Object),
            Self::Text | Self::Address => Some(Kind::String),
            Self::Number(_) => Some(Kind::Number),
        }
    }

    fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Any => &[],
            Self::Object => OF_OBJECT,
            Self::Text | Self::Address => OF_TEXT,
            Self::Number(_) => OF_NUMBER,
        }
    }

    /// What to write in the place of a value that the path never has; `None` where it can have it.
    fn instead(self, value: Value<'_>) -> Option<String> {
        match self {
            Self::Number(numbers) => is_outside(value, numbers).then(|| {
                let (name, least, most) = numbers;
                format!("a whole number: one of the {name} {least} to {most}")
            }),
            Self::Address => address_instead(value),
            _ if Some(value.kind()) == self.kind() => None,
            _ => self.kind().map(|kind| noun(kind).into()),
        }
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Object => "an object",
        Kind::String => "a text",
        Kind::Number => "a number",
        _ => "a list",
    }
}

fn is_outside(value: Value<'_>, (_, least, most): Numbers) -> bool {
    let number = exact(value.raw()).filter(|_| value.kind() == Kind::Number);
    let within = |number: &f64| (f64::from(least)..=f64::from(most)).contains(number);
    number
        .filter(within)
        .is_none_or(|number| number.fract() != 0.0)
}

/// Addresses are compared as texts in canonical form.
fn address_instead(value: Value<'_>) -> Option<String> {
    let text = value.string().unwrap_or_default();
    let Ok(address) = text.parse::<IpAddr>() else {
        return Some(WRITE_ADDRESS.into());
    };
    let canonical = address.to_canonical().to_string();
    (canonical != text).then(|| format!("`{canonical}`"))
}

/// True for a comparison that no number passes, or that all do and that names none of them or their neighbours.
fn divides_nothing(order: Order, bound: f64, (_, least, most): Numbers) -> bool {
    let (least, most) = (f64::from(least), f64::from(most));
    let some = match order {
        Order::Less => least < bound,
        Order::LessOrEqual => least <= bound,
        Order::Greater => most > bound,
        Order::GreaterOrEqual => most >= bound,
    };
    !some || bound < least - 1.0 || bound > most + 1.0
}

impl PolicyReader {
    /// Checks that some call can satisfy the condition.
    pub(super) fn applicable(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        condition: &Condition,
    ) {
        let Condition {
            path, predicate, ..
        } = condition;
        let (at_path, at_value) = (at.key("path"), at.key("value"));
        let (Some(written), Some(value)) = (members.get("path"), members.get("value")) else {
            return;
        };
        let places = [(path, at_path, written)].into_iter();
        let other = predicate.places().first().zip(value.get("ref"));
        let other = other.map(|(path, value)| (path, at_value.key("ref"), value));
        for (path, at, written) in places.chain(other) {
            let absent = self.absent(path);
            if let Some(write) = absent.filter(|_| !matches!(predicate, Predicate::Exists(false))) {
                return self.invalid(&at, written, &write);
            }
        }
        let values = self.values(path);
        let Some(kind) = values.kind() else {
            return self.other_place(&at_value, value, None, predicate);
        };
        let operators = values.operators();
        if !operators.contains(&predicate.name()) {
            let (operators, noun) = (operators.join(", "), noun(kind));
            let other = match values {
                Values::Object => WRITE_ONE,
                _ => "",
            };
            let write = format!("one of {operators}: `{path}` is {noun}{other}");
            if let Some(value) = members.get("op") {
                self.invalid(&at.key("op"), value, &write);
            }
            return;
        }
        self.operand_of(&at_value, value, values, predicate);
        self.other_place(&at_value, value, Some(kind), predicate);
    }

    /// Checks that a path whose values have one type can have the value of the operand.
    fn operand_of(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        values: Values,
        predicate: &Predicate,
    ) {
        match (predicate, values) {
            (Predicate::Eq(_) | Predicate::Neq(_), _) => self.one_of(at, value, values),
            (Predicate::In(_) | Predicate::NotIn(_), _) => {
                let null = |value: &Value<'_>| value.kind() == Kind::Null;
                let only_null = value.elements().all(|element| null(&element));
                for (index, element) in value.elements().enumerate() {
                    if only_null || !null(&element) {
                        self.one_of(&at.index(index), element, values);
                    }
                }
            }
            (Predicate::Contains(_), _) if value.kind() != Kind::String => {
                self.invalid(at, value, noun(Kind::String));
            }
            (Predicate::Type(kind), _) if Some(*kind) != values.kind() => {
                let kind = values.kind().map(noun).unwrap_or_default();
                let write = format!("the type of {kind}, or another path");
                self.invalid(at, value, &write);
            }
            (Predicate::Order(order, bound), Values::Number(numbers))
                if divides_nothing(*order, *bound, numbers) =>
            {
                let (name, least, most) = numbers;
                let write = format!("a bound that divides the {name} {least} to {most}");
                self.invalid(at, value, &write);
            }
            _ => {}
        }
    }

    fn one_of(&mut self, at: &Location<'_>, value: Value<'_>, values: Values) {
        if let Some(write) = values.instead(value) {
            self.invalid(at, value, &write);
        }
    }

    /// Checks that the operator can compare a value of this kind with the place that the operand names.
    fn other_place(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        kind: Option<Kind>,
        predicate: &Predicate,
    ) {
        let Predicate::Compare(comparison, other) = predicate else {
            return;
        };
        let wanted = match comparison {
            Comparison::In | Comparison::NotIn => Some(Kind::Array),
            Comparison::Order(_) => Some(Kind::Number),
            Comparison::Eq | Comparison::Neq | Comparison::Contains => kind,
        };
        let found = self.values(other).kind();
        if let (Some(wanted), Some(found), Some(value)) = (wanted, found, value.get("ref"))
            && wanted != found
        {
            let write = format!("the path of {}: `{other}` is {}", noun(wanted), noun(found));
            self.invalid(&at.key("ref"), value, &write);
        }
    }

    /// What to write in the place of a path to which no call of the table has a value.
    fn absent(&self, path: &Path) -> Option<String> {
        let own = match path {
            Path::Arguments(_) | Path::AnyText if self.table == Table::Resources => {
                return Some(WRITE_NO_ARGUMENTS.into());
            }
            Path::Arguments(steps) => {
                let step = steps.first();
                let step = step.filter(|step| !matches!(step, Segment::Member(_)));
                return step.map(|_| WRITE_STEP.into());
            }
            Path::Attribute(Attribute::Tool) => Table::Tools,
            Path::Attribute(Attribute::Prompt) => Table::Prompts,
            Path::Attribute(Attribute::Uri) => Table::Resources,
            _ => return None,
        };
        let table = self.table.key();
        let write = || format!("another path: calls of `{table}` have no `{path}`");
        (own != self.table).then(write)
    }

    fn values(&self, path: &Path) -> Values {
        match path {
            Path::Arguments(steps) if steps.is_empty() => Values::Object,
            Path::Arguments(_) | Path::AnyText | Path::Identity(_) => Values::Any,
            Path::Attribute(attribute) => match attribute {
                Attribute::Header(name) if self.json_headers.contains(name) => Values::Any,
                Attribute::Ip => Values::Address,
                Attribute::Hour => Values::Number(HOURS),
                Attribute::Weekday => Values::Number(WEEKDAYS),
                Attribute::Unix => Values::Number(SECONDS),
                _ => Values::Text,
            },
        }
    }
}
