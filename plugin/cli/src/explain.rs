//! `explain`: turns a policy and a call into the decision, and every rule that was evaluated before it.
//!
//! It never calls a server. It shows more than a client sees: its readers must be allowed to read the policy.

use crate::input::Input;
use crate::report::{CommandError, CommandResult, ExitStatus, Report, to_json};
use crate::sanitize::printable;
use crate::style::{BAD, DIM, GOOD, WARNING};
use mcp_policy::host::{Millis, PolicyError};
use mcp_policy::trace::{ConditionTrace, RuleOutcome, RuleTrace, Truth};
use mcp_policy_cases::runner::Played;
use mcp_policy_cases::{Runner, Split, Step};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// The request around the message.
#[derive(Clone, Debug)]
pub struct Options {
    /// Header fields, names in lower case. Each replaces the default field of its name.
    pub headers: Vec<(String, String)>,
    /// The address of the client.
    pub peer: String,
    /// When the call is made, in seconds since 1970.
    pub at: u64,
    /// How many times the call is made. The last one is explained.
    pub times: u32,
}

/// A decision, with the rules that led to it.
#[derive(Clone, Debug)]
pub struct Explanation {
    allowed: bool,
    /// The line of the audit log.
    line: Json,
    rules: Vec<RuleTrace>,
}

/// Explains the decision of a policy about a message, as a client posts it.
///
/// # Errors
/// The first mistake of the policy.
pub fn explain(policy: &Input, call: &Input, options: &Options) -> CommandResult<Explanation> {
    let mut player = player(policy)?;
    let step = step(call, options);
    let now = Millis(options.at.saturating_mul(1000));
    let mut play = || {
        let played = player.play(&step, Split::Whole, now);
        played.map_err(CommandError::new)
    };
    for _ in 1..options.times {
        play()?;
    }
    Explanation::new(play()?)
}

/// The engine under the policy.
fn player(policy: &Input) -> CommandResult<Runner> {
    Runner::new(&policy.bytes).map_err(|errors| {
        let first = errors.first().map(PolicyError::to_string);
        let first = first.unwrap_or_default();
        CommandError::about(
            &policy.name,
            format_args!("{first} (`mcp-policy check` lists all)"),
        )
    })
}

fn step(call: &Input, options: &Options) -> Step {
    let mut step = Step::post(call.bytes.clone());
    step.peer.clone_from(&options.peer);
    let given = |name: &[u8]| {
        let mut headers = options.headers.iter();
        headers.any(|(given, _)| given.as_bytes() == name)
    };
    step.headers.retain(|(name, _)| !given(name));
    let headers = options.headers.iter();
    step.headers
        .extend(headers.map(|(name, value)| (name.clone().into(), value.clone().into())));
    step
}

impl Explanation {
    fn new(played: Played) -> CommandResult<Self> {
        let line = serde_json::from_str(&played.line);
        Ok(Self {
            allowed: played.seen.forward,
            line: line.map_err(|error| CommandError::new(error.to_string()))?,
            rules: played.rules,
        })
    }

    fn decision(&self) -> String {
        if self.allowed {
            return format!("{GOOD}allowed{GOOD:#}\n");
        }
        let field = |key: &str| {
            let text = self.line.get(key).and_then(Json::as_str);
            printable(text.unwrap_or_default())
        };
        let rule = self.line.get("rule");
        let rule = rule.map_or_else(String::new, |_| format!(" by {}", field("rule")));
        let (reason, message) = (field("reason"), field("message"));
        format!("{BAD}refused{BAD:#}{rule} ({reason}): {message}\n")
    }
}

impl Report for Explanation {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.allowed)
    }

    fn text(&self) -> String {
        let mut text = self.decision();
        self.rules.iter().for_each(|one| rule(&mut text, one));
        text
    }

    /// The line of the audit log, with the evaluated rules.
    fn json(&self) -> CommandResult<String> {
        let mut line = self.line.clone();
        if let Some(members) = line.as_object_mut() {
            members.insert("rules".into(), json!(self.rules));
        }
        to_json(&line)
    }
}

fn rule(text: &mut String, trace: &RuleTrace) {
    let (outcome, style) = match trace.outcome {
        RuleOutcome::Allow => ("allow", GOOD),
        RuleOutcome::Deny => ("deny", BAD),
        RuleOutcome::WouldDeny => ("would deny", WARNING),
    };
    let rule = printable(
        trace
            .rule
            .as_deref()
            .unwrap_or("a rule of the engine itself"),
    );
    let detail = trace.detail.as_ref();
    let detail = detail.map(|detail| format!(" {DIM}({detail}){DIM:#}"));
    let _ = writeln!(
        text,
        "  {style}{outcome:<12}{style:#} {rule}{}",
        detail.unwrap_or_default()
    );
    trace
        .conditions
        .iter()
        .for_each(|trace| condition(text, trace));
}

fn condition(text: &mut String, trace: &ConditionTrace) {
    let truth = match trace.truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    };
    let (path, op) = (printable(&trace.path), trace.op);
    let value = trace
        .value
        .as_deref()
        .map_or_else(|| "missing".into(), printable);
    let _ = writeln!(text, "      {DIM}{truth:<8}{DIM:#} {path} {op}: {value}");
}
