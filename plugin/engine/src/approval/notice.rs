//! Turns a new approval into the notice that a chat or another server gets, with its signature.
//!
//! It never holds an argument of the call: who opens the link and signs in sees them.

use crate::model::Notify;
use crate::words::Millis;
use crate::words::approval::{Approval, DESCRIPTION};
use crate::words::digits::push_hex;
use crate::words::json::{Document, ObjectLine, Value, push_text};
use crate::words::text::on_a_line;

/// A notice of a new approval, for the server of `approvals.notify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalNotice {
    /// The body: JSON.
    pub body: String,
    /// The time at which it was signed, in seconds since 1970, for the header `x-mcp-policy-time`.
    pub time: String,
    /// `sha256=` and the HMAC-SHA256 of the time, a dot and the body, for the header `x-mcp-policy-signature`.
    pub signature: String,
}

impl ApprovalNotice {
    /// The notice of an approval with this description; `None` without a key.
    pub(crate) fn new(
        notify: &Notify,
        approval: &Approval,
        description: &str,
        url: &str,
        now: Millis,
    ) -> Option<Self> {
        let document = Document::read(description.as_bytes(), DESCRIPTION).ok()?;
        let body = body(document.root(), approval, url);
        let time = now.seconds().to_string();
        let code = notify
            .key
            .as_ref()?
            .signature([&*time, ".", &body].concat().as_bytes());
        let mut signature = String::from("sha256=");
        for half in code.as_chunks::<16>().0 {
            push_hex(&mut signature, u128::from_be_bytes(*half));
        }
        Some(Self {
            body,
            time,
            signature,
        })
    }
}

/// `text` is what chats show; the other members are for programs.
fn body(description: Value<'_>, approval: &Approval, url: &str) -> String {
    let text = |name| description.get(name).and_then(Value::string);
    let (grant, kind, name) = (text("grant"), text("kind"), text("name"));
    let [grant, kind, name] = [grant, kind, name].map(Option::unwrap_or_default);
    let sentence = format!("{grant} asks for approval of the {kind} {name}: {url}");
    let mut line = ObjectLine::new();
    line.text("text", &on_a_line(&sentence));
    line.text("event", "approval_asked");
    line.text("id", &approval.id.to_string());
    line.text("url", url);
    for member in ["grant", "server", "kind", "name", "rule", "message"] {
        if let Some(text) = text(member) {
            line.text(member, &on_a_line(&text));
        }
    }
    for (member, at) in [("asked", approval.asked), ("expires", approval.expires)] {
        let mut time = String::new();
        at.push_rfc3339(&mut time);
        push_text(line.name(member), &time);
    }
    line.end()
}
