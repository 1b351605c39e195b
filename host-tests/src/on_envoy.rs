//! A real Envoy as a host: every case behind a listener of its own, with a server that records what reaches it.
//!
//! It cannot set the time or the client's address. Cases that need that are reported separately, never skipped
//! silently.

use crate::bootstrap::{Config, Listener};
use crate::case::{Case, Step};
use crate::envoy::Envoy;
use crate::expectation::{Expectation, Outcome};
use crate::host::{Class, Played};
use crate::http2::{End, Http2Request, Outcome as Http2Outcome, http2};
use crate::observation::{Observation, audit_of, problem_of};
use crate::rate_limits::{KEY, KEY_NAME};
use crate::server_response::Received;
use crate::split::Split;
use crate::upstream::{Recorded, Upstream, reply};
use crate::wire::{Http1Request, Response, http1};
use mcp_policy::host::Verified;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The number of cases for each Envoy. Each case has its own VM, which takes 20 ms and 8 MiB; starting Envoy and
/// compiling the module takes 1.3 s.
const BATCH: usize = 150;
const TIMEOUT: Duration = Duration::from_secs(10);

/// The ways to play a case with requests: while headers flow, or while the plugin holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// In both.
    Both,
    /// In one of them: half of the cases in each.
    Halves,
}

impl Ways {
    /// The cases to play while headers flow, or while the plugin holds them.
    fn of<'c>(self, hold: bool, cases: &[&'c Case]) -> Vec<&'c Case> {
        let cases = cases.iter().enumerate();
        let included = |index: usize| self == Self::Both || hold == index.is_multiple_of(2);
        let cases = cases.filter(|(index, _)| included(*index));
        cases.map(|(_, case)| *case).collect()
    }
}

/// The Envoys that play cases.
#[derive(Clone, Debug)]
pub struct Envoys<'e> {
    /// The module that they load.
    pub wasm: &'e Path,
    /// Their program.
    pub binary: &'e Path,
    /// The ways to play a case.
    pub ways: Ways,
    /// Rate limit services by the names of their clusters.
    pub counters: BTreeMap<String, SocketAddr>,
}

/// Plays all cases: those with requests in these ways, and invalid policies once.
///
/// # Panics
/// When Envoy does not start.
pub fn play<'c>(cases: &'c [Case], envoys: &Envoys<'_>) -> Vec<Played<'c>> {
    let mut all = Vec::new();
    let (mut invalid, mut requests) = (Vec::new(), Vec::new());
    for case in cases {
        match cannot(case) {
            Some(why) => all.push(played(case, "", Class::Whole, Outcome::Cannot(why))),
            None if case.steps().is_empty() => invalid.push(case),
            None => requests.push(case),
        }
    }
    let refused = play_refused(&invalid, envoys).into_iter();
    all.extend(refused.map(|(case, outcome)| played(case, "reload", Class::Whole, outcome)));
    // Bodies are cut in the middle; where headers are held, trailers end the responses too.
    for (how, hold, class) in [
        ("headers flow", false, Class::Cut),
        ("headers held", true, Class::Trailers),
    ] {
        for batch in envoys.ways.of(hold, &requests).chunks(BATCH) {
            let outcomes = play_batch(batch, envoys, hold).into_iter();
            all.extend(outcomes.map(|(case, outcome)| played(case, how, class, outcome)));
        }
    }
    all
}

fn played<'c>(case: &'c Case, how: &str, class: Class, outcome: Outcome) -> Played<'c> {
    Played {
        case,
        how: how.into(),
        class,
        outcome,
    }
}

/// The reason why the case cannot be played here.
pub fn cannot(case: &Case) -> Option<String> {
    let steps = case.steps();
    if steps.iter().any(|step| step.at != Duration::ZERO) {
        return Some("Envoy's clock cannot jump".into());
    }
    if steps.iter().any(|step| step.peer != "127.0.0.1") {
        return Some("the client's address cannot be chosen".into());
    }
    if steps
        .iter()
        .any(|step| step.verified != Verified::default())
    {
        return Some("this Envoy verifies no tokens and no client certificates".into());
    }
    if steps.iter().any(|step| step.last_cluster().is_some()) {
        return Some("this Envoy has one cluster".into());
    }
    None
}

