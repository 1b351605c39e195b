//! Intercept 1.1.0 in small, written from its documentation and its code, and from nothing of ours.

use crate::import::go;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) deny: bool,
    pub(super) hide: Vec<String>,
    pub(super) tools: BTreeMap<String, Vec<Rule>>,
}

#[derive(Clone, Debug)]
pub(super) enum Rule {
    Deny,
    RateLimit(u32, &'static str),
    Evaluate(Vec<Condition>, Option<State>),
    /// A condition on the counter of the rule with a tool and an index.
    Reads(String, usize, &'static str, Json),
    /// A later version's: the calls that its conditions match wait for a person.
    Approval(Vec<Condition>),
}

#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) path: String,
    pub(super) op: &'static str,
    pub(super) value: Json,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) window: &'static str,
    pub(super) increment: Option<u32>,
    pub(super) from: Option<String>,
    /// The operator and number of the condition on this counter.
    pub(super) bound: Option<(&'static str, Json)>,
}

/// Counts by counter, each with the number of its window.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(BTreeMap<String, (u64, i64)>);

impl Document {
    /// Whether a call is let through, and the counts if it is.
    pub(super) fn allows(
        &self,
        counts: &Counts,
        tool: &str,
        arguments: &Json,
        now: u64,
    ) -> Option<Counts> {
        if self.hide.iter().any(|name| name == tool || name == "*") {
            return None;
        }
        if self.deny && !self.tools.contains_key(tool) {
            return None;
        }
        let own = self.tools.get(tool).map(|rules| (tool, rules));
        let all = self.tools.get("*").map(|rules| ("_global", rules));
        let rules = || {
            let lists = own.into_iter().chain(all);
            lists.flat_map(|(scope, rules)| {
                let numbered = rules.iter().enumerate();
                numbered.map(move |(index, rule)| (format!("{scope}.c{index}"), rule))
            })
        };
        for (counter, rule) in rules() {
            let passes = match rule {
                Rule::Deny => false,
                Rule::RateLimit(max, window) => {
                    counts.value(&counter, window, now) <= i64::from(*max)
                }
                Rule::Evaluate(conditions, state) => {
                    conditions
                        .iter()
                        .all(|condition| condition.holds(arguments))
                        && state
                            .as_ref()
                            .is_none_or(|state| state.holds(counts, &counter, now))
                }
                Rule::Reads(tool, index, op, bound) => {
                    let value = self.read(counts, tool, *index, now);
                    value.is_some_and(|value| operator(op, &value, bound))
                }
                Rule::Approval(conditions) => !conditions
                    .iter()
                    .all(|condition| condition.holds(arguments)),
            };
            if !passes {
                return None;
            }
        }
        let mut counts = counts.clone();
        for (counter, rule) in rules() {
            match rule {
                Rule::RateLimit(max, window) => {
                    counts.reserve(&counter, window, 1, Some(i64::from(*max)), now)?
                }
                Rule::Evaluate(_, Some(state)) => {
                    counts.reserve(
                        &counter,
                        state.window,
                        state.amount(arguments)?,
                        state.limit(),
                        now,
                    )?;
                }
                _ => {}
            }
        }
        Some(counts)
    }
}

impl Document {
    /// The count of a rule of any tool.
    fn read(&self, counts: &Counts, tool: &str, index: usize, now: u64) -> Option<Json> {
        let scope = if tool == "*" { "_global" } else { tool };
        let window = self.window(tool, index)?;
        Some(
            counts
                .value(&format!("{scope}.c{index}"), window, now)
                .into(),
        )
    }

    /// The window of the counter of a rule, if it has one.
    pub(super) fn window(&self, tool: &str, index: usize) -> Option<&'static str> {
        match self.tools.get(tool)?.get(index)? {
            Rule::RateLimit(_, window) => Some(window),
            Rule::Evaluate(_, state) => state.as_ref().map(|state| state.window),
            _ => None,
        }
    }
}

impl State {
    fn holds(&self, counts: &Counts, counter: &str, now: u64) -> bool {
        let value = Json::from(counts.value(counter, self.window, now));
        self.bound
            .as_ref()
            .is_none_or(|(op, bound)| operator(op, &value, bound))
    }

    fn limit(&self) -> Option<i64> {
        let (op, bound) = self.bound.as_ref()?;
        let bound = bound.as_f64().unwrap().trunc() as i64;
        Some(if *op == "lt" { bound - 1 } else { bound })
    }

    fn amount(&self, arguments: &Json) -> Option<i64> {
        match &self.from {
            // Go does not distinguish 0 from a missing value.
            None => Some(i64::from(self.increment.unwrap_or(1).max(1))),
            Some(path) => Some(value_at(arguments, path)?.as_f64()?.trunc() as i64),
        }
    }
}

