//! Turns what a server answers into whether a counted call surely did not run, so that its charges are given back.
//!
//! It only looks: it changes no byte, keeps a bounded copy, and where it cannot tell, the count stays.

use super::sse::{Part, Reader};
use super::{Outcome, Response, is_identity};
use crate::count::{Charge, Millis, Tally};
use crate::json::{Bounds, Document, Kind, Value};
use crate::parse::Refunds;
use crate::read::Headers;
use std::sync::Arc;

/// The charges of a call that was passed on, until it is known what became of it.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// The id of the call, as it was written.
    id: Box<str>,
    charges: Arc<[Charge]>,
    tallies: Vec<Tally>,
    depth: usize,
    way: Way,
}

/// How the body is looked at.
#[derive(Debug)]
enum Way {
    Document(Vec<u8>),
    Events(Box<Reader>),
    /// There is none yet.
    Awaited,
    /// Nothing more can be learnt.
    Done,
}

/// Charges that are given back, each to the window that it came from. What cannot be given back stays counted.
#[derive(Debug)]
pub struct Refund {
    charges: Arc<[Charge]>,
    tallies: Vec<Tally>,
    fate: Fate,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It surely did not run.
    NotRun,
    /// Its result says that it failed.
    Failed,
    /// It ran, or nobody can tell.
    Ran,
}

/// Errors are short; a longer answer is a result.
const LONGEST: usize = 64 << 10;
/// How many values may be in an answer that is looked into.
const VALUES: usize = LONGEST / 6;

impl Settlement {
    /// `None` where nothing would be given back whatever comes.
    pub(crate) fn new(
        id: &str,
        charges: Arc<[Charge]>,
        tallies: Vec<Tally>,
        depth: usize,
    ) -> Option<Self> {
        let mut both = charges.iter().zip(&tallies);
        both.any(|(charge, tally)| tally.added && charge.refunds > Refunds::Never)
            .then(|| Self {
                id: id.into(),
                charges,
                tallies,
                depth,
                way: Way::Awaited,
            })
    }

    /// More has to be seen.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.way, Way::Done)
    }

    /// Looks at what came, in its order, and says what is given back, once.
    pub(crate) fn see(&mut self, response: &Response) -> Option<Refund> {
        let fate = match response {
            Response::Outcome(Outcome::Unsent) => Some(Fate::NotRun),
            Response::Outcome(Outcome::Sent) => None,
            Response::Head { status, .. } if *status < 200 => None,
            Response::Head { headers, .. } => {
                self.way = way(headers);
                None
            }
            Response::Body { bytes, end } => self.body(bytes, *end),
            Response::Trailers => self.body(&[], true),
            Response::Closed => Some(Fate::Ran),
        };
        let fate = fate?;
        self.way = Way::Done;
        self.refund(fate)
    }

    fn refund(&mut self, fate: Fate) -> Option<Refund> {
        let refund = Refund {
            charges: self.charges.clone(),
            tallies: std::mem::take(&mut self.tallies),
            fate,
        };
        let any = refund.returned().next().is_some();
        any.then_some(refund)
    }

    fn body(&mut self, bytes: &[u8], end: bool) -> Option<Fate> {
        match std::mem::replace(&mut self.way, Way::Done) {
            Way::Document(mut held) if held.len().saturating_add(bytes.len()) <= LONGEST => {
                held.extend_from_slice(bytes);
                if end {
                    return self.fate(&held).or(Some(Fate::Ran));
                }
                self.way = Way::Document(held);
                None
            }
            Way::Events(mut reader) => {
                let mut fate = None;
                let mut give = |part: Part<'_>| {
                    if let Part::Message(message) = part {
                        fate = fate.or_else(|| self.fate(&message.text()));
                    }
                };
                reader.read(bytes, &mut give);
                if end {
                    reader.end(&mut give);
                }
                self.way = Way::Events(reader);
                fate.or_else(|| end.then_some(Fate::Ran))
            }
            Way::Awaited | Way::Document(_) | Way::Done => Some(Fate::Ran),
        }
    }

    /// What a message says of the call; `None` where it does not answer it.
    fn fate(&self, text: &[u8]) -> Option<Fate> {
        if !may_say(text) {
            return None;
        }
        let bounds = Bounds {
            depth: self.depth,
            values: VALUES,
        };
        let document = Document::read(text, bounds).ok()?;
        let message = document.root();
        if !is_same(&self.id, message.get("id")?) {
            return None;
        }
        let code = message.get("error").and_then(|error| error.get("code"));
        let failed = message
            .get("result")
            .and_then(|result| result.get("isError"));
        Some(match (code, failed) {
            (Some(code), None) if never_ran(code.raw()) => Fate::NotRun,
            (None, Some(failed)) if failed.bool() == Some(true) => Fate::Failed,
            _ => Fate::Ran,
        })
    }
}

impl Refund {
    /// The charges to give back, and when their windows end.
    pub fn returned(&self) -> impl Iterator<Item = (&Charge, Millis)> {
        let both = self.charges.iter().zip(&self.tallies);
        both.filter(|(charge, tally)| tally.added && charge.refunds.cover(self.fate))
            .map(|(charge, tally)| (charge, tally.ends))
    }

    /// Why, for the log.
    pub(crate) fn why(&self) -> &'static str {
        match self.fate {
            Fate::NotRun => "The call did not run, so it does not count.",
            Fate::Failed => "The call failed, so it does not count.",
            Fate::Ran => "The call counts.",
        }
    }
}

impl Refunds {
    fn cover(self, fate: Fate) -> bool {
        match fate {
            Fate::NotRun => self > Self::Never,
            Fate::Failed => self == Self::OnToolError,
            Fate::Ran => false,
        }
    }
}

/// Most answers are results, which need not be read to know that they give nothing back.
fn may_say(text: &[u8]) -> bool {
    let names: [&[u8]; 2] = [br#""error""#, br#""isError""#];
    names
        .into_iter()
        .any(|name| text.windows(name.len()).any(|bytes| bytes == name))
}

/// Codes of errors that are found before anything runs: JSON-RPC 2.0 §5.1, MCP 2026-07-28 for the last three.
fn never_ran(code: &str) -> bool {
    matches!(
        code,
        "-32700" | "-32600" | "-32601" | "-32602" | "-32020" | "-32021" | "-32022"
    )
}

/// A server may write the text of an id in another way.
pub(super) fn is_same(id: &str, value: Value<'_>) -> bool {
    let text = || serde_json::from_str::<String>(id).ok();
    id == value.raw() || value.kind() == Kind::String && value.string().map(Into::into) == text()
}

/// How the body of such a response is looked at.
fn way(headers: &Headers) -> Way {
    let kind = headers.single("content-type").ok().flatten();
    let kind = kind.and_then(|kind| kind.split(';').next());
    let is = |name: &str| kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(name));
    let length = headers.single("content-length").ok().flatten();
    let length = length.and_then(|length| length.parse().ok());
    if length.is_some_and(|length: usize| length > LONGEST) {
        return Way::Done;
    }
    match is_identity(headers) {
        Ok(true) if is("application/json") => Way::Document(Vec::new()),
        Ok(true) if is("text/event-stream") => Way::Events(Box::new(Reader::new(LONGEST, false))),
        _ => Way::Done,
    }
}
