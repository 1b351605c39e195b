//! The shipped component in wasmtime, embedded as in `embedder.rs`.
//!
//! It turns cases into requests of that program, and its verdicts into observations.

use crate::Captured;
use crate::case::{Case, Step};
use crate::embedder::{
    Component, Effect, Event, Gateway, Header, Next, Piece, Request, ResponseHead, Shared, Verified,
};
use crate::expectation::{Expectation, Outcome};
use crate::observation::Observation;
use crate::request_events::RequestEvents;
use crate::server_response::{Received, ServerResponse};
use crate::split::Split;
use crate::wire::RawHeaders;
use wasmtime::component::ResourceAny;

/// Plays a case in a fresh instance.
pub fn play(component: &Component<Shared>, case: &Case, split: Split) -> Outcome {
    let policy = case.policy.as_bytes();
    let mut gateway = match component.start(Shared::default(), policy, (7, 7)) {
        Ok(Ok(gateway)) => gateway,
        Ok(Err(errors)) => {
            let lines = errors.into_iter().map(|error| {
                let at = Some(error.pointer).filter(|pointer| !pointer.is_empty());
                format!(
                    "{}: {}",
                    at.as_deref().unwrap_or("the document"),
                    error.message
                )
            });
            return Outcome::Refused(lines.collect());
        }
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    let mut captured = Captured::default();
    let play = |step| {
        step_seen(
            &mut gateway,
            (step, &mut captured),
            split,
            case.millis(step),
        )
    };
    Outcome::of(case.steps().iter().map(play))
}

fn step_seen(
    gateway: &mut Gateway<Shared>,
    (step, captured): (&Step, &mut Captured),
    split: Split,
    now: u64,
) -> Result<Expectation, String> {
    let step = &captured.filled(step);
    let (exchange, next, mut effects) =
        judge(gateway, step, split, now).map_err(|error| error.to_string())?;
    let received = match (&step.respond, &next) {
        (Some(respond), Next::Forward(_) | Next::ForwardBody(_)) => {
            let received = received(gateway, exchange, (step, respond), split, now);
            let (received, more) = received.map_err(|error| error.to_string())?;
            effects.extend(more);
            Some(received)
        }
        _ => None,
    };
    gateway
        .end(exchange, now)
        .map_err(|error| error.to_string())?;
    let mut observed = Observation::logged(&lines(effects)?)?;
    observed.received = received;
    match next {
        Next::Reply(reply) => {
            captured.learn(&reply.body);
            let fields = reply.headers.into_iter();
            let fields = fields.map(|field| (field.name, field.value));
            observed.reply = Some(Received::own(reply.status, fields, reply.body));
        }
        Next::Forward(edit) => {
            let removed = edit.remove_headers.iter();
            let gone = |name: &[u8]| removed.clone().any(|gone| gone.as_bytes() == name);
            observed.forward(step, gone, step.body.clone().unwrap_or_default());
        }
        Next::ForwardBody(request) => {
            let removed = request.edit.remove_headers.iter();
            let gone = |name: &[u8]| removed.clone().any(|gone| gone.as_bytes() == name);
            observed.forward(step, gone, request.body);
        }
        Next::NeedMore | Next::Ask(_) => return Err("there is no verdict".into()),
        Next::ReplaceBody(_) => return Err("the body was replaced".into()),
    }
    observed.seen(step, &step.request_id())
}

fn judge(
    gateway: &mut Gateway<Shared>,
    step: &Step,
    split: Split,
    now: u64,
) -> wasmtime::Result<(ResourceAny, Next, Vec<Effect>)> {
    let request = RequestEvents::new(step, split);
    let pieces = request.pieces.iter().map(|(bytes, end)| {
        Event::Body(Piece {
            bytes: bytes.to_vec(),
            end_of_stream: *end,
        })
    });
    let trailers = request.trailers.map(|_| Event::Trailers);
    let request = Request {
        headers: &fields(&request.headers),
        end: request.end,
        events: pieces.chain(trailers).collect(),
        peer: &step.peer,
        verified: verified(step.verified.clone()),
        cluster: step.cluster.as_deref(),
    };
    gateway.judge(request, now)
}

fn verified(verified: mcp_policy::host::Verified) -> Verified {
    Verified {
        claims: verified.claims,
        uri_san: verified.uri_san,
        dns_san: verified.dns_san,
        subject: verified.subject,
    }
}

/// The lines of the log.
fn lines(effects: Vec<Effect>) -> Result<Vec<String>, String> {
    let lines = effects.into_iter().filter_map(|effect| match effect {
        Effect::Audit(line) => Some(Ok(line)),
        Effect::Trace(_) => Some(Err("a trace without a request for one".into())),
        Effect::Refund(_)
        | Effect::Finished(_)
        | Effect::Write(_)
        | Effect::End(_)
        | Effect::Notice(_) => None,
    });
    lines.collect()
}

/// Plays the server's response; returns the client's bytes and the effects.
fn received(
    gateway: &mut Gateway<Shared>,
    exchange: ResourceAny,
    (request, respond): (&Step, &ServerResponse),
    split: Split,
    now: u64,
) -> wasmtime::Result<(Received, Vec<Effect>)> {
    let cluster = request.last_cluster().map(Into::into);
    let sent = gateway.report(exchange, &Event::SentTo(cluster), now)?;
    if let Next::Reply(reply) = sent.next {
        return Ok((Received::reply(reply.status, reply.body), sent.effects));
    }
    let head = Event::ResponseHead(ResponseHead {
        status: respond.status,
        headers: fields(&respond.head()),
        end_of_stream: false,
    });
    let step = gateway.report(exchange, &head, now)?;
    let mut all = step.effects;
    let edit = match step.next {
        Next::Forward(edit) => edit,
        Next::Reply(reply) => return Ok((Received::reply(reply.status, reply.body), all)),
        _ => return Err(wasmtime::Error::msg("the head does not pass")),
    };
    let removed = |name: &[u8]| edit.remove_headers.iter().any(|own| own.as_bytes() == name);
    let set = edit.set_headers.iter();
    let set = set.map(|Header { name, value }| (name.clone(), value.clone()));
    let mut received = Received::head(respond, removed, &set.collect());
    for (bytes, end) in respond.pieces(split) {
        let bytes = bytes.to_vec();
        let (passed, effects) = gateway.pass(
            exchange,
            Piece {
                bytes,
                end_of_stream: end,
            },
            now,
        )?;
        all.extend(effects);
        match passed {
            Some(bytes) => received.body.extend(bytes),
            None => {
                received.broken = true;
                return Ok((received, all));
            }
        }
    }
    if respond.ends_with_trailers(split) {
        let step = gateway.report(exchange, &Event::ResponseTrailers, now)?;
        all.extend(step.effects);
        if let Next::ReplaceBody(bytes) = step.next {
            received.body.extend(bytes);
        }
    }
    Ok((received, all))
}

/// Header fields in the form of the interface.
pub fn fields(headers: &RawHeaders) -> Vec<Header> {
    let field = |(name, value): &(Vec<u8>, Vec<u8>)| Header {
        name: name.clone(),
        value: value.clone(),
    };
    headers.iter().map(field).collect()
}
