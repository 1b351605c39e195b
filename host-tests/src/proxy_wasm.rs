//! Hosts the shipped module in wasmtime, through the proxy-wasm ABI that Envoy implements.

use crate::Captured;
use crate::abi::constraints::{Constraints, ENVOY, HeaderPause};
use crate::abi::metadata;
use crate::abi::{Clock, Module, Request, SharedData, StreamResult as Wire, Vm};
use crate::case::{Case, Step};
use crate::expectation::{Expectation, Outcome};
use crate::observation::Observation;
use crate::request_events::RequestEvents;
use crate::server_response::Received;
use crate::split::Split;
use mcp_policy::host::Verified;
use serde_json::Value;
use std::time::Duration;

/// Plays a case in a fresh VM.
pub fn play(module: &Module, case: &Case, split: Split) -> Outcome {
    play_in(module, case, split, Rules::default())
}

/// The same on a host with constraints. A case that it cannot carry has the reason for its outcome.
pub fn play_under(host: &Constraints, module: &Module, case: &Case, split: Split) -> Outcome {
    match cannot(host, case) {
        Some(why) => Outcome::Cannot(why),
        None => play_in(
            module,
            case,
            split,
            Rules {
                host,
                ..Rules::default()
            },
        ),
    }
}

fn cannot(host: &Constraints, case: &Case) -> Option<String> {
    let longest = host.buffer.0;
    let bodies = case.steps().iter().filter_map(|step| step.body.as_ref());
    let mut long = bodies.filter(|body| body.len() > longest);
    let policy: Value = serde_json::from_str(&case.policy).unwrap_or_default();
    let holds = policy.pointer("/host/hold_request_headers") == Some(&Value::Bool(true));
    match (long.next(), holds && host.pause == HeaderPause::StopsAll) {
        (Some(_), _) => Some(format!(
            "this host refuses bodies of more than {longest} bytes"
        )),
        (None, true) => Some("this host cannot hold headers".into()),
        (None, false) => None,
    }
}

/// Plays a case without observing the log, whose format another version of the plugin may not have.
pub fn play_outside(module: &Module, case: &Case, split: Split) -> Outcome {
    let seen = Observation::seen_outside;
    play_in(
        module,
        case,
        split,
        Rules {
            seen,
            ..Rules::default()
        },
    )
}

type Seen = fn(&Observation, &Step, &str) -> Result<Expectation, String>;

/// The host that plays a case, and the observations that count.
#[derive(Clone, Copy)]
struct Rules<'h> {
    host: &'h Constraints,
    seen: Seen,
}

impl Default for Rules<'_> {
    fn default() -> Self {
        Self {
            host: &ENVOY,
            seen: Observation::seen,
        }
    }
}

fn play_in(module: &Module, case: &Case, split: Split, Rules { host, seen }: Rules<'_>) -> Outcome {
    let clock = Clock::default();
    clock.set(case.start * 1_000_000_000);
    let vm = module
        .start(
            SharedData::default(),
            clock.clone(),
            "mcp_policy",
            host.faults(&module.imports(), None),
        )
        .expect("the VM starts");
    match vm.configure(case.policy.as_bytes()) {
        Ok(true) => {}
        Ok(false) => return Outcome::Refused(refusals(&vm)),
        Err(trap) => return Outcome::Failed(trap.to_string()),
    }
    vm.logs();
    let mut captured = Captured::default();
    Outcome::of(case.steps().iter().map(|step| {
        clock.set(case.millis(step) * 1_000_000);
        let step = &captured.filled(step);
        let observed = observed(&vm, step, (host, split), &clock)?;
        if let Some(reply) = &observed.reply {
            captured.learn(&reply.body);
        }
        seen(&observed, step, &step.request_id())
    }))
}

/// The lines by which the plugin refused its configuration.
fn refusals(vm: &Vm) -> Vec<String> {
    let lines = vm.logs().into_iter().map(|(_, line)| line);
    lines
        .filter_map(|line| {
            line.strip_prefix("mcp-policy: policy refused: ")
                .map(Into::into)
        })
        .collect()
}