/// Gives one Envoy one invalid policy after another, after a valid one at the start.
fn play_refused<'c>(cases: &[&'c Case], envoys: &Envoys<'_>) -> Vec<(&'c Case, Outcome)> {
    if cases.is_empty() {
        return Vec::new();
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let valid = r#"{ "version": "1", "default": "deny" }"#;
    let listener = Listener::new("case", valid, upstream.addr(), envoys.wasm);
    let mut config = Config::new(vec![listener]);
    config.binary = Some(envoys.binary.to_owned());
    config.ecds = true;
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let refused = |case: &&'c Case| {
        let before = envoy.log().len();
        let outcome = match envoy.reload("case", &case.policy) {
            Ok(true) => Outcome::Failed("Envoy took this policy".into()),
            Ok(false) => Outcome::Refused(first_refusals(&envoy.log()[before..])),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        (*case, outcome)
    };
    cases.iter().map(refused).collect()
}

/// The plugin's lines, once: every VM that parses the policy logs the same.
fn first_refusals(log: &str) -> Vec<String> {
    let lines = log
        .lines()
        .filter_map(|line| line.split_once("mcp-policy: policy refused: "));
    let mut seen: Vec<String> = Vec::new();
    for (_, line) in lines {
        if seen.first().is_some_and(|first| first == line) {
            break;
        }
        seen.push(line.into());
    }
    seen
}

fn play_batch<'c>(cases: &[&'c Case], envoys: &Envoys<'_>, hold: bool) -> Vec<(&'c Case, Outcome)> {
    let upstream = server(cases, hold).expect("the upstream starts");
    let listener = |(index, case): (usize, &&Case)| {
        let policy = if hold {
            held(&case.policy)
        } else {
            case.policy.clone()
        };
        let mut listener = Listener::new(
            &format!("case{index}"),
            &policy,
            upstream.addr(),
            envoys.wasm,
        );
        listener.vm_id = listener.name.clone();
        if !envoys.counters.is_empty() {
            listener.environment.insert(KEY_NAME.into(), KEY.into());
        }
        listener
    };
    let listeners = cases.iter().enumerate().map(listener).collect();
    let mut config = Config::new(listeners);
    config.http2_servers = envoys.counters.clone();
    config.binary = Some(envoys.binary.to_owned());
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let observed: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(index, case)| observe(&envoy, &upstream, index, case, hold))
        .collect();
    let log = envoy.log();
    let log = [lines(&log, audit_of), lines(&log, problem_of)];
    let seen = |(index, (case, observed)): (usize, (&&'c Case, Vec<_>))| {
        (*case, outcome(index, case, observed, &log))
    };
    cases.iter().zip(observed).enumerate().map(seen).collect()
}

