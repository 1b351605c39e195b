//! A service of approvals in memory, as `envoy/approval-service.openapi.json` describes it: turns a gateway's questions into
//! answers.
//!
//! It never decides a call: a test does, or breaks the answers.

use crate::upstream::{Recorded, Upstream, reply};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The key that signs questions.
pub const SERVICE_KEY: &str = "the key of the service, 32 characters";

/// A running service. Dropping it closes every connection.
#[derive(Debug)]
pub struct ApprovalService {
    server: Upstream,
    state: Arc<Mutex<State>>,
}

/// The behaviour of the service.
#[derive(Clone, Copy, Debug, Default)]
pub enum Mode {
    /// It gives them.
    #[default]
    Answers,
    /// It gives them after this time.
    Late(Duration),
    /// It gives this status in their place.
    Status(u16),
    /// It gives this body in their place.
    Body(&'static str),
    /// It closes the connection.
    Closes,
    /// It gives the answer to the question before.
    Repeats,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    approvals: Vec<Kept>,
    asked: Vec<String>,
    exchanged: Vec<(&'static str, Value)>,
    last: Vec<u8>,
}

#[derive(Debug)]
struct Kept {
    id: String,
    digest: String,
    standing: &'static str,
    reason: Option<String>,
}

impl ApprovalService {
    /// # Errors
    /// When no port is free.
    pub fn start() -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Upstream::answering(move |request| answer(&shared, request))?;
        Ok(Self { server, state })
    }

    /// The address at which it listens.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// From now on it does this.
    pub fn set(&self, mode: Mode) {
        lock(&self.state).mode = mode;
    }

    /// A person approves the newest call, or refuses it with this reason.
    ///
    /// # Panics
    /// When none is pending.
    pub fn decide(&self, refusal: Option<&str>) {
        let mut state = lock(&self.state);
        let newest = state.approvals.last_mut().expect("a call is pending");
        assert_eq!(newest.standing, "pending");
        newest.standing = refusal.map_or("approved", |_| "refused");
        newest.reason = refusal.map(Into::into);
    }

    /// The standings of all approvals, the oldest first.
    pub fn standings(&self) -> Vec<&'static str> {
        let state = lock(&self.state);
        state.approvals.iter().map(|kept| kept.standing).collect()
    }

    /// The words of the questions since the last call, in their order.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).asked)
    }

    /// Forgets every approval.
    pub fn forget(&self) {
        lock(&self.state).approvals.clear();
    }

    /// The genuine questions and the answers to them, each with the name of its schema.
    pub fn exchanged(&self) -> Vec<(&'static str, Value)> {
        lock(&self.state).exchanged.clone()
    }
}

/// A poisoned lock is a panic of another test's thread, which that test reports.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(shared: &Mutex<State>, request: &Recorded) -> Vec<u8> {
    let mut state = lock(shared);
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if !is_genuine(request) {
        return reply(401, "application/json", b"{}");
    }
    let word = asked["ask"].as_str().unwrap_or_default().to_owned();
    state.asked.push(word.clone());
    let answer = match &*word {
        "find" => json!({ "approvals": state.find(&asked) }),
        "use" => json!({ "done": state.use_all(&asked) }),
        _ => json!({ "done": state.cancel(&asked) }),
    };
    let answer = with(answer, "question", asked["question"].clone());
    let name = if word == "find" { "Found" } else { "Done" };
    state.exchanged.push(("Question", asked));
    state.exchanged.push((name, answer.clone()));
    let body = answer.to_string().into_bytes();
    let last = std::mem::replace(&mut state.last, body.clone());
    let mode = state.mode;
    drop(state);
    given(mode, &body, &last)
}

fn given(mode: Mode, body: &[u8], last: &[u8]) -> Vec<u8> {
    let kind = "application/json";
    match mode {
        Mode::Answers => reply(200, kind, body),
        Mode::Late(time) => {
            thread::sleep(time);
            reply(200, kind, body)
        }
        Mode::Status(status) => reply(status, kind, body),
        Mode::Body(other) => reply(200, kind, other.as_bytes()),
        Mode::Closes => Vec::new(),
        Mode::Repeats => reply(200, kind, last),
    }
}

