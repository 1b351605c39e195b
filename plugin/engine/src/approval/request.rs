//! Turns a call and the rule that asks for its approval into the request that a person sees, and into the digest by which
//! the same call is found again.
//!
//! It never shortens an argument: a call that is too long to read is refused.

use super::person::parties;
use crate::decide::RequestContext;
use crate::model::ApprovalRule;
use crate::read::{Call, Rounds, Target, Verified};
use crate::words::approval::{ApprovalRequest, CallDigest};
use crate::words::json::{ObjectLine, Value, element, push_text};
use sha2::{Digest as _, Sha256};

/// The longest arguments that a person reads, in bytes without insignificant space.
pub(crate) const LONGEST: usize = 32 * 1024;

/// The arguments are longer than a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// A call that a person may approve.
#[derive(Debug)]
pub(crate) struct ApprovableCall {
    /// The caller, its server, the method and its target, and all that it carries, as the parts of the digest.
    parts: [String; 6],
    /// The members of the description that are the same for every rule.
    text: ObjectLine,
    caller: String,
}

impl ApprovableCall {
    /// `own` where the members of rounds are the gateway's: a server's are part of the call.
    ///
    /// # Errors
    /// The call is longer than a person reads.
    pub(crate) fn new(
        call: &Call<'_>,
        context: &RequestContext,
        verified: &Verified,
        own: bool,
    ) -> Result<Self, TooLong> {
        let caller = &context.caller;
        let (kind, name) = kind_of(&call.target);
        let input = match own {
            true => Vec::new(),
            false => input_of(&call.rounds),
        };
        let arguments = call.arguments.map(Value::compact);
        let mut length = arguments.as_ref().map_or(0, String::len);
        let mut inputs = ObjectLine::new();
        for (name, value) in &input {
            let compact = value.compact();
            length = length.saturating_add(compact.len());
            inputs.json(name, &compact);
        }
        if length > LONGEST {
            return Err(TooLong);
        }
        let inputs = inputs.end();
        let mut text = ObjectLine::new();
        text.text("grant", caller.principal.label().unwrap_or_default());
        if let Some(server) = caller.server.name() {
            text.text("server", server);
        }
        text.text("kind", kind);
        text.text("name", name);
        text.json("arguments", arguments.as_deref().unwrap_or("{}"));
        if !input.is_empty() {
            text.json("input", &inputs);
        }
        text.list("parties", &texts(&parties(&caller.principal, verified)));
        let subject = caller.principal.subject().into_owned();
        let exact = call.arguments.map(Value::exact_form);
        Ok(Self {
            parts: [
                subject.clone(),
                caller.server.part(),
                kind.into(),
                name.into(),
                exact.unwrap_or_default(),
                inputs,
            ],
            text,
            caller: subject,
        })
    }

    /// The request of this rule.
    pub(crate) fn request(&self, rule: &ApprovalRule) -> ApprovalRequest {
        let pointer = rule.rule().to_string();
        let mut text = self.text.clone();
        text.text("rule", &pointer);
        if let Some(message) = &rule.message {
            text.text("message", message);
        }
        text.list("approvers", &texts(&rule.approvers));
        ApprovalRequest {
            digest: self.digest(&pointer, rule),
            caller: self.caller.clone(),
            ttl: rule.ttl,
            text: text.end(),
        }
    }

    /// Each part follows its length, so that no two calls give the same bytes.
    fn digest(&self, pointer: &str, rule: &ApprovalRule) -> CallDigest {
        let mut hasher = Sha256::new();
        let mut add = |part: &[u8]| {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(length.to_le_bytes());
            hasher.update(part);
        };
        self.parts.iter().for_each(|part| add(part.as_bytes()));
        add(pointer.as_bytes());
        add(&rule.digest);
        hasher.finalize().into()
    }
}

/// The kind and the name of what a call acts on.
fn kind_of<'c>(target: &'c Target<'_>) -> (&'static str, &'c str) {
    match target.named() {
        Some(("uri", uri)) => ("resource", uri),
        Some(named) => named,
        None => ("method", ""),
    }
}

/// A server's own members of rounds.
fn input_of<'a>(rounds: &Rounds<'a>) -> Vec<(&'static str, Value<'a>)> {
    let members = [
        ("inputResponses", rounds.responses),
        ("requestState", rounds.state),
    ];
    let mut input = Vec::new();
    for (name, value) in members {
        input.extend(value.map(|value| (name, value)));
    }
    input
}

fn texts<T: AsRef<str>>(texts: &[T]) -> String {
    let mut elements = String::new();
    for text in texts {
        push_text(element(&mut elements), text.as_ref());
    }
    elements
}
