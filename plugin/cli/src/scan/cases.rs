//! Turns a policy to begin with into the case that tests it: what every tool of it lets through and refuses.
//!
//! What is expected follows from what was meant, never from what an engine answered.

use super::advertised::Advertised;
use super::schema::Texts;
use super::starter::layout;
use crate::screen::Trouble;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What has to be shown of one tool.
#[derive(Debug)]
pub(crate) struct Check {
    tool: String,
    /// The reason with which every call is refused.
    pub(crate) denied: Option<String>,
    /// Calls in a minute.
    pub(crate) limit: Option<u32>,
    /// Arguments with which a call is let through.
    arguments: Value,
    /// Nobody could say which those are.
    unknown: bool,
    refused: Vec<Refused>,
    /// The same, but for one that its schema asks for.
    lacking: Option<Refused>,
}

/// An argument with which a call is refused.
#[derive(Debug)]
struct Refused {
    arguments: Value,
    message: String,
    rule: String,
}

impl Refused {
    /// With the others that the call has.
    fn beside(&self, others: &Value) -> Value {
        let mut arguments = self.arguments.clone();
        merge(&mut arguments, others.clone());
        arguments
    }
}

#[derive(Serialize)]
struct Case<'a> {
    why: &'static str,
    policy_file: &'a str,
    steps: &'a [Step],
}

#[derive(Debug, Serialize)]
pub(crate) struct Step {
    #[serde(skip_serializing_if = "str::is_empty")]
    why: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    at: String,
    call: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    arguments: Value,
    expect: Value,
}

impl Check {
    pub(crate) fn new(tool: &str) -> Self {
        Self {
            tool: tool.into(),
            denied: None,
            limit: None,
            arguments: Value::Null,
            unknown: false,
            refused: Vec::new(),
            lacking: None,
        }
    }

    /// A call needs this to be let through.
    pub(crate) fn give(&mut self, path: &str, texts: Texts, value: &str) {
        merge(&mut self.arguments, nest(path, texts, value));
    }

    /// A call with this is refused by the rule at that position of a list.
    pub(crate) fn refuse(
        &mut self,
        path: &str,
        texts: Texts,
        value: &str,
        message: &str,
        list: &str,
        at: usize,
    ) {
        let tool = self.tool.replace('~', "~0").replace('/', "~1");
        self.refused.push(Refused {
            arguments: nest(path, texts, value),
            message: message.into(),
            rule: format!("/tools/{tool}/{list}/{at}"),
        });
    }

    /// Every call has to meet the schema, so that what refuses it is the rule that was meant. False where no call could be
    /// made that does.
    pub(crate) fn meet(&mut self, advertised: &Advertised) -> bool {
        merge(&mut self.arguments, advertised.example());
        self.unknown = !advertised.takes(&self.arguments);
        let own = &self.arguments;
        self.refused
            .retain(|refused| advertised.takes(&refused.beside(own)));
        self.lacking = self.without(advertised);
        !self.unknown
    }

    /// A call that lacks what the schema asks for.
    fn without(&self, advertised: &Advertised) -> Option<Refused> {
        let needed = advertised.needed()?;
        let mut arguments = self.arguments.clone();
        arguments.as_object_mut()?.remove(needed)?;
        (!advertised.takes(&arguments)).then(|| Refused {
            arguments,
            message: format!("The argument `{needed}` is missing."),
            rule: self.pointer("schema"),
        })
    }

    fn pointer(&self, key: &str) -> String {
        let tool = self.tool.replace('~', "~0").replace('/', "~1");
        format!("/tools/{tool}/{key}")
    }
}

/// The case's file, for a policy in the file of that name.
///
/// # Errors
/// None that is known of: all of it can be written as JSON.
pub(crate) fn case(policy_file: &str, steps: &[Step]) -> Result<String, Trouble> {
    layout(&Case {
        why: "the policy lets through and refuses what it was written for; written by `mcp-policy init`",
        policy_file,
        steps,
    })
}

