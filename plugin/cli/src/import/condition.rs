//! Turns a condition of Intercept, which lets a call through where it holds, into conditions of ours that refuse where it
//! does not.
//!
//! Intercept compares what is not two numbers by its printed form, so `5` and `"5"` are one to it; ours never are. What it
//! lets through by that is written out type by type, since no `in` list holds values of two types.

use super::go;
use super::pattern;
use super::report::{At, Report};
use super::yaml::{Node, Value};
use serde_json::{Map, Value as Json, json};

/// What refuses a call that does not meet a condition.
#[derive(Debug, Default)]
pub(super) struct Refusing {
    /// Conditions of one group in `require`.
    pub(super) require: Vec<Json>,
    /// Groups in `deny_if`.
    pub(super) deny_if: Vec<Vec<Json>>,
}

/// Where a condition looks.
#[derive(Debug)]
pub(super) enum Path {
    Arguments(Vec<String>),
    /// `state.<scope>.<counter>`.
    State(String),
}

const WRITE_PATH: &str = "a path begins with `args.` or `state.`";

pub(super) fn path(text: &str) -> Result<Path, String> {
    if let Some(rest) = text.strip_prefix("args.") {
        return Ok(Path::Arguments(rest.split('.').map(Into::into).collect()));
    }
    let state = text.starts_with("state.").then(|| Path::State(text.into()));
    state.ok_or_else(|| WRITE_PATH.into())
}

/// The path of these members in our spelling.
pub(super) fn spelled(members: &[String]) -> String {
    let mut path = "args".to_owned();
    for member in members {
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"[]\"'*.".contains(c);
        if !member.is_empty() && member.chars().all(plain) {
            path.push('.');
            path.push_str(member);
        } else {
            path.push_str(&format!("[{}]", json!(member)));
        }
    }
    path
}

/// A condition on arguments.
pub(super) fn translate(
    report: &mut Report,
    at: &At,
    members: &[String],
    op: &str,
    operand: &Node,
) -> Refusing {
    let path = spelled(members);
    let list = match &operand.value {
        Value::List(list) => &list[..],
        _ => &[],
    };
    match op {
        "in" | "not_in" if !matches!(operand.value, Value::List(_)) => {
            report.cannot(at, &format!("`{op}` needs a list"));
            Refusing::default()
        }
        "eq" => one_of(report, at, &path, std::slice::from_ref(operand)),
        "neq" => none_of(report, at, &path, std::slice::from_ref(operand)),
        "in" => one_of(report, at, &path, list),
        "not_in" => none_of(report, at, &path, list),
        "lt" | "lte" | "gt" | "gte" => number(report, at, &path, op, operand),
        "regex" => regex(report, at, &path, operand),
        "contains" => contains(report, at, &path, operand),
        "exists" => exists(report, at, members, operand),
        _ => {
            report.cannot(at, &format!("the operator `{op}` is none of Intercept's"));
            Refusing::default()
        }
    }
}

/// The JSON values that Intercept takes for one of a list, by their type.
#[derive(Default)]
struct Equals {
    null: bool,
    bools: Vec<Json>,
    numbers: Vec<Json>,
    strings: Vec<Json>,
    /// Lists and objects may be among them too, by how they are printed.
    collections: bool,
}

impl Equals {
    /// `None` where not even the engine's reader could say what a value is.
    fn of(report: &mut Report, at: &At, list: &[Node]) -> Option<Self> {
        let mut equals = Self::default();
        for node in list {
            if let Err(message) = equals.add(&node.value) {
                report.cannot(at, &message);
                return None;
            }
        }
        for values in [&mut equals.bools, &mut equals.numbers, &mut equals.strings] {
            let mut seen: Vec<Json> = Vec::new();
            values.retain(|value| {
                let new = !seen.contains(value);
                seen.push(value.clone());
                new
            });
        }
        Some(equals)
    }

