//! Turns a line of the audit log into a short line for a person who watches.
//!
//! It never shows an argument.

use crate::audit_line::{AuditLine, Decision, Event};
use crate::sanitize::line;
use crate::style::{BAD, DIM, GOOD, WARNING};

/// The most characters of a name.
const NAME: usize = 80;

/// The time, the caller, the tool, the decision and the rule, with a line break. `None` for a line that is no decision:
/// a refund, an answer.
#[must_use]
pub fn short(audit: &AuditLine) -> Option<String> {
    let what = match audit.event {
        Event::Decision => "",
        Event::Response => "response of ",
        Event::Approval => return Some(visit(audit)),
        Event::Refund | Event::Answer | Event::Later => return None,
    };
    let caller = audit.grant.as_deref().map(shown);
    let caller = caller.unwrap_or_else(|| "(not admitted)".into());
    let server = audit.server.as_deref();
    let server = server.map_or_else(String::new, |server| format!(" at {}", shown(server)));
    let (decision, time) = (decision(audit), line(&audit.time, NAME));
    Some(format!(
        "{DIM}{time}{DIM:#} {caller} {what}{}{server} {decision}\n",
        target(audit)
    ))
}

/// A visit of the page of approvals: the approver, its decision, and the call that it decides.
fn visit(audit: &AuditLine) -> String {
    let approver = audit.approver().map(shown);
    let approver = approver.unwrap_or_else(|| "(no approver)".into());
    let call = audit.caller().map(|caller| {
        let name = audit.name().map(|name| shown(name)).unwrap_or_default();
        format!("of {} {name} ", shown(caller))
    });
    let time = line(&audit.time, NAME);
    let standing = audit.standing().map(shown).unwrap_or_default();
    let (call, decision) = (call.unwrap_or_default(), decision(audit));
    format!("{DIM}{time}{DIM:#} {approver} approval {call}{standing} {decision}\n")
}

fn shown(name: &str) -> String {
    line(name, NAME)
}

fn target(audit: &AuditLine) -> String {
    let method = shown(audit.method.as_deref().unwrap_or("a request"));
    match (audit.tool.as_deref(), audit.name()) {
        (Some(tool), _) => shown(tool),
        (None, Some(name)) => format!("{method} {}", shown(name)),
        (None, None) => method,
    }
}

fn decision(audit: &AuditLine) -> String {
    let rule = audit.rule.as_deref().map(shown);
    let rule = rule.map_or_else(String::new, |rule| format!(" {rule}"));
    let reason = audit.reason.as_deref().map(shown).unwrap_or_default();
    match audit.decision {
        Decision::Deny => format!("{BAD}deny{BAD:#} {reason}{rule}"),
        Decision::Allow => format!("{GOOD}allow{GOOD:#}{rule}{}", shadow(audit)),
    }
}

fn shadow(audit: &AuditLine) -> String {
    let shadow = audit.shadow.iter().map(|shadow| {
        let rule = shadow.rule.as_deref().map(shown).unwrap_or_default();
        format!(
            " {WARNING}shadow{WARNING:#} {} {rule}",
            shown(&shadow.reason)
        )
    });
    shadow.collect()
}