/// What shows that the policy does what was meant.
pub(crate) fn steps(checks: &[Check]) -> Vec<Step> {
    let mut play = Play::default();
    checks.iter().for_each(|check| play.tool(check));
    play.unlisted(checks);
    let allowed = || {
        let calls = checks.iter().filter(|check| check.denied.is_none());
        calls.filter(|check| !check.unknown)
    };
    let limits: BTreeSet<u32> = allowed().filter_map(|check| check.limit).collect();
    // Each in a minute of its own.
    for (minute, max) in (1..).zip(limits) {
        if let Some(check) = allowed().find(|check| check.limit == Some(max)) {
            play.limit(check, max, minute);
        }
    }
    play.steps
}

#[derive(Default)]
struct Play {
    steps: Vec<Step>,
}

impl Play {
    fn step(&mut self, why: &'static str, tool: &str, arguments: Value, expect: Value) {
        self.steps.push(Step {
            why,
            at: String::new(),
            call: tool.into(),
            arguments,
            expect,
        });
    }

    fn tool(&mut self, check: &Check) {
        if let Some(reason) = &check.denied {
            let expect = self.refusal(
                reason,
                json!({ "reason": "denied" }),
                &check.pointer("action"),
            );
            return self.step("", &check.tool, Value::Null, expect);
        }
        if check.unknown {
            return;
        }
        self.step("", &check.tool, check.arguments.clone(), json!("forward"));
        for refused in &check.refused {
            self.refused(check, refused, refused.beside(&check.arguments));
        }
        if let Some(lacking) = &check.lacking {
            self.refused(check, lacking, lacking.arguments.clone());
        }
    }

    fn refused(&mut self, check: &Check, refused: &Refused, arguments: Value) {
        let detail = json!({ "reason": "arguments" });
        let expect = self.refusal(&refused.message, detail, &refused.rule);
        self.step("", &check.tool, arguments, expect);
    }

    fn unlisted(&mut self, checks: &[Check]) {
        let mut tool = "a_tool_that_nobody_listed".to_owned();
        while checks.iter().any(|check| check.tool == tool) {
            tool.push('_');
        }
        let message = format!(
            "The tool `{tool}` is not available here. Do not retry; use another way or ask."
        );
        let expect = self.refusal(&message, json!({ "reason": "not_allowed" }), "/default");
        self.step(
            "what the server adds later waits for a person",
            &tool,
            Value::Null,
            expect,
        );
    }

    /// All calls of a minute, and one more.
    fn limit(&mut self, check: &Check, max: u32, minute: u32) {
        let at = format!("{minute}m");
        for _ in 0..max {
            self.step("", &check.tool, check.arguments.clone(), json!("forward"));
            self.now(&at);
        }
        let message = format!("The limit of {max} calls is used up. Try again in 60 seconds.");
        let detail = json!({ "reason": "rate_limited", "retryAfterMs": 60_000 });
        let expect = self.refusal(&message, detail, &check.pointer("rate_limit"));
        self.step(
            "one call more than the limit",
            &check.tool,
            check.arguments.clone(),
            expect,
        );
        self.now(&at);
    }

    fn now(&mut self, at: &str) {
        if let Some(step) = self.steps.last_mut() {
            step.at = at.into();
        }
    }

    /// What the next step sees when it is refused.
    fn refusal(&self, message: &str, detail: Value, rule: &str) -> Value {
        let id = self.steps.len().saturating_add(1).to_string();
        json!({
            "status": 200,
            "answer": "result",
            "id": id,
            "message": format!("[POLICY DENIED] {message}"),
            "detail": detail,
            "rule": rule,
        })
    }
}

/// Arguments with a value at the path of a condition, such as `args.files[*].path`.
fn nest(path: &str, texts: Texts, value: &str) -> Value {
    let inner = path.strip_prefix("args.").unwrap_or(path);
    let many = texts == Texts::Many && !path.ends_with("[*]");
    let leaf = if many { json!([value]) } else { json!(value) };
    inner.rsplit('.').fold(leaf, |value, name| {
        let lists = name.matches("[*]").count();
        let value = (0..lists).fold(value, |value, _| json!([value]));
        let name = name.trim_end_matches("[*]");
        Value::Object(Map::from_iter([(name.to_owned(), value)]))
    })
}

/// Adds what is not there yet; in lists to their first elements.
fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(more)) => {
            if let (Some(into), Some(more)) = (into.first_mut(), more.into_iter().next()) {
                merge(into, more);
            }
        }
        (into @ Value::Null, more) => *into = more,
        _ => {}
    }
}