fn observed(
    vm: &Vm,
    step: &Step,
    how: (&Constraints, Split),
    clock: &Clock,
) -> Result<Observation, String> {
    let (wire, responded) = send(vm, step, how, clock).map_err(|trap| trap.to_string())?;
    let lines: Vec<_> = vm.logs().into_iter().map(|(_, line)| line).collect();
    let mut observed = Observation::logged(&lines)?;
    if wire.hung && wire.local_response.is_none() {
        return Err("the request hangs".into());
    }
    let reply = wire.local_response.map(|reply| {
        let status = u16::try_from(reply.status).unwrap_or_default();
        Received::own(status, reply.headers, reply.body)
    });
    if let (Some(reply), false) = (&reply, responded) {
        if !wire.forwarded.is_empty() || wire.complete {
            return Err("answered, and bytes of the body reached the server".into());
        }
        observed.reply = Some(reply.clone());
    } else if wire.complete {
        observed.forwarded = Some((wire.released_headers.unwrap_or_default(), wire.forwarded));
        observed.received = step.respond.as_ref().map(|respond| match reply {
            Some(reply) => Received::reply(reply.status, reply.body),
            None => Received {
                status: respond.status,
                headers: wire.response_headers.unwrap_or_default(),
                body: wire.response_body,
                broken: wire.reset,
            },
        });
    }
    Ok(observed)
}

/// The properties with which a host shows the identities that it verified.
fn verified(verified: &Verified) -> Vec<(Vec<String>, Vec<u8>)> {
    let names = [
        ("uri_san_peer_certificate", &verified.uri_san),
        ("dns_san_peer_certificate", &verified.dns_san),
        ("subject_peer_certificate", &verified.subject),
    ];
    let names = names.into_iter().filter_map(|(path, name)| {
        let name = name.as_ref()?.clone().into_bytes();
        Some((vec!["connection".into(), path.into()], name))
    });
    let claims = verified.claims.as_deref();
    let claims = claims.map(|text| serde_json::from_str(text).expect("claims are an object"));
    let metadata = claims.map(|claims| (vec!["metadata".into()], metadata::of_jwt(&claims)));
    names.chain(metadata).collect()
}

/// The property with the name of the cluster that the host's route chose.
fn cluster(name: &str) -> (Vec<String>, Vec<u8>) {
    let path = vec!["xds".into(), "cluster_name".into()];
    (path, name.into())
}

/// What the host knows of the request of a step.
fn properties(step: &Step) -> Vec<(Vec<String>, Vec<u8>)> {
    let address = if step.peer.contains(':') {
        format!("[{}]:40000", step.peer)
    } else {
        format!("{}:40000", step.peer)
    };
    let mut properties = verified(&step.verified);
    properties.extend(step.cluster.iter().map(|name| cluster(name)));
    properties.push((
        vec!["source".into(), "address".into()],
        address.into_bytes(),
    ));
    if step.cluster.is_none() && step.method != "POST" {
        // By it the plugin knows an Envoy, which tells the end of a request without a body.
        properties.push(cluster("upstream"));
    }
    properties
}

/// The longest time that the plugin holds an answer back.
const LONGEST_HOLD: Duration = Duration::from_secs(55);

/// Plays a step. Returns the stream's result, and whether the server's response was played.
fn send(
    vm: &Vm,
    step: &Step,
    (host, split): (&Constraints, Split),
    clock: &Clock,
) -> Result<(Wire, bool), crate::abi::Trap> {
    let properties = properties(step);
    let arrival = RequestEvents::new(step, split);
    let mut stream = vm.stream(Request {
        headers: arrival.headers,
        properties,
    });
    stream.hold_headers = host.pause == HeaderPause::HoldsHeaders;
    stream.headers(arrival.end)?;
    for (piece, end) in arrival.pieces {
        stream.body(piece, end)?;
    }
    if let Some(trailers) = arrival.trailers {
        stream.trailers(trailers)?;
    }
    if stream.seen().hung {
        // The plugin holds an answer back while a person decides.
        clock.advance(LONGEST_HOLD);
        vm.tick()?;
    }
    let before = stream.seen();
    let forwarded = before.complete && before.local_response.is_none();
    let respond = step.respond.as_ref().filter(|_| forwarded);
    if let Some(respond) = respond {
        let status = respond.status.to_string().into_bytes();
        let status = [(b":status".to_vec(), status)];
        let headers = status.into_iter().chain(respond.head()).collect();
        step.sent_to
            .iter()
            .for_each(|name| stream.set_property(cluster(name)));
        stream.response_headers(headers, false)?;
        for (piece, end) in respond.pieces(split) {
            stream.response_body(piece, end)?;
        }
        if respond.ends_with_trailers(split) {
            stream.response_trailers(vec![(b"x-checksum".to_vec(), b"1".to_vec())])?;
        }
    }
    let seen = stream.seen();
    stream.finish()?;
    Ok((seen, respond.is_some()))
}
