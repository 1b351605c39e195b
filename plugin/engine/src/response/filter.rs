//! Turns what a server sends, piece by piece, into what the client may get of it.
//!
//! It waits until a JSON document is whole, and an event of a stream; for nothing else, and not beyond a bound. What it
//! cannot judge it does not pass on.

use super::cut::{Cut, spliced};
use super::media::{Media, media};
use super::message::Edits;
use super::message::{Blocked, MessageFilter};
use super::pin::PinTracker;
use super::problem::Problem;
use super::result::Results;
use super::scanner::ListScanner;
use super::sse::{Message, Part, Reader, spliced_lines};
use crate::answer::{Reply, answer_for_server};
use crate::decide::Visibility;
use crate::model::{HostOptions, Pinned};
use crate::read::{HeaderEdit, Headers, Message as McpMessage};
use crate::step::{Next, Response};
use crate::words::state::{Lookup, StateKey, StateWrite};
use std::borrow::Cow;

/// Filters the lists in one response.
#[derive(Debug)]
pub(crate) struct Filter {
    visibility: Visibility,
    request_id: Option<Box<str>>,
    /// The id of the message that is answered, where it has one.
    id: Option<Box<str>>,
    /// The message asked for a list.
    lists: bool,
    /// The tools of which more has to be known before the message goes.
    pinned: Vec<Pinned>,
    pins: PinTracker,
    results: Results,
    state: BodyState,
    problem: Option<Problem>,
}

/// How the body is looked at.
#[derive(Debug)]
enum BodyState {
    /// There is none yet.
    Awaited,
    /// It is held until it is whole.
    Document {
        held: Vec<u8>,
        scanner: ListScanner,
    },
    /// It passes as long as there is no list in it: what is longer than is held, and what follows a document.
    Watched(Box<ListScanner>),
    Events(Box<Reader>),
    /// An error takes its place.
    Refused(Problem),
    /// The rest is left out.
    Dropped,
}

/// What to do with a piece of a response.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) next: Next,
    pub(crate) edit: HeaderEdit,
    /// What was not passed on, and why.
    pub(crate) problem: Option<Problem>,
    /// What is to be remembered.
    pub(crate) writes: Vec<StateWrite>,
}

impl Filter {
    pub(crate) fn new(visibility: Visibility, request_id: Option<Box<str>>) -> Self {
        Self {
            visibility,
            request_id,
            id: None,
            lists: false,
            pinned: Vec::new(),
            pins: PinTracker::default(),
            results: Results::default(),
            state: BodyState::Awaited,
            problem: None,
        }
    }

    /// Notes the message that the response answers.
    pub(crate) fn answers(&mut self, message: &McpMessage<'_>) {
        self.results.answers(message);
        if let McpMessage::Request { id, call } = message {
            self.id = Some((*id).into());
            self.lists = call.method.ends_with("/list");
            if call.method == "tools/list" {
                self.pinned = self.visibility.all_pinned();
            }
        }
    }

    /// The keys to look up before the message goes.
    pub(crate) fn keys(&self) -> Vec<StateKey> {
        self.pinned.iter().map(Pinned::reviewed).collect()
    }

    /// Notes what the lookup found.
    pub(crate) fn found(&mut self, lookup: Lookup) {
        let pinned = std::mem::take(&mut self.pinned);
        self.pins.answers(self.id.as_deref(), &pinned, lookup);
    }

    /// Goes on with what came, in its order.
    pub(crate) fn pass(&mut self, response: Response) -> Passed {
        let mut edit = HeaderEdit::default();
        let next = match response {
            Response::Head {
                status,
                headers,
                end_of_stream: false,
            } if status >= 200 => {
                edit = self.head(&headers);
                Next::Forward
            }
            Response::Head { .. } | Response::Delivery(_) | Response::Closed => Next::Forward,
            Response::Body {
                bytes,
                end_of_stream: end,
            } => self.body(bytes, end),
            Response::Trailers => self.trailers(),
        };
        Passed {
            next,
            edit,
            problem: self.problem.take(),
            writes: self.pins.writes(),
        }
    }

    /// The steps that it took so far to search the response.
    #[cfg(feature = "explain")]
    pub(crate) fn steps(&self) -> u64 {
        self.results.steps()
    }

    fn host(&self) -> &HostOptions {
        &self.visibility.policy().host
    }

    fn head(&mut self, headers: &Headers) -> HeaderEdit {
        let max = self.host().max_response_bytes;
        self.state = match media(headers) {
            Ok(Media::Events) => {
                let strict = self.results.matter(&self.visibility);
                BodyState::Events(Box::new(Reader::new(max, strict)))
            }
            Ok(Media::Document { json }) => {
                if !json {
                    self.results.are_none();
                }
                BodyState::Document {
                    held: Vec::new(),
                    scanner: ListScanner::default(),
                }
            }
            Err(problem) => {
                self.problem = Some(problem.clone());
                BodyState::Refused(problem)
            }
        };
        // Whether the length changes is known when the body is there, and its length goes before it.
        match self.state {
            BodyState::Refused(_) => HeaderEdit {
                remove: vec!["content-length", "content-encoding"],
                set: vec![("content-type", "application/json")],
            },
            _ => HeaderEdit {
                remove: vec!["content-length"],
                set: Vec::new(),
            },
        }
    }

