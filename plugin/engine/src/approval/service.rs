//! Turns a question about approvals into a message for the service of `approvals.service`, and the service's answer back into
//! an answer of the host's state.
//!
//! It never approves a call itself, and rejects every answer that does not match its question.

use super::signed_message::SignedMessage;
use crate::model::Approvals;
use crate::store::Seed;
use crate::words::Millis;
use crate::words::approval::{
    Approval, ApprovalAnswer, ApprovalAsk, ApprovalId, ApprovalRequest, Awaited, CallDigest,
    Standing, lacks_awaited,
};
use crate::words::digits::hex_of;
use crate::words::json::{Bounds, Document, ObjectLine, Surrogates, Value, element};

/// The longest answer of a service, in bytes.
pub const LONGEST_SERVICE_ANSWER: usize = 64 * 1024;

/// The bounds of an answer: one element for each rule that asks.
const ANSWER: Bounds = Bounds {
    depth: 4,
    values: 1024,
    surrogates: Surrogates::Refused,
};

/// The longest address of an approval, in bytes.
const LONGEST_URL: usize = 2048;

const PURPOSE: &str = "question to a service";

/// A question that a service is asked, as far as its answer depends on it.
#[derive(Debug)]
pub(crate) struct ServiceQuestion {
    /// The name of the question, which the answer repeats.
    name: String,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    /// The approvals of these calls, up to the first that no person has approved.
    Approvals(Vec<CallDigest>, Option<Awaited>),
    /// Whether it was done.
    Done,
}

impl ServiceQuestion {
    /// The question, and the message that asks it; `None` where no service is asked.
    pub(crate) fn new(
        approvals: &Approvals,
        ask: &ApprovalAsk,
        seed: &Seed,
        now: Millis,
    ) -> Option<(Self, SignedMessage)> {
        let service = approvals.service()?;
        let (mut line, expected) = match ask {
            ApprovalAsk::Find(requests, waits_for) => {
                let digests = requests.iter().map(|request| request.digest).collect();
                let expected = Expected::Approvals(digests, *waits_for);
                (find(requests, *waits_for), expected)
            }
            ApprovalAsk::Use(approved) => (use_all(approved), Expected::Done),
            ApprovalAsk::Cancel(id) => (cancel(*id), Expected::Done),
            ApprovalAsk::Show(_) | ApprovalAsk::List | ApprovalAsk::Decide(_) => return None,
        };
        let time = now.0.to_le_bytes();
        let asked = line.clone().end();
        let keys = approvals.keys.as_ref()?;
        let code = keys.code(PURPOSE, &[&seed[..], &time, asked.as_bytes()]);
        let half = code.first_chunk().copied().unwrap_or_default();
        let name = ApprovalId(half).to_string();
        line.text("question", &name);
        let message = SignedMessage::new(service, line.end(), now)?;
        Some((Self { name, expected }, message))
    }

    /// The answer of the service, whose body this is; `None` where it gave none.
    pub(crate) fn answer(&self, body: Option<&[u8]>) -> ApprovalAnswer {
        let answer = body.filter(|body| body.len() <= LONGEST_SERVICE_ANSWER);
        let answer = answer.and_then(|body| self.read(body));
        answer.unwrap_or(ApprovalAnswer::Unavailable)
    }

    fn read(&self, body: &[u8]) -> Option<ApprovalAnswer> {
        let document = Document::read(body, ANSWER).ok()?;
        let root = document.root();
        let is_own = root.get("question")?.string()? == self.name;
        match &self.expected {
            _ if !is_own => None,
            Expected::Approvals(digests, waits_for) => {
                found(root.get("approvals")?, digests, *waits_for)
            }
            Expected::Done => Some(match root.get("done")?.bool()? {
                true => ApprovalAnswer::Done,
                false => ApprovalAnswer::NotDone,
            }),
        }
    }
}

fn find(requests: &[ApprovalRequest], waits_for: Option<Awaited>) -> ObjectLine {
    let mut calls = String::new();
    for request in requests {
        let mut call = ObjectLine::new();
        call.text("digest", &hex_of(&request.digest));
        call.json("ttl", &request.ttl.seconds().to_string());
        call.json("call", &request.text);
        element(&mut calls).push_str(&call.end());
    }
    let mut line = ObjectLine::new();
    line.text("ask", "find");
    line.list("calls", &calls);
    if let Some(awaited) = waits_for {
        line.text("waits_for", &awaited.id.to_string());
    }
    line
}

fn use_all(approved: &[(ApprovalId, CallDigest)]) -> ObjectLine {
    let mut approvals = String::new();
    for (id, digest) in approved {
        let mut approval = ObjectLine::new();
        approval.text("id", &id.to_string());
        approval.text("digest", &hex_of(digest));
        element(&mut approvals).push_str(&approval.end());
    }
    let mut line = ObjectLine::new();
    line.text("ask", "use");
    line.list("approvals", &approvals);
    line
}

fn cancel(id: ApprovalId) -> ObjectLine {
    let mut line = ObjectLine::new();
    line.text("ask", "cancel");
    line.text("id", &id.to_string());
    line
}

/// The approvals in an answer; `None` where they are not those of the calls, in their order, up to the first that no person
/// has approved.
fn found(
    answered: Value<'_>,
    digests: &[CallDigest],
    waits_for: Option<Awaited>,
) -> Option<ApprovalAnswer> {
    let mut found = Vec::new();
    let mut digests = digests.iter();
    for element in answered.elements() {
        if is_decided_otherwise(&found) {
            return None;
        }
        let approval = approval(element)?;
        if is_over(approval.standing) {
            return Some(ApprovalAnswer::Over(approval.id, approval.standing));
        }
        if element.get("digest")?.string()? != hex_of(digests.next()?) {
            return None;
        }
        found.push(approval);
    }
    let is_complete = digests.next().is_none() || is_decided_otherwise(&found);
    if !is_complete || found.is_empty() {
        return None;
    }
    Some(match lacks_awaited(waits_for, &found) {
        true => ApprovalAnswer::NotDone,
        false => ApprovalAnswer::Found(found),
    })
}

/// Whether the last of these is not approved, so that none follows.
fn is_decided_otherwise(found: &[Approval]) -> bool {
    let last = found.last();
    last.is_some_and(|last| last.standing != Standing::Approved)
}

fn is_over(standing: Standing) -> bool {
    matches!(
        standing,
        Standing::Cancelled | Standing::Used | Standing::Expired
    )
}

fn approval(value: Value<'_>) -> Option<Approval> {
    let text = |name| value.get(name).and_then(Value::string);
    let standing = Standing::of(&text("standing")?)?;
    let url = text("url").filter(|url| is_address(url));
    if standing == Standing::Pending && url.is_none() {
        return None;
    }
    let decision = text("reason").map(|reason| {
        let mut line = ObjectLine::new();
        line.text("reason", &reason);
        line.end()
    });
    Some(Approval {
        id: ApprovalId::parse(&text("id")?)?,
        standing,
        asked: Millis::default(),
        // The service ends it; the caller asks again after `hold`.
        expires: Millis(u64::MAX),
        text: None,
        decision,
        is_new: value.get("new").and_then(Value::bool) == Some(true),
        url: url.map(Into::into),
    })
}

/// An address that a model and a person can be given.
fn is_address(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '`' | '\\');
    web && url.len() <= LONGEST_URL && url.chars().all(plain)
}
