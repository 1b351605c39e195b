//! Turns a decision into the line of the audit log.
//!
//! It never holds a credential, of a call's arguments only their names, a keyed hash, and the values that the policy
//! opens, and of its caller no other facts than the policy opens.

use super::answered::{AnswerKind, Answered, LoggedRequest};
use super::opened;
use crate::count::{Charge, Count, Refund};
use crate::decide::RequestContext;
use crate::measures::Measures;
use crate::model::{AuditOptions, Window};
use crate::read::{Call, Message, RequestIds};
use crate::words::approval::ApprovalId;
use crate::words::digits::{push_decimal, push_hex};
use crate::words::json::{ObjectLine, Value, element};
use crate::words::sorted::dedup_sorted;
use crate::words::text::on_a_line;
use crate::words::trace::{RuleTrace, RuleTraces, Trace};
use crate::words::{Amount, Millis, Reason, Refusal, Rule};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;

/// One decision: its line of the log and, where [`HostContext::explain`](crate::host::HostContext::explain) asks for
/// them, the rules that were evaluated. `policies/audit.schema.json` describes the line.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The members that were known first: of the exchange, and of its message.
    line: ObjectLine,
    reason: Option<Reason>,
    rule: Option<String>,
    message: Option<String>,
    /// The refusals of rules in shadow mode, as the elements of a JSON list.
    shadow: String,
    /// Redactions of a result, as the elements of a JSON list.
    redacted: String,
    /// The approvals of the call, as the elements of a JSON list.
    approvals: String,
    /// Counters after the call was added to them, as the elements of a JSON list.
    counters: String,
    pub(crate) traces: RuleTraces,
    event: Event,
    /// The kind of the server's answer; `none` where none was seen.
    answer: &'static str,
    /// `None` where the policy asks for no metrics.
    measures: Option<Box<Measures>>,
}

/// The subject of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The decision about a request.
    Decision,
    /// An edit or a replacement of the server's response.
    Response,
    /// Charges that were refunded.
    Refund,
    /// The end of an exchange, and the server's answer in it.
    Answer,
    /// A visit of the page of approvals.
    Approval,
}

/// The exchange that a line belongs to: the members that all its lines share.
pub(crate) struct Origin<'e> {
    pub(crate) policy: &'e str,
    pub(crate) ids: &'e RequestIds,
    /// The server that the request is for; `None` where the policy lists none, or none matches.
    pub(crate) server: Option<&'e str>,
    /// The caller's name in the log; `None` for a caller that is not admitted.
    pub(crate) grant: Option<&'e str>,
    /// The grants that the caller matches who is not admitted because they are several.
    pub(crate) several: &'e [Box<str>],
}

/// The largest number of arguments whose names a line lists.
const MOST_KEYS: usize = 64;

/// The bytes of a counter in a line without its rule: its names and two numbers.
const COUNTER_ROOM: usize = 64;

impl Audit {
    /// A line about a request that is admitted, until it is refused.
    pub(crate) fn new(event: Event, now: Millis, origin: &Origin<'_>, explain: bool) -> Self {
        let mut line = ObjectLine::new();
        line.json("v", "1");
        line.text("event", event.name());
        let time = line.name("time");
        time.push('"');
        now.push_rfc3339(time);
        time.push('"');
        line.text("policy", origin.policy);
        for (name, id) in [
            ("request_id", &origin.ids.request_id),
            ("trace_id", &origin.ids.trace_id),
        ] {
            id.iter().for_each(|id| line.text(name, id));
        }
        for (name, value) in [("server", origin.server), ("grant", origin.grant)] {
            value.iter().for_each(|value| line.text(name, value));
        }
        if !origin.several.is_empty() {
            let names = origin.several.iter().map(AsRef::as_ref);
            line.logged_list("grants", names);
        }
        Self {
            line,
            reason: None,
            rule: None,
            message: None,
            shadow: String::new(),
            redacted: String::new(),
            approvals: String::new(),
            counters: String::new(),
            traces: RuleTraces::new(explain),
            event,
            answer: "none",
            measures: None,
        }
    }

    /// Records what a host's metrics count.
    pub(crate) fn measured(&mut self, measures: Option<Box<Measures>>) {
        self.measures = measures;
    }

    /// Records the groups of conditions that are unknown, and whether the rules used up the steps of the message.
    pub(crate) fn judged(&mut self, unknown_groups: u64, uses_up_budget: bool) {
        if let Some(measures) = &mut self.measures {
            measures.unknown_groups = unknown_groups;
            measures.uses_up_budget = uses_up_budget;
        }
    }