    fn add(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Null => {
                self.null = true;
                self.strings.push("<nil>".into());
            }
            Value::Bool(bool) => {
                self.bools.push((*bool).into());
                self.strings.push(bool.to_string().into());
            }
            Value::Int(digits) => {
                self.numbers.push(whole(digits)?);
                self.strings.push(digits.as_str().into());
            }
            Value::Float(number) => {
                self.numbers.push(json!(number));
                self.strings.push(go::print(*number).into());
            }
            Value::Text(text) => self.text(text)?,
            Value::Odd(text) => return Err(odd(text)),
            Value::List(_) | Value::Map(_) => {
                return Err("Intercept compares lists and maps by how Go prints them; write conditions on their parts".into());
            }
        }
        Ok(())
    }

    /// A text, and what is printed like it.
    fn text(&mut self, text: &str) -> Result<(), String> {
        match text {
            "-0" => {
                return Err(
                    "`-0` is printed for a number that no other reader keeps apart from 0".into(),
                );
            }
            "<nil>" => self.null = true,
            "true" | "false" => self.bools.push((text == "true").into()),
            _ => {}
        }
        self.numbers.extend(go::number(text).map(printed));
        self.collections |= go::may_be_a_collection(text);
        self.strings.push(text.into());
        Ok(())
    }

    /// The types, each with a condition that holds for what is (not) one of its values.
    fn by_type(&self, path: &str, one: &str, several: &str) -> Vec<(&'static str, Json)> {
        let types = [
            ("boolean", &self.bools),
            ("number", &self.numbers),
            ("string", &self.strings),
        ];
        let mut conditions: Vec<_> = types
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(name, values)| {
                let condition = match &values[..] {
                    [value] => condition(path, one, value.clone()),
                    values => condition(path, several, values.into()),
                };
                (name, condition)
            })
            .collect();
        conditions.extend(
            self.null
                .then(|| ("null", condition(path, one, Json::Null))),
        );
        conditions
    }
}

/// A call is let through where the value is one of a list.
fn one_of(report: &mut Report, at: &At, path: &str, list: &[Node]) -> Refusing {
    let Some(equals) = Equals::of(report, at, list) else {
        return Refusing::default();
    };
    if equals.collections {
        report.stricter(
            at,
            "a list or an object that Go prints like this text is refused",
        );
    }
    match &equals.by_type(path, "eq", "in")[..] {
        [] => Refusing::always(),
        [(_, condition)] => Refusing::require(condition.clone()),
        // It is refused only where it is certainly none of each type's values, or nobody can tell.
        _ => {
            let conditions = equals.by_type(path, "neq", "not_in");
            Refusing::deny_if([conditions
                .into_iter()
                .map(|(_, condition)| condition)
                .collect()])
        }
    }
}

/// A call is let through where there is a value, and it is none of a list.
fn none_of(report: &mut Report, at: &At, path: &str, list: &[Node]) -> Refusing {
    let Some(equals) = Equals::of(report, at, list) else {
        return Refusing::default();
    };
    // True where nothing is there, unknown where nobody can tell, false for null.
    let missing = vec![
        condition(path, "exists", false.into()),
        condition(path, "neq", Json::Null),
    ];
    let mut groups = vec![missing];
    groups.extend(
        equals
            .by_type(path, "eq", "in")
            .into_iter()
            .map(|(name, equal)| match name {
                "null" => vec![condition(path, "type", "null".into())],
                name => vec![condition(path, "type", name.into()), equal],
            }),
    );
    if equals.collections {
        report.stricter(
            at,
            "any list or object is refused here, as Go may print one like this text",
        );
        groups.push(vec![condition(path, "type", "array".into())]);
        groups.push(vec![condition(path, "type", "object".into())]);
    }
    Refusing::deny_if(groups)
}

fn number(report: &mut Report, at: &At, path: &str, op: &str, operand: &Node) -> Refusing {
    let value = match &operand.value {
        Value::Int(digits) => whole(digits),
        Value::Float(number) => Ok(json!(number)),
        _ => Err(format!("`{op}` needs a number")),
    };
    match value {
        Ok(value) => Refusing::require(condition(path, op, value)),
        Err(message) => {
            report.cannot(at, &message);
            Refusing::default()
        }
    }
}

fn regex(report: &mut Report, at: &At, path: &str, operand: &Node) -> Refusing {
    let Value::Text(go) = &operand.value else {
        report.cannot(at, "`regex` needs a text");
        return Refusing::default();
    };
    match pattern::translate(go) {
        Ok(pattern) => {
            if pattern.folds {
                report.stricter(
                    at,
                    "the flag `i` folds ASCII letters alone: `K` (U+212A) is no `k`",
                );
            }
            if pattern.text != *go {
                let message = format!(
                    "written as `{}`, which matches what Go's matches",
                    pattern.text
                );
                report.note(at, &message);
            }
            Refusing::require(condition(path, "regex", pattern.text.into()))
        }
        Err(message) => {
            report.cannot(at, &format!("the expression has {message}"));
            Refusing::default()
        }
    }
}

/// A part of a text, or an element of a list.
fn contains(report: &mut Report, at: &At, path: &str, operand: &Node) -> Refusing {
    let value = match &operand.value {
        Value::Null => Ok(Json::Null),
        Value::Bool(bool) => Ok((*bool).into()),
        Value::Int(digits) => whole(digits),
        Value::Float(number) => Ok(json!(number)),
        Value::Text(text) => Ok(text.as_str().into()),
        Value::Odd(text) => Err(odd(text)),
        Value::List(_) | Value::Map(_) => {
            Err("Intercept looks for lists and maps by how Go prints them".into())
        }
    };
    let value = match value {
        Ok(value) => value,
        Err(message) => {
            report.cannot(at, &message);
            return Refusing::default();
        }
    };
    let alone = Equals::of(report, at, std::slice::from_ref(operand));
    let alone = alone
        .is_some_and(|equals| !equals.collections && equals.by_type(path, "eq", "in").len() == 1);
    if !alone {
        report.stricter(
            at,
            "in a list, a value of another type that Go prints alike is not found",
        );
    }
    Refusing::require(condition(path, "contains", value))
}