/// Whether the request has the gateway's signature, of these last minutes.
#[expect(
    clippy::disallowed_methods,
    reason = "the service is a program of its own, with a clock of its own"
)]
fn is_genuine(request: &Recorded) -> bool {
    let text =
        |name| String::from_utf8_lossy(request.header(name).unwrap_or_default()).into_owned();
    let time = text("x-mcp-policy-time");
    let signature = text("x-mcp-policy-signature");
    let key = hmac::Key::new(hmac::HMAC_SHA256, SERVICE_KEY.as_bytes());
    let signed = [time.as_bytes(), b".", &request.body].concat();
    let code = hmac::sign(&key, &signed);
    let hex: String = code
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let age = time.parse().map(|time| now.as_secs().abs_diff(time));
    signature == format!("sha256={hex}") && age.is_ok_and(|age| age <= 300)
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

impl State {
    /// The approvals of the calls, up to the first that is not approved.
    fn find(&mut self, asked: &Value) -> Vec<Value> {
        let waits_for = asked["waits_for"].as_str();
        let mut found: Vec<Value> = Vec::new();
        for call in asked["calls"].as_array().into_iter().flatten() {
            let digest = call["digest"].as_str().unwrap_or_default();
            let known = |kept: &&Kept| {
                kept.digest == digest && !matches!(kept.standing, "used" | "cancelled")
            };
            let known = self.approvals.iter().rfind(known).map(shown);
            let awaited = waits_for.filter(|id| found.iter().all(|found| found["id"] != *id));
            let approval = match (known, awaited) {
                (Some(known), _) => known,
                (None, Some(id)) => self.over(id),
                (None, None) => self.create(digest),
            };
            let goes_on = approval["standing"] == "approved";
            found.push(approval);
            if !goes_on {
                break;
            }
        }
        found
    }

    fn over(&self, id: &str) -> Value {
        let kept = self.approvals.iter().find(|kept| kept.id == id);
        let standing = kept.map(|kept| kept.standing);
        let standing = standing.filter(|standing| matches!(*standing, "used" | "cancelled"));
        json!({ "id": id, "standing": standing.unwrap_or("expired") })
    }

    fn create(&mut self, digest: &str) -> Value {
        let mut id = [0_u8; 16];
        let random = SystemRandom::new().fill(&mut id);
        random.expect("random numbers");
        let kept = Kept {
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
            digest: digest.into(),
            standing: "pending",
            reason: None,
        };
        let shown = with(shown(&kept), "new", true.into());
        self.approvals.push(kept);
        shown
    }

    fn use_all(&mut self, asked: &Value) -> bool {
        let asked: Vec<_> = asked["approvals"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let is_approved = |asked: &&Value| {
            let mut kept = self.approvals.iter();
            kept.any(|kept| {
                asked["id"] == *kept.id
                    && asked["digest"] == *kept.digest
                    && kept.standing == "approved"
            })
        };
        let all = asked.iter().all(is_approved);
        for kept in self.approvals.iter_mut().filter(|_| all) {
            if asked.iter().any(|asked| asked["id"] == *kept.id) {
                kept.standing = "used";
            }
        }
        all
    }

    fn cancel(&mut self, asked: &Value) -> bool {
        let mut kept = self.approvals.iter_mut();
        let kept = kept.find(|kept| asked["id"] == *kept.id && kept.standing == "pending");
        match kept {
            Some(kept) => {
                kept.standing = "cancelled";
                true
            }
            None => false,
        }
    }
}

fn shown(kept: &Kept) -> Value {
    let mut shown = json!({
        "id": kept.id, "digest": kept.digest, "standing": kept.standing,
        "url": format!("https://approvals.example/{}", kept.id),
    });
    if let Some(reason) = &kept.reason {
        shown["reason"] = reason.as_str().into();
    }
    shown
}
