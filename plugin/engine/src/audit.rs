//! Turns a decision into the line of the audit log.
//!
//! It never holds a credential, and of a call's arguments only their names and a keyed hash.

use crate::count::{Charge, Count, Refund, Subject};
use crate::model::Window;
use crate::read::{Message, Target};
use crate::words::json::Value;
use crate::words::sorted::dedup_sorted;
use crate::words::text::logged;
use crate::words::trace::{RuleTrace, RuleTraces, Trace};
use crate::words::{Amount, Millis, Reason, Refusal};
use serde::Serialize;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;

/// One decision: its line of the log and, where [`HostContext::explain`](crate::host::HostContext::explain) asks for
/// them, the rules that were evaluated.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Audit {
    event: &'static str,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<String>,
    /// What the client calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    pub(crate) decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// What the rules in shadow mode would have refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shadow: Vec<Shadow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    counters: Vec<CounterAfter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    argument_keys: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments_hash: Option<String>,
    pub(crate) policy: String,
    #[serde(skip)]
    pub(crate) traces: RuleTraces,
}

/// A refusal that was not enforced.
#[derive(Clone, Debug, Serialize)]
struct Shadow {
    reason: Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
}

/// A counter after the call was counted.
#[derive(Clone, Debug, Serialize)]
struct CounterAfter {
    rule: String,
    used: Amount,
    max: Amount,
}

/// The most argument names that a line repeats.
const MOST_KEYS: usize = 64;

impl Audit {
    pub(crate) fn new(now: Millis, policy: &str, explain: bool) -> Self {
        Self {
            event: "decision",
            time: now.rfc3339().unwrap_or_default(),
            decision: "allow",
            policy: policy.into(),
            traces: RuleTraces::new(explain),
            ..Self::default()
        }
    }

    /// The line is about what the server sent, after the decision about the request.
    pub(crate) fn of_response(&mut self) {
        self.event = "response";
    }

    /// The line is about a count that was taken back.
    pub(crate) fn of_refund(&mut self, refund: &Refund) {
        self.event = "refund";
        self.message = Some(refund.why().into());
    }

    pub(crate) fn refused(&mut self, reason: Reason, rule: Option<String>, message: &str) {
        self.decision = "deny";
        self.reason = Some(reason);
        self.rule = rule;
        self.message = Some(logged(message));
    }

    /// Notes what was done about something that passed all the same.
    pub(crate) fn told(&mut self, rule: Option<String>, message: &str) {
        self.rule = rule;
        self.message = Some(logged(message));
    }

    pub(crate) fn shadowed(&mut self, refusal: &Refusal) {
        let rule = refusal.rule.as_ref().map(ToString::to_string);
        self.shadow.push(Shadow {
            reason: refusal.reason,
            rule,
        });
    }

    /// Notes what is told of the rules.
    pub(crate) fn note(&mut self, trace: Trace) {
        let refusals = trace.shadowed.iter();
        refusals.for_each(|refusal| self.shadowed(refusal));
        self.traces.append(trace.traces);
    }

    /// Notes what the message asks for.
    pub(crate) fn describe(&mut self, message: &Message<'_>, seed: &[u8; 16]) {
        let (Message::Request { call, .. } | Message::Notification(call)) = message else {
            self.method = Some("response".into());
            return;
        };
        self.method = Some(logged(&call.method));
        self.client = call.client.as_deref().map(logged);
        match &call.target {
            Target::Tool(name) => self.tool = Some(logged(name)),
            Target::Prompt(name) => self.prompt = Some(logged(name)),
            Target::Resource(uri) | Target::Template(uri) => self.uri = Some(logged(uri)),
            Target::Listen { .. } | Target::Task(_) | Target::Method => {}
        }
        if let Some(arguments) = call.arguments {
            self.arguments(arguments, seed);
        }
    }

    /// Notes which arguments were given, and a hash by which equal ones can be told within one life of the process.
    fn arguments(&mut self, arguments: Value<'_>, seed: &[u8; 16]) {
        let keys = arguments.members().take(MOST_KEYS);
        self.argument_keys = dedup_sorted(keys.map(|(key, _)| logged(&key)));
        let mut hasher = SipHasher13::new_with_key(seed);
        hasher.write(arguments.raw().as_bytes());
        self.arguments_hash = Some(format!("{:032x}", hasher.finish128().as_u128()));
    }

    /// Notes a counter after the call was added to it.
    pub(crate) fn counted(&mut self, charge: &Charge, count: &Count) {
        if let Some(limit) = count.shadowed {
            self.shadowed_limit(charge, limit);
        }
        // A mark of a sequence is no count that anybody could use up.
        let marks = matches!(charge.window(), Window::Extending(_));
        if marks || matches!(charge.subject, Subject::Unknown { .. }) {
            return;
        }
        for limit in &charge.limits {
            self.counters.push(CounterAfter {
                rule: limit.rule.to_string(),
                used: count.used,
                max: limit.max,
            });
        }
    }

    /// Notes a limit in shadow mode that would have refused the call.
    pub(crate) fn shadowed_limit(&mut self, charge: &Charge, limit: usize) {
        if let Some((refusal, _)) = charge.refusal(limit, Amount::default(), Millis::default()) {
            self.shadowed(&refusal);
        }
    }

    /// The rules that were looked at, in their order, up to the one that refused; `None` where nobody asked for them.
    pub fn trace(&self) -> Option<&[RuleTrace]> {
        self.traces.list()
    }

    /// The rule that refused, as a JSON Pointer.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// What a refused client is told.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Why the request was refused; `None` where it was not.
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// The decision as one line of JSON.
    pub fn line(&self) -> String {
        // Most lines are shorter, and none is moved while it grows.
        let mut line = Vec::with_capacity(1024);
        // Writing plain strings and numbers into memory cannot fail.
        let _ = serde_json::to_writer(&mut line, self);
        String::from_utf8(line).unwrap_or_default()
    }
}