    /// The counters that the decision adds to, each with the number to add: a name such as
    /// `mcp_policy_decisions_total`, then labels and their values, separated by dots. Empty unless the policy has
    /// `host.metrics`.
    pub fn metrics(&self) -> Vec<(String, u64)> {
        let Some(measures) = &self.measures else {
            return Vec::new();
        };
        let outcome = match (self.reason, self.shadow.is_empty()) {
            (Some(_), _) => "deny",
            (None, false) => "shadow",
            (None, true) => "allow",
        };
        let reason = self.reason.map_or("none", Reason::name);
        let (name, labels) = match self.event {
            Event::Decision => (
                "decisions",
                &[("decision", outcome), ("reason", reason)][..],
            ),
            Event::Response => (
                "responses",
                &[("decision", outcome), ("reason", reason)][..],
            ),
            Event::Refund => ("refunds", &[][..]),
            Event::Approval => (
                "approval_visits",
                &[("decision", outcome), ("reason", reason)][..],
            ),
            Event::Answer => ("answers", &[("answer", self.answer)][..]),
        };
        let own = (measures.counter(name, labels), 1);
        [own].into_iter().chain(measures.more()).collect()
    }

    pub(crate) fn refused(&mut self, reason: Reason, rule: Option<String>, message: &str) {
        self.reason = Some(reason);
        self.explained(rule, message);
    }

    /// Records the rule and the message of a decision that does not refuse.
    pub(crate) fn explained(&mut self, rule: Option<String>, message: &str) {
        self.rule = rule;
        self.message = Some(on_a_line(message).into_owned());
    }

    /// Records the reason of a refund.
    pub(crate) fn refunded(&mut self, refund: &Refund) {
        self.message = Some(refund.why().into());
    }

    pub(crate) fn shadowed(&mut self, refusal: &Refusal) {
        let mut shadow = ObjectLine::new();
        shadow.text("reason", refusal.reason.name());
        let rule = refusal.rule.iter();
        rule.for_each(|rule| shadow.text("rule", &rule.to_string()));
        element(&mut self.shadow).push_str(&shadow.end());
    }

    /// Records the refusals in shadow mode and the evaluated rules.
    pub(crate) fn note(&mut self, trace: Trace) {
        let refusals = trace.shadowed.iter();
        refusals.for_each(|refusal| self.shadowed(refusal));
        self.traces.append(trace.traces);
    }

    /// Notes the HTTP method of a request that carries no message.
    pub(crate) fn http_method(&mut self, method: &str) {
        self.line.text("method", method);
    }

    /// Records the method, the client, the target and the arguments of the message, and the opened facts about its caller.
    pub(crate) fn describe(
        &mut self,
        message: &Message<'_>,
        context: &RequestContext,
        seed: &[u8; 16],
        options: &AuditOptions,
    ) {
        let arguments = match message {
            Message::Request { call, .. } | Message::Notification(call) => {
                self.call(call, seed);
                call.arguments
            }
            Message::Response => {
                self.line.text("method", "response");
                None
            }
        };
        opened::add(&mut self.line, arguments, context, seed, options);
    }

    fn call(&mut self, call: &Call<'_>, seed: &[u8; 16]) {
        self.line.logged("method", &call.method);
        let client = call.client.iter();
        client.for_each(|client| self.line.logged("client", client));
        if let Some((kind, name)) = call.target.named() {
            self.line.logged(kind, name);
        }
        if let Some(arguments) = call.arguments {
            self.arguments(arguments, seed);
        }
    }

    /// Records the trace id that the message itself names.
    pub(crate) fn traced(&mut self, trace_id: &str) {
        self.line.text("trace_id", trace_id);
    }

    /// Records the end of an exchange that was forwarded, and the answer in it.
    pub(crate) fn answered(&mut self, answered: &Answered, now: Millis) {
        let LoggedRequest { method, target } = &answered.request;
        self.line.logged("method", method);
        if let Some((kind, name)) = target {
            self.line.logged(kind, name);
        }
        if let Some(status) = answered.status {
            push_decimal(self.line.name("status"), status.into(), 1);
        }
        if let Some(kind) = &answered.kind {
            self.answer = kind.name();
            self.line.text("answer", kind.name());
            if let AnswerKind::Error(Some(code)) = kind {
                self.line.json("error_code", code);
            }
        }
        let latency = now.0.saturating_sub(answered.forwarded.0);
        push_decimal(self.line.name("latency_ms"), latency, 1);
    }

    /// Records that texts of one kind were redacted in a result, or would be in shadow mode.
    pub(crate) fn redacted(&mut self, kind: &str, rule: &Rule, times: usize) {
        let mut redacted = ObjectLine::new();
        redacted.text("kind", kind);
        redacted.text("rule", &rule.to_string());
        let times = u64::try_from(times).unwrap_or(u64::MAX);
        push_decimal(redacted.name("times"), times, 1);
        element(&mut self.redacted).push_str(&redacted.end());
    }

