//! Turns approvals into JSON, for the command line.
//!
//! It never changes a text: arguments stand in it as they were received.

use super::data::{Action, Decided, Detail, Standing, Summary};
use crate::words::Millis;
use crate::words::json::{ObjectLine, element, push_text};

/// The list of what is pending.
pub(crate) fn list_json(approvals: &[Summary<'_>]) -> String {
    let mut list = String::new();
    for approval in approvals {
        element(&mut list).push_str(&summary(approval).end());
    }
    let mut answer = ObjectLine::new();
    answer.list("approvals", &list);
    answer.end()
}

/// An approval. `action` is absent from the answer to a decision.
pub(crate) fn detail_json(detail: &Detail<'_>, action: Option<&Action<'_>>) -> String {
    let mut answer = ObjectLine::new();
    answer.json("approval", &approval(detail));
    match action {
        Some(Action::Decide { csrf }) => answer.text("csrf", csrf),
        Some(Action::Cannot(sentence)) => answer.text("cannot", sentence),
        None => {}
    }
    answer.end()
}

/// The state alone, for a visitor who is no approver.
pub(crate) fn status_json(standing: Standing) -> String {
    one_member("state", standing.name())
}

/// An error.
pub(crate) fn error_json(sentence: &str) -> String {
    one_member("error", sentence)
}

fn one_member(name: &str, value: &str) -> String {
    let mut answer = ObjectLine::new();
    answer.text(name, value);
    answer.end()
}

fn approval(detail: &Detail<'_>) -> String {
    let mut approval = summary(&detail.summary);
    if let Some(message) = detail.message {
        approval.text("message", message);
    }
    approval.json("arguments", detail.arguments.raw());
    if let Some(input) = detail.input {
        approval.json("input", input.raw());
    }
    if let Some(decided) = &detail.decided {
        approval.json("decided", &decision(decided));
    }
    approval.list("lately", &lately(detail.lately));
    approval.end()
}

fn summary(of: &Summary<'_>) -> ObjectLine {
    let mut line = ObjectLine::new();
    line.text("id", of.id);
    line.text("state", of.standing.name());
    line.text("grant", of.grant);
    if let Some(server) = of.server {
        line.text("server", server);
    }
    line.text("kind", of.kind);
    line.text("name", of.name);
    time(&mut line, "asked", of.asked);
    time(&mut line, "expires", of.expires);
    line.text("rule", of.rule);
    line
}

fn decision(decided: &Decided<'_>) -> String {
    let mut line = ObjectLine::new();
    line.text("by", decided.by);
    time(&mut line, "time", decided.at);
    if let Some(reason) = decided.reason {
        line.text("reason", reason);
    }
    line.end()
}

fn lately(approvals: &[Summary<'_>]) -> String {
    let mut list = String::new();
    for approval in approvals {
        let mut line = ObjectLine::new();
        line.text("id", approval.id);
        line.text("state", approval.standing.name());
        line.text("kind", approval.kind);
        line.text("name", approval.name);
        time(&mut line, "asked", approval.asked);
        element(&mut list).push_str(&line.end());
    }
    list
}

fn time(line: &mut ObjectLine, name: &str, at: Millis) {
    let mut text = String::new();
    at.push_rfc3339(&mut text);
    push_text(line.name(name), &text);
}