/// A server that answers each step of each case as that says, with trailers or without.
fn server(cases: &[&Case], trailers: bool) -> io::Result<Upstream> {
    let each = cases.iter().enumerate().flat_map(|(index, case)| {
        let steps = case.steps().iter().enumerate();
        steps.filter_map(move |(number, step)| {
            let raw = step.respond.as_ref()?.raw(trailers);
            Some((request_id(index, number).into_bytes(), raw))
        })
    });
    let answers: HashMap<_, _> = each.collect();
    let other = reply(
        200,
        "application/json",
        br#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    );
    Upstream::answering(move |request| {
        let id = request.header("x-request-id");
        let own = id.and_then(|id| answers.get(id));
        own.unwrap_or(&other).clone()
    })
}

/// The policy with `hold_request_headers`. Its own host options stay; the cases' policies are objects.
fn held(policy: &str) -> String {
    const HOLD: &str = r#""hold_request_headers":true"#;
    let mut document: Value = serde_json::from_str(policy).expect("a valid policy is JSON");
    match document.get_mut("host").and_then(Value::as_object_mut) {
        Some(host) => drop(host.insert("hold_request_headers".into(), true.into())),
        None => {
            let open = policy
                .trim_end()
                .strip_suffix('}')
                .expect("a policy is an object");
            return format!(r#"{open},"host":{{{HOLD}}}}}"#);
        }
    }
    document.to_string()
}

fn observe(
    envoy: &Envoy,
    upstream: &Upstream,
    index: usize,
    case: &Case,
    hold: bool,
) -> Vec<Result<Observation, String>> {
    wait_for_room(case);
    let addr = envoy.addr(&format!("case{index}"));
    let steps = case.steps().iter().enumerate();
    steps
        .map(|(number, step)| observe_step(addr, upstream, step, &request_id(index, number), hold))
        .collect()
}

fn request_id(case: usize, step: usize) -> String {
    format!("case{case}-step{step}")
}

/// Waits for the start of a window: windows are at least a minute long, and all steps must be in the same one.
fn wait_for_room(case: &Case) {
    if case.policy.contains("\"window\"") || case.policy.contains("\"rate_limit\"") {
        wait_for_room_in_the_minute();
    }
}

/// Returns when at least two seconds of the current minute are left.
#[allow(clippy::disallowed_methods, reason = "Envoy counts by the real clock")]
pub fn wait_for_room_in_the_minute() {
    let into_minute = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_secs() % 60)
    };
    while into_minute() >= 57 {
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn observe_step(
    addr: SocketAddr,
    upstream: &Upstream,
    step: &Step,
    id: &str,
    hold: bool,
) -> Result<Observation, String> {
    let mut headers = step.headers.clone();
    headers.extend(host_field(step));
    for (_, value) in headers
        .iter_mut()
        .filter(|(name, value)| name == b"x-request-id" && value.starts_with(b"step-"))
    {
        *value = id.as_bytes().to_vec();
    }
    let response = send(addr, step, headers)?;
    let mut recorded = upstream.take();
    let judged = |request: &Recorded| request.complete || !request.body.is_empty() || hold;
    recorded.retain(judged);
    match (recorded.pop(), recorded.is_empty()) {
        (None, _) => Ok(Observation {
            reply: Some(Received::own(
                response.status,
                response.headers,
                response.body,
            )),
            ..Observation::default()
        }),
        (Some(request), true) if request.complete => {
            let headers = request
                .headers
                .into_iter()
                .map(|(name, value)| (name.into_bytes(), value))
                .collect();
            let fields = response.headers.into_iter();
            Ok(Observation {
                forwarded: Some((headers, request.body)),
                received: Some(Received {
                    status: response.status,
                    headers: fields
                        .map(|(name, value)| (name.into_bytes(), value))
                        .collect(),
                    body: response.body,
                    broken: response.reset,
                }),
                ..Observation::default()
            })
        }
        (Some(request), _) => Err(format!(
            "the server saw {request:?} of a request that was answered {}",
            response.status
        )),
    }
}

/// The field that Envoy reads as the host of the request.
fn host_field(step: &Step) -> Option<(Vec<u8>, Vec<u8>)> {
    let host = step.host.as_deref()?;
    Some((b"host".to_vec(), host.as_bytes().to_vec()))
}

fn send(
    addr: SocketAddr,
    step: &Step,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<Response, String> {
    let method = step.method.clone();
    let path = step.path.clone();
    if let Some(trailers) = step.trailers.clone() {
        let pieces = step.body.iter().cloned().collect();
        let request = Http2Request {
            method,
            path,
            headers,
            pieces,
            end: End::Trailers(trailers),
        };
        return match http2(addr, &request, TIMEOUT).map_err(|error| error.to_string())? {
            Http2Outcome::Answered(response) => Ok(response),
            other => Err(format!("{other:?}")),
        };
    }
    let body = step.body.clone();
    // A length in the case is sent as it is; otherwise the body is cut in the middle.
    let own_framing = headers
        .iter()
        .any(|(name, _)| name == b"content-length" || name == b"transfer-encoding");
    let cut = body
        .as_deref()
        .map(|body| Split::At(body.len() / 2).pieces(body)[0].len());
    let chunks = cut
        .filter(|&cut| cut > 0 && !own_framing)
        .map(|cut| vec![cut]);
    let request = Http1Request {
        method,
        path,
        headers,
        body,
        chunks,
    };
    http1(addr, &request, TIMEOUT).map_err(|error| error.to_string())
}

/// The logged lines of one kind by request id, the first of each.
fn lines(log: &str, kind: impl Fn(&str) -> Option<&str>) -> HashMap<String, String> {
    let audits = log.lines().rev().filter_map(kind);
    let id = |line: &str| {
        let audit: Value = serde_json::from_str(line).ok()?;
        Some((audit["request_id"].as_str()?.to_owned(), line.to_owned()))
    };
    audits.filter_map(id).collect()
}

fn outcome(
    index: usize,
    case: &Case,
    observed: Vec<Result<Observation, String>>,
    log: &[HashMap<String, String>; 2],
) -> Outcome {
    if let Some(why) = case.hosts.get("envoy") {
        // Envoy itself answers such a request. The test still checks that it reached no server.
        let forwarded = observed
            .iter()
            .any(|observed| !observed.as_ref().is_ok_and(|seen| seen.forwarded.is_none()));
        return if forwarded {
            Outcome::Failed("it reached the server".into())
        } else {
            Outcome::Cannot(why.clone())
        };
    }
    let seen = |(number, (step, observed)): (usize, (&Step, Result<Observation, String>))| -> Result<Expectation, String> {
        let id = request_id(index, number);
        let mut observed = observed?;
        let [decisions, problems] = log;
        observed.audit = decisions.get(&id).cloned();
        observed.problem = problems.get(&id).cloned();
        observed.seen(step, &id)
    };
    Outcome::of(case.steps().iter().zip(observed).enumerate().map(seen))
}
