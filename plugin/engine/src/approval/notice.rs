//! Turns a new approval into the notice that a chat or another server gets.
//!
//! It never holds an argument of the call: who opens the link and signs in sees them.

use super::signed_message::SignedMessage;
use crate::model::SignedEndpoint;
use crate::words::Millis;
use crate::words::approval::{Approval, DESCRIPTION};
use crate::words::json::{Document, ObjectLine, Value, push_text};
use crate::words::text::on_a_line;

/// The notice of an approval with this description; `None` without a key.
pub(crate) fn notice_of(
    notify: &SignedEndpoint,
    approval: &Approval,
    description: &str,
    url: &str,
    now: Millis,
) -> Option<SignedMessage> {
    let document = Document::read(description.as_bytes(), DESCRIPTION).ok()?;
    SignedMessage::new(notify, body(document.root(), approval, url), now)
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
