//! The JavaScript package in Node as a host: `js/corpus.js` plays all cases in one process, and `js/adapters.js` plays them at
//! an Express server, in a handler of the Fetch API and through governed transports of messages.
//!
//! It only carries requests there and verdicts back; the program does not see the expectation.

use crate::Captured;
use crate::case::{Case, Step};
use crate::expectation::{Expectation, Outcome};
use crate::host::{Played, Splits};
use crate::observation::Observation;
use crate::request_events::RequestEvents;
use crate::root;
use crate::server_response::{Received, ServerResponse};
use crate::split::Split;
use crate::wire::RawHeaders;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

/// The verdicts of one case: by splits, then by steps.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    /// The program cannot play the case, for this reason.
    Cannot {
        cannot: String,
    },
    Refused {
        refused: Vec<String>,
        problems: usize,
    },
    Verdicts {
        verdicts: Vec<Vec<Verdict>>,
    },
}

/// The last step of an exchange.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    next: String,
    /// The program plays messages, which say less than HTTP.
    #[serde(default)]
    of_messages: bool,
    remove_headers: Vec<String>,
    audit: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Each character is one byte.
    body: Option<String>,
    received: Option<Response>,
}

/// The outcome of the server's response.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Response {
    /// The status and header fields that a client saw, where the program has a client.
    seen: Option<Seen>,
    /// The status of the gateway's own reply in its place.
    reply: Option<u16>,
    remove_headers: Vec<String>,
    set_headers: BTreeMap<String, String>,
    body: String,
    broken: bool,
    problem: Option<String>,
}

/// The head of a response at a client.
#[derive(Deserialize)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
}

/// Where the package is installed, beside the programs that use it.
///
/// # Panics
/// When it is not.
pub fn installed() -> PathBuf {
    let folder = root().join("target/npm");
    let ready = folder.join("ready").exists();
    assert!(
        ready,
        "the JavaScript package is not installed: run `make test`"
    );
    folder
}

/// Node, in the folder where the package is installed.
pub fn node() -> Command {
    let mut node = Command::new(root().join("target/node/node"));
    node.current_dir(installed());
    node
}

/// Plays every case; the package's store counts.
pub fn play(cases: &[Case], splits: Splits) -> Vec<Played<'_>> {
    play_in(node().arg("corpus.js"), cases, splits)
}

/// Plays every case through one of the package's adapters: `express`, `fetch`, `sdk-server` or `sdk-client`.
pub fn play_through<'c>(adapter: &str, cases: &'c [Case], splits: Splits) -> Vec<Played<'c>> {
    play_in(node().args(["adapters.js", adapter]), cases, splits)
}

/// The same, but without the store: `alone` lets the program count, `redis` and `ioredis` a Redis through that client.
pub fn play_without_store<'c>(counts: &str, cases: &'c [Case], splits: Splits) -> Vec<Played<'c>> {
    play_in(node().args(["corpus.js", counts]), cases, splits)
}

fn play_in<'c>(program: &mut Command, cases: &'c [Case], splits: Splits) -> Vec<Played<'c>> {
    let mut process = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node starts");
    let mut input = process.stdin.take().expect("it has an input");
    let output = BufReader::new(process.stdout.take().expect("it has an output"));
    let played: Vec<_> = thread::scope(|scope| {
        scope.spawn(move || {
            // If Node ends early, its output has the reason.
            let _ = cases
                .iter()
                .try_for_each(|case| writeln!(input, "{}", request(case, splits)));
        });
        let lines = output.lines().map(|line| line.expect("Node writes UTF-8"));
        cases
            .iter()
            .zip(lines)
            .flat_map(|(case, line)| outcomes(case, splits, &line))
            .collect()
    });
    let status = process.wait().expect("Node ends");
    assert!(status.success(), "Node ended with {status}");
    played
}

/// The identities as the package takes them. `js/corpus.js` leaves out those that are null.
fn verified(verified: &mcp_policy::host::Verified) -> Value {
    json!({
        "claims": verified.claims,
        "uriSan": verified.uri_san,
        "dnsSan": verified.dns_san,
        "subject": verified.subject,
    })
}

/// A case as `js/corpus.js` takes it: its requests, and for each split how they arrive.
fn request(case: &Case, splits: Splits) -> Value {
    let steps = case.steps().iter();
    let request = |step: &Step| {
        json!({
            "headers": header_texts(step),
            "body": latin1(step.body.as_deref().unwrap_or_default()),
            "peer": step.peer,
            "verified": verified(&step.verified),
            "cluster": step.cluster,
            "sentTo": step.last_cluster(),
            "now": case.millis(step),
            "respond": step.respond.as_ref().map(|respond| json!({
                "status": respond.status,
                "headers": texts(respond.head()),
                "body": latin1(&respond.body),
            })),
        })
    };
    let arrivals = |split| {
        steps
            .clone()
            .map(|step| arrival(step, split))
            .collect::<Vec<_>>()
    };
    json!({
        "policy": case.policy,
        "steps": steps.clone().map(request).collect::<Vec<_>>(),
        "arrivals": splits.of(case).into_iter().map(arrivals).collect::<Vec<_>>(),
    })
}

