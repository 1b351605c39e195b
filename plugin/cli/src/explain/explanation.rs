//! The decision about a call, with the rules that led to it, as text and as JSON.
//!
//! It decides nothing: it shows the line of the audit log and the trace that the engine wrote.

use super::strangers::{nearest_text, several_text};
use crate::applied::Applied;
use crate::report::{CommandError, CommandResult, ExitStatus, Report, to_json};
use crate::sanitize::printable;
use crate::style::{BAD, DIM, GOOD, WARNING};
use mcp_policy::trace::{ConditionTrace, RuleOutcome, RuleTrace, Truth, UnmatchedGrant};
use mcp_policy_cases::runner::Played;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// A decision, with the rules that led to it.
#[derive(Clone, Debug)]
pub struct Explanation {
    allowed: bool,
    /// The line of the audit log.
    line: Json,
    applied: Applied,
    rules: Vec<RuleTrace>,
    /// The nearest grants, for a caller that matches none.
    nearest: Vec<UnmatchedGrant>,
}

impl Explanation {
    /// `policy` is the document, and `hash` that of its text: a copy of it may have been played.
    pub(super) fn new(
        played: Played,
        policy: &Json,
        hash: String,
        nearest: Vec<UnmatchedGrant>,
    ) -> CommandResult<Self> {
        let line = serde_json::from_str(&played.line);
        let mut line: Json = line.map_err(|error| CommandError::new(error.to_string()))?;
        if let Some(own) = line.get_mut("policy") {
            *own = hash.into();
        }
        Ok(Self {
            allowed: played.seen.forward,
            line,
            applied: Applied::of(&played.rules, policy),
            rules: played.rules,
            nearest,
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
        // The approval of an explanation is one that nobody can open.
        if reason == "approval_required" {
            return format!("{WARNING}needs an approval{WARNING:#}{rule}\n");
        }
        format!("{BAD}refused{BAD:#}{rule} ({reason}): {message}\n")
    }
}

impl Report for Explanation {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.allowed)
    }

    fn text(&self) -> String {
        let mut text = self.decision();
        text.push_str(&self.applied.text());
        text.push_str(&several_text(&self.line));
        text.push_str(&nearest_text(&self.nearest));
        self.rules.iter().for_each(|one| rule(&mut text, one));
        text
    }

    /// The line of the audit log, with the server, the grant and the policies that applied, the evaluated rules, and the
    /// nearest grants of a caller that matches none.
    fn json(&self) -> CommandResult<String> {
        let mut line = self.line.clone();
        if let Some(members) = line.as_object_mut() {
            members.insert("applied".into(), json!(self.applied));
            members.insert("rules".into(), json!(self.rules));
            if !self.nearest.is_empty() {
                members.insert("nearest_grants".into(), json!(self.nearest));
            }
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
    let any = if trace.any.is_some() { "any of: " } else { "" };
    let others: String = trace
        .others
        .iter()
        .map(|other| format!(" {}", printable(other)))
        .collect();
    let _ = writeln!(
        text,
        "      {DIM}{truth:<8}{DIM:#} {any}{path} {op}{others}: {value}"
    );
}