impl Counts {
    fn value(&self, counter: &str, window: &str, now: u64) -> i64 {
        let present = number_of(window, now);
        let stored = self.0.get(counter);
        stored
            .filter(|(window, _)| *window == present)
            .map_or(0, |(_, value)| *value)
    }

    fn reserve(
        &mut self,
        counter: &str,
        window: &str,
        amount: i64,
        limit: Option<i64>,
        now: u64,
    ) -> Option<()> {
        let Some(limit) = limit else {
            return Some(());
        };
        let value = self.value(counter, window, now) + amount;
        self.0
            .insert(counter.into(), (number_of(window, now), value));
        (value <= limit).then_some(())
    }
}

fn number_of(window: &str, now: u64) -> u64 {
    now / match window {
        "minute" => 60_000,
        "hour" => 3_600_000,
        _ => 86_400_000,
    }
}

impl Condition {
    fn holds(&self, arguments: &Json) -> bool {
        let found = value_at(arguments, &self.path);
        if self.op == "exists" {
            let there = found.is_some_and(|value| !value.is_null());
            return Some(there) == self.value.as_bool();
        }
        found.is_some_and(|value| operator(self.op, value, &self.value))
    }
}

fn value_at<'a>(arguments: &'a Json, path: &str) -> Option<&'a Json> {
    let members = path.strip_prefix("args.")?.split('.');
    members
        .into_iter()
        .try_fold(arguments, |value, name| value.as_object()?.get(name))
}

fn operator(op: &str, actual: &Json, expected: &Json) -> bool {
    let compare = |holds: fn(&f64, &f64) -> bool| {
        actual
            .as_f64()
            .zip(expected.as_f64())
            .is_some_and(|(a, b)| holds(&a, &b))
    };
    match op {
        "eq" => equal(actual, expected),
        "neq" => !equal(actual, expected),
        "in" => expected
            .as_array()
            .unwrap()
            .iter()
            .any(|expected| equal(actual, expected)),
        "not_in" => !operator("in", actual, expected),
        "lt" => compare(f64::lt),
        "lte" => compare(f64::le),
        "gt" => compare(f64::gt),
        "gte" => compare(f64::ge),
        "regex" => actual
            .as_str()
            .is_some_and(|text| matches(expected.as_str().unwrap(), text)),
        "contains" => match (actual, expected) {
            (Json::String(text), Json::String(part)) => text.contains(part.as_str()),
            (Json::Array(list), expected) => list.iter().any(|element| equal(element, expected)),
            _ => false,
        },
        _ => panic!("no operator {op}"),
    }
}

/// The expressions that the model knows.
pub(super) const PATTERNS: &[&str] = &[
    "a",
    "^a$",
    r"a\sb",
    r"a\Sb",
    r"^[^a\s]*$",
    r"^\p{L}*$",
    "(?i)^[^A]*$",
];

fn matches(pattern: &str, text: &str) -> bool {
    let space = |c: char| "\t\n\u{c}\r ".contains(c);
    let between = |wanted: bool| {
        let letters: Vec<_> = text.chars().collect();
        letters
            .windows(3)
            .any(|three| three[0] == 'a' && space(three[1]) == wanted && three[2] == 'b')
    };
    match pattern {
        "a" => text.contains('a'),
        "^a$" => text == "a",
        r"a\sb" => between(true),
        r"a\Sb" => between(false),
        r"^[^a\s]*$" => !text.chars().any(|c| c == 'a' || space(c)),
        // Of the generated texts, no other has letters alone.
        r"^\p{L}*$" => text.chars().all(char::is_alphabetic),
        "(?i)^[^A]*$" => !text.contains(['a', 'A']),
        _ => panic!("the model does not know {pattern}"),
    }
}

fn equal(actual: &Json, expected: &Json) -> bool {
    match (actual.as_f64(), expected.as_f64()) {
        (Some(actual), Some(expected)) => actual == expected,
        // Go's reader of JSON makes every number of the arguments a float64, its reader of YAML not.
        _ => printed(actual, true) == printed(expected, false),
    }
}

fn printed(value: &Json, floats: bool) -> String {
    let list = |list: &[Json]| {
        list.iter()
            .map(|value| printed(value, floats))
            .collect::<Vec<_>>()
            .join(" ")
    };
    match value {
        Json::Null => "<nil>".into(),
        Json::Number(number) if number.is_i64() && !floats => number.to_string(),
        Json::Number(number) => go::print(number.as_f64().unwrap()),
        Json::Array(elements) => format!("[{}]", list(elements)),
        Json::Object(members) => format!("map[{}]", members_printed(members)),
        Json::Bool(bool) => bool.to_string(),
        Json::String(text) => text.clone(),
    }
}

fn members_printed(members: &Map<String, Json>) -> String {
    let sorted: BTreeMap<_, _> = members.iter().collect();
    let member = |(name, value): (&String, &Json)| format!("{name}:{}", printed(value, true));
    sorted.into_iter().map(member).collect::<Vec<_>>().join(" ")
}
