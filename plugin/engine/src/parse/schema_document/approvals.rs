//! Describes approvals: who approves calls and where, and the rules that ask for an approval.
//!
//! It describes no other rule.

use super::build::{about, object, refers, with};
use super::callers::{certificate, claims};
use super::host::endpoint;
use super::limits::duration;
use super::rules::term;
use crate::model::{Approvals, Clause};
use crate::parse::approval::{
    APPROVALS, APPROVER, MOST_KEYS, OF_THE_PAGE, REQUIRE_APPROVAL, SIGNED_ENDPOINT,
};
use serde_json::{Value, json};

pub(super) fn approvals() -> Value {
    let url = "The address of the page for approvers, which the plugin serves. The path belongs to the page alone.";
    let hold = "The longest time that an answer to a waiting client is held back, from 1 to 55 seconds (default `50s`; `10s` with a `service`).";
    let address = json!({ "type": "string", "pattern": r"^https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-]$" });
    let members = vec![
        ("keys", keys()),
        ("url", about(address, url)),
        ("approvers", approvers()),
        (
            "ttl",
            ttl("The `ttl` of rules that write none (default `15m`)."),
        ),
        ("hold", about(duration(), hold)),
        ("pending", pending()),
        ("notify", notify()),
        ("service", service()),
    ];
    about(
        with(
            object(&APPROVALS, &["keys"], members),
            "oneOf",
            json!([{ "required": ["url", "approvers"], "not": { "required": ["service"] } }, of_a_service()]),
        ),
        "The persons who approve calls, and the page where they do, or a service. Rules ask for an approval by `require_approval`, limits by `over`.",
    )
}

/// The name of an environment variable.
pub(super) fn variable() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" })
}

/// `approvals` with a service has no key of the page.
fn of_a_service() -> Value {
    let others: Vec<_> = OF_THE_PAGE
        .iter()
        .map(|key| json!({ "required": [key] }))
        .collect();
    json!({ "required": ["service"], "not": { "anyOf": others } })
}

fn signed_endpoint() -> Value {
    let mut members = endpoint();
    let key = "The environment variable of the VM with the key that signs each request.";
    members.push(("key", about(variable(), key)));
    object(&SIGNED_ENDPOINT, &["cluster", "path", "key"], members)
}

fn service() -> Value {
    about(
        signed_endpoint(),
        "An HTTP service that keeps the approvals of several gateways, in place of the plugin's own page. It gets the arguments of the calls.",
    )
}

fn notify() -> Value {
    about(
        signed_endpoint(),
        "An HTTP server, such as a chat, that is told of each new approval: the caller, the tool and the link, and no argument.",
    )
}

fn keys() -> Value {
    let name = variable();
    let names = json!({
        "type": "array", "items": name, "minItems": 1, "maxItems": MOST_KEYS, "uniqueItems": true,
    });
    about(
        names,
        "The environment variables of the VM with the keys, such as `MCP_POLICY_APPROVAL_KEY`. New approvals use the first one.",
    )
}

fn approvers() -> Value {
    let members = vec![("claim", claims()), ("mtls", certificate())];
    let approver = with(object(&APPROVER, &[], members), "minProperties", 1);
    about(
        json!({ "type": "object", "minProperties": 1, "propertyNames": refers("text"), "additionalProperties": approver }),
        "The approvers by name, each with the facts that prove such a person. All facts of one name must hold.",
    )
}

fn pending() -> Value {
    let (least, most) = Approvals::PENDING;
    about(
        json!({ "type": "integer", "minimum": least, "maximum": most, "default": Approvals::MOST_PENDING }),
        "The most approvals of one caller that wait at a time.",
    )
}

fn ttl(text: &str) -> Value {
    about(duration(), text)
}

/// A rule that asks for a person's approval.
pub(super) fn require_approval() -> Value {
    let conditions = "The calls that need an approval: those for which the conditions hold or are unknown. Every call, where the list is absent or empty.";
    let approvers =
        "Names of `approvals.approvers`. Every approver may decide, where the list is absent.";
    let list =
        json!({ "type": "array", "items": refers("text"), "minItems": 1, "uniqueItems": true });
    let members = vec![
        (
            "conditions",
            about(
                json!({ "type": "array", "items": term(Clause::DenyIf) }),
                conditions,
            ),
        ),
        (
            "message",
            about(
                refers("text"),
                "The sentence that the caller and the approver read.",
            ),
        ),
        ("approvers", about(list, approvers)),
        (
            "ttl",
            ttl(
                "The time that a person has to decide, and then the call to pass: from 30 seconds to 7 days (default: `ttl` of `approvals`).",
            ),
        ),
    ];
    about(
        object(&REQUIRE_APPROVAL, &[], members),
        "A person approves such a call before it passes, once.",
    )
}
