//! Turns approvals into tables: what is pending, and what a caller asked before.
//!
//! It shows no arguments.

use super::data::{Summary, Visit};
use super::document::{Top, address, document};
use super::moment::moment;
use super::text::{Bare, Notes, Shown};
use maud::{Markup, html as template};

/// The page of what is pending.
pub(crate) fn list(visit: &Visit<'_>, approvals: &[Summary<'_>]) -> String {
    let content = template! {
        (Top(visit))
        main {
            h1 { "Pending approvals" }
            @if approvals.is_empty() {
                p { "No call waits for you." }
            } @else {
                (pending(visit, approvals))
            }
            p { a href=(visit.path) { "Check again" } }
        }
    };
    document("Pending approvals", &content)
}

fn pending(visit: &Visit<'_>, approvals: &[Summary<'_>]) -> Markup {
    template! {
        table {
            thead { tr { th scope="col" { "Call" } th scope="col" { "For" } th scope="col" { "Expires" } } }
            tbody {
                @for approval in approvals {
                    tr {
                        td { (call(visit, approval)) }
                        td { (asker(approval)) }
                        td { (moment(approval.expires, visit.now)) }
                    }
                }
            }
        }
    }
}

/// What the same caller asked before, with the state of each.
pub(super) fn lately(visit: &Visit<'_>, approvals: &[Summary<'_>]) -> Markup {
    template! {
        table {
            thead { tr { th scope="col" { "Call" } th scope="col" { "State" } th scope="col" { "Asked" } } }
            tbody {
                @for approval in approvals {
                    tr {
                        td { (call(visit, approval)) }
                        td { (approval.standing.name()) }
                        td { (moment(approval.asked, visit.now)) }
                    }
                }
            }
        }
    }
}

/// The kind and the name of a call, with a link to its page.
fn call(visit: &Visit<'_>, approval: &Summary<'_>) -> Markup {
    template! {
        (approval.kind) " "
        a class="n" href=(address(visit, approval.id)) {
            @if approval.name.is_empty() { "(empty name)" } @else { (Bare(approval.name)) }
        }
        (Notes(approval.name))
    }
}

fn asker(approval: &Summary<'_>) -> Markup {
    template! {
        (Shown(approval.grant))
        @if let Some(server) = approval.server { span class="a" { "on " (Shown(server)) } }
    }
}