fn header_texts(step: &Step) -> Vec<String> {
    texts(RequestEvents::new(step, Split::Whole).headers)
}

fn texts(fields: RawHeaders) -> Vec<String> {
    fields
        .into_iter()
        .flat_map(|(name, value)| [latin1(&name), latin1(&value)])
        .collect()
}

/// The bytes of the body went before: of each piece only the length.
fn arrival(step: &Step, split: Split) -> Value {
    let RequestEvents {
        end,
        pieces,
        trailers,
        ..
    } = RequestEvents::new(step, split);
    let lengths = |pieces: Vec<(&[u8], bool)>| {
        let pieces = pieces.into_iter();
        pieces
            .map(|(bytes, end)| (bytes.len(), end))
            .collect::<Vec<_>>()
    };
    json!({
        "end": end,
        "pieces": lengths(pieces),
        "trailers": trailers.is_some(),
        "response": step.respond.as_ref().map(|respond| lengths(respond.pieces(split))),
        "responseTrailers": step.respond.as_ref().is_some_and(|respond| respond.ends_with_trailers(split)),
    })
}

fn outcomes<'c>(case: &'c Case, splits: Splits, line: &str) -> Vec<Played<'c>> {
    let played = |split, outcome| Played::new(case, split, outcome);
    match serde_json::from_str(line).expect("Node writes a line for each case") {
        Line::Cannot { cannot } => vec![played(Split::Whole, Outcome::Cannot(cannot))],
        Line::Refused { refused, problems } if refused.len() == problems => {
            vec![played(Split::Whole, Outcome::Refused(refused))]
        }
        Line::Refused { refused, problems } => {
            let why = format!("{} lines for {problems} problems", refused.len());
            vec![played(Split::Whole, Outcome::Failed(why))]
        }
        Line::Verdicts { verdicts: by_split } => {
            let splits = splits.of(case).into_iter().zip(by_split);
            let outcome = |verdicts: Vec<Verdict>| {
                let mut captured = Captured::default();
                let steps = case.steps().iter().zip(verdicts);
                Outcome::of(steps.map(|(step, verdict)| {
                    let step = captured.filled(step);
                    step_seen(&step, verdict, &mut captured)
                }))
            };
            splits
                .map(|(split, verdicts)| played(split, outcome(verdicts)))
                .collect()
        }
    }
}

fn step_seen(
    step: &Step,
    verdict: Verdict,
    captured: &mut Captured,
) -> Result<Expectation, String> {
    let mut observed = Observation {
        audit: verdict.audit,
        ..Observation::default()
    };
    match (&*verdict.next, verdict.status, verdict.body) {
        ("reply", Some(status), Some(body)) => {
            let body: Vec<u8> = body.chars().map(|c| c as u8).collect();
            captured.learn(&body);
            observed.reply = Some(Received::own(status, verdict.headers, body));
        }
        ("forward" | "forwardBody", None, edited) => {
            let mut headers = step.headers.clone();
            headers.retain(|(name, _)| {
                !verdict
                    .remove_headers
                    .iter()
                    .any(|gone| gone.as_bytes() == name)
            });
            let edited = edited.map(|body| body.chars().map(|c| c as u8).collect());
            let body = edited.or_else(|| step.body.clone());
            observed.forwarded = Some((headers, body.unwrap_or_default()));
            if let (Some(respond), Some(response)) = (&step.respond, verdict.received) {
                observed.received = Some(response.received(respond));
                observed.problem = response.problem;
            }
        }
        (next, ..) => return Err(format!("there is no verdict but {next:?}")),
    }
    let mut seen = observed.seen(step, &step.request_id())?;
    if let (true, Some(expected)) = (verdict.of_messages, &step.expect) {
        leave_out_http(&mut seen, expected);
    }
    Ok(seen)
}

/// Leaves out of the comparison what HTTP alone says: a message has no status and no header fields, and an answer has the
/// id of its request, also where HTTP has one without an id.
fn leave_out_http(seen: &mut Expectation, expected: &Expectation) {
    seen.status = seen.status.and(expected.status);
    if seen.answer.is_some() {
        seen.challenge.clone_from(&expected.challenge);
    }
    if seen.forward {
        seen.credential_removed = expected.credential_removed;
    }
    if expected.id.is_none() {
        seen.id = None;
    }
}

impl Response {
    fn received(&self, respond: &ServerResponse) -> Received {
        let body = self.body.chars().map(|c| c as u8).collect();
        if let Some(Seen { status, headers }) = &self.seen {
            let headers = headers.iter().cloned();
            return Received {
                broken: self.broken,
                ..Received::own(*status, headers, body)
            };
        }
        let removed = |name: &[u8]| self.remove_headers.iter().any(|own| own.as_bytes() == name);
        let set = self.set_headers.iter();
        let set = set.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        if let Some(status) = self.reply {
            return Received::reply(status, body);
        }
        Received {
            body,
            broken: self.broken,
            ..Received::head(respond, removed, &set.collect())
        }
    }
}

/// A text of which each character is one byte.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
