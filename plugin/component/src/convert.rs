//! Turns values of the interface into values of the engine and back, one to one.
//!
//! It never omits a value, and a number that does not fit becomes one that refuses.

use crate::bindings::exports::mcp_policy::engine::engine as wit;
use mcp_policy::host::{
    Amount, Ask, Audit, Charge, Count, Delivery, Event, HeaderEdit, Headers, HostContext, IdEnd,
    LimitRef, Lookup, Millis, Next, Opening, PolicyError, RateLimitQuestion, Refund, Reply,
    RequestKey, Reservation, Response, Seed, ServiceAnswer, SignedMessage, StateKey, StateWrite,
    Step, Verified, Window,
};
use mcp_policy::trace::{ConditionTrace, RuleOutcome, RuleTrace, Truth};

pub(crate) fn headers(headers: Vec<wit::Header>) -> Headers {
    let field = |wit::Header { name, value }| (name, value);
    headers.into_iter().map(field).collect()
}

pub(crate) fn seed((high, low): wit::Seed) -> Seed {
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

pub(crate) fn seed_to_wit(seed: Seed) -> wit::Seed {
    let seed = u128::from_be_bytes(seed);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    (half(seed >> 64), half(seed))
}

pub(crate) fn step_to_wit(step: Step, now: Millis) -> wit::Step {
    let effects = effects(&step);
    let next = match step.next {
        Next::NeedMore => wit::Next::NeedMore,
        Next::Ask(ask) => wit::Next::Ask(ask_to_wit(&ask, now)),
        Next::Forward => wit::Next::Forward(step.edit.into()),
        Next::ForwardBody(body) => wit::Next::ForwardBody(wit::ForwardBody {
            edit: step.edit.into(),
            body,
        }),
        Next::ReplaceBody(bytes) => wit::Next::ReplaceBody(bytes),
        Next::Reply(reply) => wit::Next::Reply(reply.into()),
    };
    wit::Step { next, effects }
}

/// The line of the log, the trace, the refund, the writes and the end of a step.
fn effects(step: &Step) -> Vec<wit::Effect> {
    let audit = step.audit.as_deref();
    let line = audit.map(|audit| wit::Effect::Audit(audit.line()));
    let rules = audit.and_then(Audit::trace);
    let trace = rules.map(|rules| wit::Effect::Trace(rules.iter().map(Into::into).collect()));
    let refund = step.effects.refund().map(refund_to_wit);
    let finished: Vec<_> = step.effects.finished().iter().map(Into::into).collect();
    let finished = (!finished.is_empty()).then_some(wit::Effect::Finished(finished));
    let writes: Vec<_> = step.effects.writes().iter().map(Into::into).collect();
    let writes = (!writes.is_empty()).then_some(wit::Effect::Write(writes));
    let end = step.effects.ended().map(|end| wit::Effect::End(end.into()));
    let notice = step.notice.as_deref();
    let notice = notice.map(|notice| wit::Effect::Notice(notice.into()));
    [line, trace, refund, finished, writes, notice, end]
        .into_iter()
        .flatten()
        .collect()
}

impl From<&SignedMessage> for wit::SignedMessage {
    fn from(message: &SignedMessage) -> Self {
        Self {
            body: message.body.clone(),
            time: message.time.clone(),
            signature: message.signature.clone(),
        }
    }
}

impl From<&RateLimitQuestion> for wit::RateLimitQuestion {
    fn from(question: &RateLimitQuestion) -> Self {
        let headers = question.headers().iter();
        Self {
            path: question.path().into(),
            headers: headers.copied().map(header_to_wit).collect(),
            body: question.body.clone(),
        }
    }
}

impl From<wit::ServiceAnswer> for ServiceAnswer {
    fn from(answer: wit::ServiceAnswer) -> Self {
        Self {
            status: answer.status,
            body: answer.body,
        }
    }
}

fn refund_to_wit(refund: &Refund) -> wit::Effect {
    let returned = |(charge, ends): (&Charge, Millis)| {
        Some(wit::Refund {
            counter: charge.counter().into(),
            subject: charge.subject()?.into(),
            cost: charge.cost().0,
            task: refund.task().map(Into::into),
            ends: ends.0,
        })
    };
    wit::Effect::Refund(refund.returned().filter_map(returned).collect())
}

fn ask_to_wit(ask: &Ask, now: Millis) -> wit::Ask {
    match ask {
        Ask::Reserve(charges) => {
            let charges = charges.iter().map(|charge| charge_to_wit(charge, now));
            wit::Ask::Reserve(charges.collect())
        }
        Ask::Lookup(keys) => wit::Ask::Lookup(keys.iter().map(Into::into).collect()),
        Ask::Approvals(_) => wit::Ask::Approvals,
        Ask::Service(message) => wit::Ask::Service((&**message).into()),
        Ask::RateLimits(question) => wit::Ask::RateLimits((&**question).into()),
        Ask::Open(request) => wit::Ask::Open(request.into()),
    }
}

fn charge_to_wit(charge: &Charge, now: Millis) -> wit::Charge {
    let window = charge.window();
    wit::Charge {
        counter: charge.counter().into(),
        subject: charge.subject().map(Into::into),
        cost: charge.cost().0,
        window: window.into(),
        ends: window.end(now).0,
        limits: charge.limits().iter().map(Into::into).collect(),
    }
}

impl From<Window> for wit::Window {
    fn from(window: Window) -> Self {
        match window {
            Window::Seconds(seconds) => Self::Seconds(seconds),
            Window::Week => Self::Week,
            Window::Month => Self::Month,
            Window::Sliding(seconds) => Self::Sliding(seconds),
            Window::Running(seconds) => Self::Running(seconds),
            Window::Extending(seconds) => Self::Extending(seconds),
        }
    }
}

impl From<&LimitRef> for wit::Limit {
    fn from(limit: &LimitRef) -> Self {
        Self {
            max: limit.max().0,
            enforced: limit.is_enforced(),
            position: u32::try_from(limit.position()).unwrap_or(u32::MAX),
        }
    }
}

impl From<PolicyError> for wit::PolicyError {
    fn from(error: PolicyError) -> Self {
        Self {
            message: error.problem.to_string(),
            pointer: error.at,
        }
    }
}

fn header_to_wit((name, value): (&str, impl AsRef<str>)) -> wit::Header {
    wit::Header {
        name: name.into(),
        value: value.as_ref().into(),
    }
}

impl From<HeaderEdit> for wit::HeaderEdit {
    fn from(edit: HeaderEdit) -> Self {
        Self {
            remove_headers: edit.remove.into_iter().map(Into::into).collect(),
            set_headers: edit.set.into_iter().map(header_to_wit).collect(),
        }
    }
}

impl From<Reply> for wit::Reply {
    fn from(reply: Reply) -> Self {
        Self {
            status: reply.status,
            headers: reply.headers.into_iter().map(header_to_wit).collect(),
            body: reply.body,
            hold: reply.hold.map(|hold| wit::Hold {
                approval: hold.approval.to_string(),
                until: hold.until.0,
            }),
        }
    }
}

impl From<&StateWrite> for wit::StateWrite {
    fn from(write: &StateWrite) -> Self {
        Self {
            key: (&write.key).into(),
            value: write.value.clone(),
            if_absent: write.if_absent,
        }
    }
}

impl From<&StateKey> for wit::StateKey {
    fn from(key: &StateKey) -> Self {
        Self {
            name: key.name.clone(),
            owner: key.owner.clone(),
        }
    }
}

impl From<&RequestKey> for wit::RequestKey {
    fn from(key: &RequestKey) -> Self {
        Self {
            session: key.session.clone(),
            id: key.id.clone(),
            is_issued: key.is_issued,
        }
    }
}

impl From<&IdEnd> for wit::IdEnd {
    fn from(end: &IdEnd) -> Self {
        Self {
            key: (&end.key).into(),
            opening: end.opening.0,
            is_answered: end.is_answered,
        }
    }
}

impl From<wit::Opening> for Opening {
    fn from(opening: wit::Opening) -> Self {
        match opening {
            wit::Opening::Open(opening) => Self::Open(Millis(opening)),
            wit::Opening::InUse => Self::InUse,
            wit::Opening::Unclear => Self::Unclear,
        }
    }
}

impl From<&RuleTrace> for wit::RuleTrace {
    fn from(trace: &RuleTrace) -> Self {
        Self {
            rule: trace.rule.clone(),
            outcome: match trace.outcome {
                RuleOutcome::Allow => wit::RuleOutcome::Allow,
                RuleOutcome::Deny => wit::RuleOutcome::Deny,
                RuleOutcome::WouldDeny => wit::RuleOutcome::WouldDeny,
            },
            detail: trace.detail.clone(),
            conditions: trace.conditions.iter().map(Into::into).collect(),
        }
    }
}

impl From<&ConditionTrace> for wit::ConditionTrace {
    fn from(trace: &ConditionTrace) -> Self {
        Self {
            path: trace.path.clone(),
            op: trace.op.into(),
            any: trace
                .any
                .map(|position| u32::try_from(position).unwrap_or(u32::MAX)),
            others: trace.others.clone(),
            value: trace.value.clone(),
            truth: match trace.truth {
                Truth::True => wit::Truth::Yes,
                Truth::False => wit::Truth::No,
                Truth::Unknown => wit::Truth::Unknown,
            },
        }
    }
}

impl From<wit::HostContext> for HostContext {
    fn from(context: wit::HostContext) -> Self {
        Self {
            peer: context.peer,
            verified: context.verified.into(),
            cluster: context.cluster,
            seed: seed(context.seed),
            explain: context.explain,
        }
    }
}

impl From<wit::Verified> for Verified {
    fn from(verified: wit::Verified) -> Self {
        Self {
            claims: verified.claims,
            uri_san: verified.uri_san,
            dns_san: verified.dns_san,
            subject: verified.subject,
        }
    }
}

impl From<wit::Event> for Event {
    fn from(event: wit::Event) -> Self {
        match event {
            wit::Event::Body(wit::Piece {
                bytes,
                end_of_stream,
            }) => Self::Body {
                bytes,
                end_of_stream,
            },
            wit::Event::Buffered(length) => Self::Buffered(index(length)),
            wit::Event::Trailers => Self::END,
            wit::Event::BodyUnavailable => Self::BodyUnavailable,
            wit::Event::Reserved(reservation) => Self::Reserved(reservation.into()),
            wit::Event::Found(Ok(values)) => Self::Found(Lookup::Found(values)),
            wit::Event::Opened(opening) => Self::Opened(opening.into()),
            wit::Event::ServiceAnswer(answer) => Self::ServiceAnswer(answer.map(Into::into)),
            wit::Event::Found(Err(())) => Self::Found(Lookup::Unavailable),
            wit::Event::Delivery(delivery) => Self::Response(Response::Delivery(delivery.into())),
            wit::Event::SentTo(cluster) => Self::Response(Response::SentTo(cluster)),
            wit::Event::ResponseHead(head) => Self::Response(head.into()),
            wit::Event::ResponseBody(piece) => Self::Response(piece.into()),
            wit::Event::ResponseTrailers => Self::Response(Response::Trailers),
            wit::Event::Closed => Self::Response(Response::Closed),
        }
    }
}

impl From<wit::Delivery> for Delivery {
    fn from(delivery: wit::Delivery) -> Self {
        match delivery {
            wit::Delivery::Sent => Self::Sent,
            wit::Delivery::Unsent => Self::Unsent,
        }
    }
}

impl From<wit::ResponseHead> for Response {
    fn from(head: wit::ResponseHead) -> Self {
        Self::Head {
            status: head.status,
            headers: headers(head.headers),
            end_of_stream: head.end_of_stream,
        }
    }
}

impl From<wit::Piece> for Response {
    fn from(piece: wit::Piece) -> Self {
        Self::Body {
            bytes: piece.bytes,
            end_of_stream: piece.end_of_stream,
        }
    }
}

impl From<wit::Reservation> for Reservation {
    fn from(reservation: wit::Reservation) -> Self {
        match reservation {
            wit::Reservation::Reserved(counts) => {
                Self::Reserved(counts.into_iter().map(Into::into).collect())
            }
            wit::Reservation::Full(full) => full.into(),
            wit::Reservation::Unavailable => Self::Unavailable,
        }
    }
}

impl From<wit::Full> for Reservation {
    fn from(full: wit::Full) -> Self {
        let shadowed = full.shadowed.into_iter();
        Self::Full {
            charge: index(full.at.charge),
            limit: index(full.at.limit),
            used: Amount(full.used),
            ends: Millis(full.ends),
            shadowed: shadowed
                .map(|at| (index(at.charge), index(at.limit)))
                .collect(),
        }
    }
}

impl From<wit::Count> for Count {
    fn from(count: wit::Count) -> Self {
        Self {
            used: Some(Amount(count.used)),
            ends: Millis(count.ends),
            shadowed: count.shadowed.map(index),
            added: count.added,
        }
    }
}

/// A position or a length. A number beyond the address space becomes a position that no list has.
fn index(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or(usize::MAX)
}