    fn body(&mut self, bytes: Vec<u8>, end: bool) -> Next {
        match &mut self.state {
            BodyState::Awaited => Next::Forward,
            BodyState::Document { held, scanner } => {
                held.extend_from_slice(&bytes);
                scanner.read(&bytes);
                let whole = scanner.is_complete() || end;
                match held.len() > self.visibility.policy().host.max_response_bytes {
                    true => self.overflow(&bytes),
                    false if whole => self.document(&bytes),
                    false => Next::ReplaceBody(Vec::new()),
                }
            }
            BodyState::Watched(scanner) => {
                scanner.read(&bytes);
                match scanner.may_contain_list() {
                    true => self.broken(Problem::Late),
                    false => Next::Forward,
                }
            }
            BodyState::Events(_) => self.events(&bytes, end),
            BodyState::Refused(problem) => {
                let problem = problem.clone();
                self.state = BodyState::Dropped;
                Next::ReplaceBody(self.error(None, &problem).body)
            }
            BodyState::Dropped => Next::ReplaceBody(Vec::new()),
        }
    }

    /// Trailers end a body whose last piece was not called so.
    fn trailers(&mut self) -> Next {
        match self.state {
            BodyState::Document { .. } => self.document(&[]),
            // An event without its blank line is none, so what is held of it is left out.
            _ => Next::Forward,
        }
    }

    /// What was held of the document, and what was found in it. What follows it is watched.
    fn held(&mut self) -> (Vec<u8>, ListScanner) {
        match std::mem::replace(&mut self.state, BodyState::Watched(Box::default())) {
            BodyState::Document { held, scanner } => (held, scanner),
            _ => Default::default(),
        }
    }

    fn document(&mut self, piece: &[u8]) -> Next {
        let (held, _) = self.held();
        match self.cuts(&held) {
            Ok(cuts) => passed(spliced(&held, &cuts), piece),
            Err(Blocked { why, id }) => self.refused(why, id.as_deref()),
        }
    }

    fn cuts(&mut self, text: &[u8]) -> Result<Vec<Cut>, Blocked> {
        let mut look = MessageFilter {
            visibility: &self.visibility,
            pins: &mut self.pins,
            results: &mut self.results,
        };
        let Edits { cuts, denied } = look.cuts(text)?;
        let problem = denied.map(Problem::Denied);
        let problem = problem.or_else(|| self.pins.problem());
        if let Some(problem) = problem.or_else(|| self.results.problem()) {
            self.problem.get_or_insert(problem);
        }
        Ok(cuts)
    }

    /// The document is longer than is held: it goes if it is no list so far, and is watched from there.
    fn overflow(&mut self, piece: &[u8]) -> Next {
        let (held, scanner) = self.held();
        if scanner.may_contain_list() || self.lists || self.results.matter(&self.visibility) {
            let max = self.host().max_response_bytes;
            return self.refused(Problem::TooLong(max), None);
        }
        self.state = BodyState::Watched(Box::new(scanner));
        passed(held, piece)
    }

    fn refused(&mut self, problem: Problem, id: Option<&str>) -> Next {
        let error = self.error(id, &problem);
        self.problem = Some(problem);
        self.state = BodyState::Dropped;
        Next::ReplaceBody(error.body)
    }

    /// The client has a part of what must not go on.
    fn broken(&mut self, problem: Problem) -> Next {
        let error = self.error(None, &problem);
        self.problem = Some(problem);
        self.state = BodyState::Dropped;
        Next::Reply(error)
    }

    fn error(&self, id: Option<&str>, problem: &Problem) -> Reply {
        let id = id.or(self.id.as_deref());
        let reason = problem.reason();
        answer_for_server(id, reason, &problem.to_string(), self.request_id.as_deref())
    }

    fn events(&mut self, bytes: &[u8], end: bool) -> Next {
        let BodyState::Events(mut reader) = std::mem::replace(&mut self.state, BodyState::Dropped)
        else {
            return Next::Forward;
        };
        let mut out = Vec::with_capacity(bytes.len());
        let mut broken = None;
        let mut give = |part: Part<'_>| match part {
            Part::Plain(bytes) => out.extend_from_slice(bytes),
            Part::Message(message) => out.extend_from_slice(&self.message(&message)),
            Part::TooLong => {
                let max = self.host().max_response_bytes;
                out.extend(self.event(Problem::TooLong(max), None));
            }
            Part::Late => broken = Some(Problem::Late),
            Part::Endpoint => broken = Some(Problem::Endpoint),
        };
        reader.read(bytes, &mut give);
        if end {
            reader.end(&mut give);
        }
        if let Some(problem) = broken {
            return self.broken(problem);
        }
        self.state = BodyState::Events(reader);
        passed(out, bytes)
    }

    /// The event as it passes.
    fn message<'m>(&mut self, message: &Message<'m>) -> Cow<'m, [u8]> {
        match self.cuts(&message.text()) {
            Ok(cuts) if cuts.is_empty() => Cow::Borrowed(message.raw),
            Ok(cuts) => Cow::Owned(spliced_lines(message, &cuts)),
            Err(Blocked { why, id }) => {
                let mut event = self.event(why, id.as_deref());
                event.push(b'\n');
                Cow::Owned(event)
            }
        }
    }

    /// The line in the place of a message. A stream on which nobody waits for an answer just goes on without it.
    fn event(&mut self, problem: Problem, id: Option<&str>) -> Vec<u8> {
        let error = self.error(id, &problem);
        let answers = id.is_some() || self.id.is_some();
        self.problem.get_or_insert(problem);
        if answers {
            [b"data: ", &error.body[..], b"\n"].concat()
        } else {
            Vec::new()
        }
    }
}

/// These bytes in the place of the piece that came.
fn passed(bytes: Vec<u8>, piece: &[u8]) -> Next {
    if bytes == piece {
        Next::Forward
    } else {
        Next::ReplaceBody(bytes)
    }
}

#[cfg(test)]
mod tests;