    /// Records the names of the arguments, and a hash by which equal arguments match within one life of the process.
    fn arguments(&mut self, arguments: Value<'_>, seed: &[u8; 16]) {
        let keys = arguments.members().take(MOST_KEYS);
        let keys = dedup_sorted(keys.map(|(key, _)| key));
        if !keys.is_empty() {
            let keys = keys.iter().map(|key| &**key);
            self.line.logged_list("argument_keys", keys);
        }
        let mut hasher = SipHasher13::new_with_key(seed);
        hasher.write(arguments.raw().as_bytes());
        let hash = self.line.name("arguments_hash");
        hash.push('"');
        push_hex(hash, hasher.finish128().as_u128());
        hash.push('"');
    }

    /// Records a change of an approval's standing, and counts it.
    pub(crate) fn approval_changed(&mut self, id: ApprovalId, standing: &'static str) {
        self.approval(id, standing);
        if let Some(measures) = &mut self.measures {
            measures.approvals.push(standing);
        }
    }

    /// Records an approval of the call, and its standing.
    pub(crate) fn approval(&mut self, id: ApprovalId, standing: &str) {
        let mut approval = ObjectLine::new();
        approval.text("id", &id.to_string());
        approval.text("standing", standing);
        element(&mut self.approvals).push_str(&approval.end());
    }

    /// Records the approver who visits the page.
    pub(crate) fn approver(&mut self, name: &str) {
        self.line.logged("approver", name);
    }

    /// Records the call that a person decided, and its caller.
    pub(crate) fn decided_call(&mut self, caller: &str, kind: &str, name: &str) {
        self.line.logged("caller", caller);
        self.line.logged(kind, name);
    }

    /// Notes a counter after the call was added to it.
    pub(crate) fn counted(&mut self, charge: &Charge, count: &Count) {
        if let Some(limit) = count.shadowed {
            self.shadowed_limit(charge, limit);
        }
        // A sequence mark is not a count that a caller can use up.
        let marks = matches!(charge.window(), Window::Extending(_));
        let known = count.used.filter(|_| charge.subject().is_some() && !marks);
        let Some(used) = known else {
            return;
        };
        for limit in &charge.limits {
            if let Some(measures) = &mut self.measures {
                let near = is_near(used, limit.limit.max);
                measures.near_limits = measures.near_limits.saturating_add(u64::from(near));
            }
            let rule = limit.rule_text();
            let room = rule.len().saturating_add(COUNTER_ROOM);
            self.counters.reserve(room);
            let counter = element(&mut self.counters);
            counter.push_str("{\"rule\":");
            counter.push_str(rule);
            counter.push_str(",\"used\":");
            used.push(counter);
            counter.push_str(",\"max\":");
            limit.limit.max.push(counter);
            counter.push('}');
        }
    }

    /// Notes a limit in shadow mode that would have refused the call.
    pub(crate) fn shadowed_limit(&mut self, charge: &Charge, limit: usize) {
        if let Some((refusal, _)) = charge.refusal(limit, Amount::default(), Millis::default()) {
            self.shadowed(&refusal);
        }
    }

    /// The evaluated rules in their order, up to the one that refused; `None` without
    /// [`explain`](crate::host::HostContext::explain).
    pub fn trace(&self) -> Option<&[RuleTrace]> {
        self.traces.list()
    }

    /// The rule that refused, as a JSON Pointer.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// The message that a refused client gets.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Why the request was refused; `None` where it was not.
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// The decision as one line of JSON.
    pub fn line(&self) -> String {
        self.clone().into_line()
    }

    /// The decision as one line of JSON, without a copy of it.
    pub fn into_line(self) -> String {
        let mut line = self.line;
        let decision = if self.reason.is_some() {
            "deny"
        } else {
            "allow"
        };
        line.text("decision", decision);
        let reason = self.reason.iter();
        reason.for_each(|reason| line.text("reason", reason.name()));
        let texts = [("rule", self.rule), ("message", self.message)];
        for (name, text) in texts {
            text.iter().for_each(|text| line.text(name, text));
        }
        for (name, elements) in [
            ("shadow", self.shadow),
            ("redacted", self.redacted),
            ("approvals", self.approvals),
            ("counters", self.counters),
        ] {
            if !elements.is_empty() {
                line.list(name, &elements);
            }
        }
        line.end()
    }
}

/// Whether four fifths or more of a limit are used.
fn is_near(used: Amount, max: Amount) -> bool {
    let fifths = |amount: Amount| amount.0.checked_div(5).unwrap_or_default();
    used.0 >= fifths(max).saturating_mul(4)
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Response => "response",
            Self::Refund => "refund",
            Self::Answer => "answer",
            Self::Approval => "approval",
        }
    }
}
