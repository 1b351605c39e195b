//! Turns values of the interface into values of the engine and back, one to one.
//!
//! It never leaves anything out, and a number that does not fit becomes one that refuses.

use crate::bindings::exports::mcp_policy::engine::engine as wit;
use mcp_policy::{
    Amount, Ask, Audit, Charge, Edit, Event, Facts, Finding, Headers, Maximum, Memo, Millis,
    Outcome, PolicyError, Recollection, Reply, Reservation, Response, Said, Seed, Sight, Step,
    Tally, Topic, Truth, Window,
};

pub(crate) fn fields(headers: Vec<wit::Header>) -> Headers {
    let field = |wit::Header { name, value }| (name, value);
    headers.into_iter().map(field).collect()
}

pub(crate) fn seed((high, low): wit::Seed) -> Seed {
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

pub(crate) fn halves(seed: Seed) -> wit::Seed {
    let seed = u128::from_be_bytes(seed);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    (half(seed >> 64), half(seed))
}

pub(crate) fn ask(ask: &Ask, now: Millis) -> wit::Ask {
    match ask {
        Ask::Reserve(charges) => {
            wit::Ask::Reserve(charges.iter().map(|of| charge(of, now)).collect())
        }
        Ask::Recall(topics) => wit::Ask::Recall(topics.iter().map(topic).collect()),
    }
}

fn charge(charge: &Charge, now: Millis) -> wit::Charge {
    let window = charge.window();
    wit::Charge {
        counter: charge.counter().into(),
        subject: charge.subject().map(Into::into),
        cost: charge.cost().0,
        window: match window {
            Window::Seconds(seconds) => wit::Window::Seconds(seconds),
            Window::Week => wit::Window::Week,
            Window::Month => wit::Window::Month,
            Window::Sliding(seconds) => wit::Window::Sliding(seconds),
            Window::Lasting(seconds) => wit::Window::Lasting(seconds),
        },
        ends: window.end(now).0,
        maxima: charge.maxima().iter().map(maximum).collect(),
    }
}

fn maximum(maximum: &Maximum) -> wit::Maximum {
    wit::Maximum {
        max: maximum.max.0,
        enforced: maximum.is_enforced(),
        order: u32::try_from(maximum.order()).unwrap_or(u32::MAX),
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

fn field((name, value): (&str, &str)) -> wit::Header {
    wit::Header {
        name: name.into(),
        value: value.into(),
    }
}

impl From<Edit> for wit::Edit {
    fn from(edit: Edit) -> Self {
        Self {
            remove_headers: edit.remove.into_iter().map(Into::into).collect(),
            set_headers: edit.set.into_iter().map(field).collect(),
        }
    }
}

impl From<Reply> for wit::Reply {
    fn from(reply: Reply) -> Self {
        Self {
            status: reply.status,
            headers: reply.headers.into_iter().map(field).collect(),
            body: reply.body,
        }
    }
}

/// What is told of a decision, what is given back, and what is remembered.
pub(crate) fn effects(step: &Step) -> Vec<wit::Effect> {
    let audit = step.audit.as_deref();
    let refund = step.refund.as_ref();
    let line = audit.map(|audit| wit::Effect::Audit(audit.line()));
    let findings = audit.and_then(Audit::findings);
    let explanation = findings.map(|findings| findings.iter().map(finding).collect());
    let explanation = explanation.map(wit::Effect::Explanation);
    let returned = refund.map(|refund| refund.returned().filter_map(returned).collect());
    let refund = returned.map(wit::Effect::Refund);
    let memos: Vec<_> = step.memos.iter().map(memo).collect();
    let memos = (!memos.is_empty()).then_some(wit::Effect::Remember(memos));
    let effects = [line, explanation, refund, memos];
    effects.into_iter().flatten().collect()
}

fn memo(memo: &Memo) -> wit::Memo {
    wit::Memo {
        topic: topic(&memo.topic),
        learnt: memo.learnt.clone(),
        first: memo.first,
    }
}

fn topic(topic: &Topic) -> wit::Topic {
    wit::Topic {
        name: topic.name.clone(),
        issued_to: topic.issued_to.clone(),
    }
}

fn returned((charge, ends): (&Charge, Millis)) -> Option<wit::Refund> {
    Some(wit::Refund {
        counter: charge.counter().into(),
        subject: charge.subject()?.into(),
        cost: charge.cost().0,
        ends: ends.0,
    })
}

fn finding(finding: &Finding) -> wit::Finding {
    wit::Finding {
        rule: finding.rule.clone(),
        said: match finding.said {
            Said::Passes => wit::Said::Passes,
            Said::Refuses => wit::Said::Refuses,
            Said::WouldRefuse => wit::Said::WouldRefuse,
        },
        found: finding.found.clone(),
        conditions: finding.conditions.iter().map(sight).collect(),
    }
}

fn sight(sight: &Sight) -> wit::Sight {
    wit::Sight {
        path: sight.path.clone(),
        op: sight.op.into(),
        value: sight.value.clone(),
        truth: match sight.truth {
            Truth::True => wit::Truth::Yes,
            Truth::False => wit::Truth::No,
            Truth::Unknown => wit::Truth::Unknown,
        },
    }
}

impl From<wit::Facts> for Facts {
    fn from(facts: wit::Facts) -> Self {
        Self {
            peer: facts.peer,
            seed: seed(facts.seed),
            explain: facts.explain,
        }
    }
}

impl From<wit::Event> for Event {
    fn from(event: wit::Event) -> Self {
        match event {
            wit::Event::Body(wit::Piece { bytes, end }) => Self::Body { bytes, end },
            wit::Event::Held(length) => Self::Held(index(length)),
            wit::Event::Trailers => Self::END,
            wit::Event::BodyLost => Self::BodyLost,
            wit::Event::Reserved(reservation) => Self::Reserved(reservation.into()),
            wit::Event::Recalled(recalled) => Self::Recalled(match recalled {
                Ok(learnt) => Recollection::Recalled(learnt),
                Err(()) => Recollection::Unavailable,
            }),
            wit::Event::Outcome(wit::Outcome::Sent) => {
                Self::Response(Response::Outcome(Outcome::Sent))
            }
            wit::Event::Outcome(wit::Outcome::Unsent) => {
                Self::Response(Response::Outcome(Outcome::Unsent))
            }
            wit::Event::ResponseHead(wit::ResponseHead {
                status,
                headers,
                end,
            }) => Self::Response(Response::Head {
                status,
                headers: fields(headers),
                end,
            }),
            wit::Event::ResponseBody(wit::Piece { bytes, end }) => {
                Self::Response(Response::Body { bytes, end })
            }
            wit::Event::ResponseTrailers => Self::Response(Response::Trailers),
            wit::Event::Closed => Self::Response(Response::Closed),
        }
    }
}

impl From<wit::Reservation> for Reservation {
    fn from(reservation: wit::Reservation) -> Self {
        match reservation {
            wit::Reservation::Reserved(tallies) => {
                Self::Reserved(tallies.into_iter().map(Into::into).collect())
            }
            wit::Reservation::Full(wit::Full {
                at,
                used,
                ends,
                shadowed,
            }) => Self::Full {
                charge: index(at.charge),
                maximum: index(at.maximum),
                used: Amount(used),
                ends: Millis(ends),
                shadowed: shadowed
                    .into_iter()
                    .map(|at| (index(at.charge), index(at.maximum)))
                    .collect(),
            },
            wit::Reservation::Unavailable => Self::Unavailable,
        }
    }
}

impl From<wit::Tally> for Tally {
    fn from(tally: wit::Tally) -> Self {
        Self {
            used: Amount(tally.used),
            ends: Millis(tally.ends),
            shadowed: tally.shadowed.map(index),
            added: tally.added,
        }
    }
}

/// A position or a length; beyond the address space, one that fits nothing.
fn index(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or(usize::MAX)
}
