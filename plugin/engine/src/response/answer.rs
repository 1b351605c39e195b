//! Turns a response into the one message in it that answers the request, where that is short.
//!
//! It only looks: it changes no byte, and keeps a bounded copy.

use super::media::is_identity;
use super::sse::{Part, Reader};
use crate::read::{Headers, is_same};
use crate::step::Response;
use crate::words::json::{Bounds, Document, Value};

/// Waits for the answer to a request.
#[derive(Debug)]
pub(super) struct AnswerReader {
    /// The id of the request, as it was written.
    id: Box<str>,
    /// An answer in which none of these stands need not be read.
    needles: &'static [&'static str],
    depth: usize,
    way: BodyState,
}

/// Takes an answer.
pub(super) type Read<'r> = dyn FnMut(Value<'_>) + 'r;

/// How the body is looked at.
#[derive(Debug)]
enum BodyState {
    Document(Vec<u8>),
    Events(Box<Reader>),
    /// There is none yet.
    Awaited,
    /// Nothing more is to be learned.
    Done,
}

/// Errors and tasks are short; a longer answer is a result.
const LONGEST: usize = 64 << 10;

/// How many values may be in an answer that is looked into.
const VALUES: usize = LONGEST / 6;

impl AnswerReader {
    pub(super) fn new(id: &str, needles: &'static [&'static str], depth: usize) -> Self {
        Self {
            id: id.into(),
            needles,
            depth,
            way: BodyState::Awaited,
        }
    }

    /// More has to be seen.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.way, BodyState::Done)
    }

    pub(super) fn close(&mut self) {
        self.way = BodyState::Done;
    }

    /// Looks at what came, in its order, and has the answer read where it is there. True once, when nothing more will be.
    pub(super) fn see(&mut self, response: &Response, read: &mut Read<'_>) -> bool {
        let over = match response {
            Response::Delivery(_) => false,
            Response::Head { status, .. } if *status < 200 => false,
            Response::Head { headers, .. } => {
                self.way = way(headers);
                false
            }
            Response::Body {
                bytes,
                end_of_stream: end,
            } => self.body(bytes, *end, read),
            Response::Trailers => self.body(&[], true, read),
            Response::Closed => true,
        };
        if over {
            self.close();
        }
        over
    }

    fn body(&mut self, bytes: &[u8], end: bool, read: &mut Read<'_>) -> bool {
        match std::mem::replace(&mut self.way, BodyState::Done) {
            BodyState::Document(mut held) if held.len().saturating_add(bytes.len()) <= LONGEST => {
                held.extend_from_slice(bytes);
                if end {
                    self.answer(&held, read);
                } else {
                    self.way = BodyState::Document(held);
                }
                end
            }
            BodyState::Events(mut reader) => {
                let mut found = false;
                let mut give = |part: Part<'_>| {
                    if let (Part::Message(message), false) = (part, found) {
                        found = self.answer(&message.text(), read);
                    }
                };
                reader.read(bytes, &mut give);
                if end {
                    reader.end(&mut give);
                }
                self.way = BodyState::Events(reader);
                found || end
            }
            BodyState::Awaited | BodyState::Document(_) | BodyState::Done => true,
        }
    }

    /// False where the message does not answer the request.
    fn answer(&self, text: &[u8], read: &mut Read<'_>) -> bool {
        let stands = |needle: &&str| {
            let needle = needle.as_bytes();
            text.windows(needle.len()).any(|bytes| bytes == needle)
        };
        if !self.needles.iter().any(stands) {
            return false;
        }
        let bounds = Bounds {
            depth: self.depth,
            values: VALUES,
        };
        let Ok(document) = Document::read(text, bounds) else {
            return false;
        };
        let message = document.root();
        let id = message.get("id");
        let answers = id.is_some_and(|id| is_same(&self.id, id));
        if answers {
            read(message);
        }
        answers
    }
}

/// How the body of such a response is looked at.
fn way(headers: &Headers) -> BodyState {
    let kind = headers.single("content-type").ok().flatten();
    let kind = kind.and_then(|kind| kind.split(';').next());
    let is = |name: &str| kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(name));
    let length = headers.single("content-length").ok().flatten();
    let length = length.and_then(|length| length.parse().ok());
    if length.is_some_and(|length: usize| length > LONGEST) {
        return BodyState::Done;
    }
    match is_identity(headers) {
        Ok(true) if is("application/json") => BodyState::Document(Vec::new()),
        Ok(true) if is("text/event-stream") => {
            BodyState::Events(Box::new(Reader::new(LONGEST, false)))
        }
        _ => BodyState::Done,
    }
}