fn exists(report: &mut Report, at: &At, members: &[String], operand: &Node) -> Refusing {
    let path = spelled(members);
    match operand.value {
        Value::Bool(true) => Refusing::require(condition(&path, "exists", true.into())),
        Value::Bool(false) if members.len() < 2 => {
            Refusing::require(condition(&path, "exists", false.into()))
        }
        // What stands in the place of an object has no member.
        Value::Bool(false) => {
            let around = (1..members.len()).filter_map(|end| members.get(..end));
            let mut group: Vec<_> = around
                .map(|around| condition(&spelled(around), "type", "object".into()))
                .collect();
            group.push(condition(&path, "exists", true.into()));
            Refusing::deny_if([group])
        }
        _ => {
            report.cannot(at, "`exists` needs true or false");
            Refusing::default()
        }
    }
}

/// A condition of a group that refuses the calls that it matches. Whatever Intercept's matches, ours matches or does not
/// know; where that is not so there is none, and the group matches more.
pub(super) fn matching(path: &str, op: &str, operand: Option<&Node>) -> Option<Json> {
    let Ok(Path::Arguments(members)) = self::path(path) else {
        return None;
    };
    let value = operand.map_or(Some(Json::Null), plain)?;
    let value = match (op, value) {
        ("regex", Json::String(go)) => {
            let pattern = pattern::translate(&go)
                .ok()
                .filter(|pattern| !pattern.folds);
            pattern?.text.into()
        }
        ("in" | "not_in", Json::Array(list)) => {
            let kind = list.first().map(std::mem::discriminant);
            let one_type = list
                .iter()
                .all(|value| Some(std::mem::discriminant(value)) == kind);
            one_type
                .then_some(Json::Array(list))
                .filter(|_| kind.is_some())?
        }
        ("lt" | "lte" | "gt" | "gte", Json::Number(number)) => Json::Number(number),
        ("exists", Json::Bool(bool)) => Json::Bool(bool),
        ("eq" | "neq" | "contains", value) if !value.is_array() => value,
        _ => return None,
    };
    Some(condition(&spelled(&members), op, value))
}

fn plain(node: &Node) -> Option<Json> {
    match &node.value {
        Value::Null => Some(Json::Null),
        Value::Bool(bool) => Some((*bool).into()),
        Value::Int(digits) => whole(digits).ok(),
        Value::Float(number) => Some(json!(number)),
        Value::Text(text) => Some(text.as_str().into()),
        Value::List(list) => list.iter().map(plain).collect(),
        Value::Odd(_) | Value::Map(_) => None,
    }
}

impl Refusing {
    /// One group in `deny_if`.
    pub(super) fn one(group: Vec<Json>) -> Self {
        Self::deny_if([group])
    }

    pub(super) fn require(condition: Json) -> Self {
        Self {
            require: vec![condition],
            deny_if: Vec::new(),
        }
    }

    fn deny_if(groups: impl Into<Vec<Vec<Json>>>) -> Self {
        Self {
            require: Vec::new(),
            deny_if: groups.into(),
        }
    }

    /// Every call is refused.
    pub(super) fn always() -> Self {
        Self::deny_if([Vec::new()])
    }

    pub(super) fn append(&mut self, mut more: Self) {
        self.require.append(&mut more.require);
        self.deny_if.append(&mut more.deny_if);
    }
}

pub(super) fn condition(path: &str, op: &str, value: Json) -> Json {
    let mut condition = Map::new();
    condition.insert("path".into(), path.into());
    condition.insert("op".into(), op.into());
    condition.insert("value".into(), value);
    condition.into()
}

/// Go reads whole numbers of more than 63 bits as another type, which is no number to Intercept.
fn whole(digits: &str) -> Result<Json, String> {
    let number: Result<i64, _> = digits.parse();
    number
        .map(Into::into)
        .map_err(|_| format!("`{digits}` has more than 63 bits"))
}

fn odd(text: &str) -> String {
    format!("readers of YAML differ about `{text}`; write it in quotes, or as a decimal number")
}

/// A number as somebody would write it.
fn printed(number: f64) -> Json {
    serde_json::from_str(&number.to_string()).unwrap_or_else(|_| json!(number))
}
