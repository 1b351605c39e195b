//! Conditions of one group that exclude each other, so that the group never holds.
//!
//! It compares conditions in pairs and on one path. It never looks into expressions, schemas and other places of the call.

use super::member::{list, text};
use super::rule_set::rules;
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::{Kind, Value};
use std::collections::HashMap;

/// The most conditions on one path with which a later one is compared.
const MOST_COMPARED: usize = 64;

/// The elements of the longest list that is looked into.
const LONGEST_LIST: usize = 256;

/// The list of a group, the effect of conditions that exclude each other there, and the advice.
struct Clause {
    key: &'static str,
    effect: &'static str,
    help: &'static str,
}

const REQUIRE: Clause = Clause {
    key: "require",
    effect: "it refuses every call",
    help: r#"write `{ "any": […] }` around conditions of which one is enough"#,
};

const DENY_IF: Clause = Clause {
    key: "deny_if",
    effect: "it refuses no call whose value is known",
    help: "write each condition into a group of its own: one group that holds is enough",
};

const APPROVAL: Clause = Clause {
    key: "require_approval",
    effect: "it asks for no approval of a call whose value is known",
    help: REQUIRE.help,
};

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rules in rules(root) {
        for clause in [&REQUIRE, &DENY_IF] {
            let at = format!("{}/{}", rules.at, clause.key);
            for (index, group) in list(rules.value, clause.key) {
                exclusive(group, &format!("{at}/{index}"), clause, &mut found);
            }
        }
        if let Some(group) = rules.value.get(APPROVAL.key) {
            let at = format!("{}/{}", rules.at, APPROVAL.key);
            exclusive(group, &at, &APPROVAL, &mut found);
        }
    }
    found
}

/// The conditions of a group that an earlier one excludes.
fn exclusive(group: Value<'_>, at: &str, clause: &Clause, found: &mut Vec<Diagnostic>) {
    let mut by_path: HashMap<String, Vec<(usize, Test<'_>)>> = HashMap::new();
    for (index, condition) in list(group, "conditions") {
        let path = text(condition, "path").into_owned();
        let Some(test) = Test::of(condition, &path, clause) else {
            continue;
        };
        let others = by_path.entry(path).or_default();
        let excluded = others.iter().find(|(_, other)| other.excludes(&test));
        if let Some((other, _)) = excluded {
            let message = format!(
                "no value satisfies both this and {at}/conditions/{other}, so the group never holds: {}",
                clause.effect
            );
            let at = format!("{at}/conditions/{index}");
            found.push(Diagnostic::warning("never-holds", at, message).help(clause.help));
        }
        if others.len() < MOST_COMPARED {
            others.push((index, test));
        }
    }
}

/// A condition about one value.
struct Test<'a> {
    op: String,
    operand: Value<'a>,
    /// The types of the values that may satisfy it.
    kinds: Vec<Kind>,
}

impl<'a> Test<'a> {
    /// `None` for a condition that another one of the same path never excludes.
    fn of(condition: Value<'a>, path: &str, clause: &Clause) -> Option<Self> {
        let op = text(condition, "op").into_owned();
        let operand = condition.get("value")?;
        let several = path.contains("[*]") || path.ends_with("**");
        let optional = condition.get("if_present").and_then(Value::bool) == Some(true);
        let skipped = optional && clause.key == REQUIRE.key;
        let is_long = operand.elements().nth(LONGEST_LIST).is_some();
        if several || skipped || is_long || operand.get("ref").is_some() {
            return None;
        }
        let kinds = kinds(&op, operand)?;
        Some(Self { op, operand, kinds })
    }

    fn excludes(&self, other: &Self) -> bool {
        let common = self.kinds.iter().any(|kind| other.kinds.contains(kind));
        !common
            || self.none_of_listed(other)
            || other.none_of_listed(self)
            || self.is_below(other)
            || other.is_below(self)
    }

    /// True where the policy lists the values that satisfy this condition, and none satisfies the other one.
    fn none_of_listed(&self, other: &Self) -> bool {
        match &*self.op {
            "eq" => !other.may_hold(self.operand),
            "in" => !self.operand.elements().any(|value| other.may_hold(value)),
            _ => false,
        }
    }

    /// False where the condition is false or unknown for the value.
    fn may_hold(&self, value: Value<'_>) -> bool {
        if !self.kinds.contains(&value.kind()) {
            return false;
        }
        let is_listed = || {
            let mut listed = self.operand.elements();
            listed.any(|other| equal(value, other) == Some(true))
        };
        match &*self.op {
            "eq" => equal(value, self.operand) != Some(false),
            "neq" => equal(value, self.operand) != Some(true),
            "in" => {
                let mut listed = self.operand.elements();
                listed.any(|other| equal(value, other) != Some(false))
            }
            "not_in" => !is_listed(),
            op => match (number(value), number(self.operand)) {
                (Some(value), Some(bound)) => holds(value, op, bound),
                _ => true,
            },
        }
    }

    /// True where every number that satisfies this condition is below those that satisfy the other one.
    fn is_below(&self, other: &Self) -> bool {
        let (Some(upper), Some(lower)) = (number(self.operand), number(other.operand)) else {
            return false;
        };
        match (&*self.op, &*other.op) {
            ("lte", "gte") => upper < lower,
            ("lt" | "lte", "gt" | "gte") => upper <= lower,
            _ => false,
        }
    }
}

/// The types of the values that may satisfy the operator; `None` for all.
fn kinds(op: &str, operand: Value<'_>) -> Option<Vec<Kind>> {
    Some(match op {
        "eq" | "neq" => vec![operand.kind()],
        "in" | "not_in" => operand.elements().map(Value::kind).collect(),
        "lt" | "lte" | "gt" | "gte" => vec![Kind::Number],
        "regex" | "not_regex" | "host_in" | "cidr" | "secret" => vec![Kind::String],
        "contains" | "within" => vec![Kind::String, Kind::Array],
        "length" => vec![Kind::String, Kind::Array, Kind::Object],
        "exists" => {
            let exists = operand.bool()?;
            let of = Kind::NAMED.into_iter().map(|(_, kind)| kind);
            of.filter(|kind| (*kind != Kind::Null) == exists).collect()
        }
        "type" => {
            let word = operand.string()?;
            let kind = Kind::NAMED.into_iter().find(|(name, _)| *name == word)?;
            vec![kind.1]
        }
        _ => return None,
    })
}

/// `None` for lists and objects, which are not compared here.
fn equal(one: Value<'_>, other: Value<'_>) -> Option<bool> {
    if one.kind() != other.kind() {
        return Some(false);
    }
    match one.kind() {
        Kind::Number => Some(number(one) == number(other)),
        Kind::String => Some(one.string() == other.string()),
        Kind::Null | Kind::Bool => Some(one.raw() == other.raw()),
        Kind::Array | Kind::Object => None,
    }
}

fn number(value: Value<'_>) -> Option<f64> {
    let is_number = value.kind() == Kind::Number;
    value.raw().parse().ok().filter(|_| is_number)
}

fn holds(value: f64, op: &str, bound: f64) -> bool {
    match op {
        "lt" => value < bound,
        "lte" => value <= bound,
        "gt" => value > bound,
        "gte" => value >= bound,
        _ => true,
    }
}
