//! Turns one approval into its page: the call, its arguments, its caller, and the form for the decision.
//!
//! It offers the form only where the approval is pending and its time is not over.

use super::arguments::arguments;
use super::data::{Action, Decided, Detail, Standing, Summary, Visit};
use super::document::{Top, address, document, titled};
use super::list::lately;
use super::moment::moment;
use super::text::{Bare, Shown};
use maud::{Markup, html as template};

/// An approval with its arguments; and the form, where it is pending and the visitor can decide it.
pub(crate) fn detail(visit: &Visit<'_>, detail: &Detail<'_>, action: &Action<'_>) -> String {
    let summary = &detail.summary;
    let (shown, doubtful) = arguments(detail.arguments);
    let (input, more) = detail.input.map(arguments).unwrap_or_default();
    let content = template! {
        (Top(visit))
        main {
            h1 { span { (request(summary.kind)) } " " (name(summary.name)) }
            (standing(visit, detail))
            (facts(visit, detail))
            h2 { "Arguments" }
            div class="d" { (shown) }
            @if detail.input.is_some() { h2 { "Sent with the call: answers to an earlier request of the server" } div class="d" { (input) } }
            h2 { "Asked by this caller lately" }
            @if detail.lately.is_empty() { p { "Nothing lately." } } @else { (lately(visit, detail.lately)) }
            h2 { "Decision" }
            (doubts(doubtful.saturating_add(more)))
            (decision(visit, summary, action))
        }
    };
    let title = format!("Approval of {} {}", summary.kind, titled(summary.name));
    document(&title, &content)
}

/// What happens once the call is approved.
fn request(kind: &str) -> &'static str {
    match kind {
        "prompt" => "Get the prompt",
        "resource" => "Read the resource",
        _ => "Call the tool",
    }
}

fn name(name: &str) -> Markup {
    template! { @if name.is_empty() { em { "empty name" } } @else { (Shown(name)) } }
}

fn standing(visit: &Visit<'_>, detail: &Detail<'_>) -> Markup {
    template! {
        p class="s" { "State: " strong { (detail.summary.standing.name()) } }
        @if let Some(decided) = &detail.decided { (outcome(visit, decided)) }
    }
}

fn outcome(visit: &Visit<'_>, decided: &Decided<'_>) -> Markup {
    template! {
        dl {
            dt { "Decided by" } dd { (Shown(decided.by)) }
            dt { "Decided" } dd { (moment(decided.at, visit.now)) }
            @if let Some(reason) = decided.reason { dt { "Reason" } dd class="v" { (Shown(reason)) } }
        }
    }
}

fn facts(visit: &Visit<'_>, detail: &Detail<'_>) -> Markup {
    let summary = &detail.summary;
    template! {
        dl {
            dt { "For" } dd { (Shown(summary.grant)) }
            @if let Some(server) = summary.server { dt { "On server" } dd { (Shown(server)) } }
            @if let Some(message) = detail.message { dt { "Message" } dd { (Shown(message)) } }
            dt { "Rule" } dd { (Shown(summary.rule)) }
            dt { "Asked" } dd { (moment(summary.asked, visit.now)) }
            dt { "Expires" } dd { (moment(summary.expires, visit.now)) }
        }
    }
}

/// A warning beside the form, because the arguments can be long.
fn doubts(count: usize) -> Markup {
    template! {
        @match count {
            0 => {}
            1 => p class="w" { "1 text above can look like another. Read its note." }
            _ => p class="w" { (count) " texts above can look like others. Read their notes." }
        }
    }
}

fn decision(visit: &Visit<'_>, summary: &Summary<'_>, action: &Action<'_>) -> Markup {
    match action {
        Action::Cannot(sentence) => template! { p { (Shown(sentence)) } },
        Action::Decide { .. } if summary.standing != Standing::Pending => {
            template! { p { "This call is " (summary.standing.name()) ". Nothing is left to decide." } }
        }
        Action::Decide { .. } if summary.expires <= visit.now => {
            template! { p { "The time for a decision is over. The agent can ask again." } }
        }
        Action::Decide { csrf } => form(&address(visit, summary.id), csrf, summary),
    }
}

/// The call in one sentence, for those who scrolled down.
fn question(summary: &Summary<'_>) -> Markup {
    template! {
        p {
            (request(summary.kind)) " " strong { (Bare(summary.name)) } " once, for " strong { (Bare(summary.grant)) }
            @if let Some(server) = summary.server { " on server " strong { (Bare(server)) } }
            ", with exactly the values above?"
        }
    }
}

/// The form. Its first button is off, so that the Enter key in the field sends nothing.
fn form(to: &str, csrf: &str, summary: &Summary<'_>) -> Markup {
    template! {
        form method="post" action=(to) autocomplete="off" {
            button disabled hidden {}
            input type="hidden" name="csrf" value=(csrf);
            (question(summary))
            label for="reason" { "Reason (optional, at most 500 characters)" }
            input type="text" id="reason" name="reason" maxlength="500";
            div class="f" {
                button name="decision" value="refuse" { "Refuse" }
                button class="y" name="decision" value="approve" { "Approve" }
            }
        }
    }
}
