//! Turns the pieces of an event stream into the bytes that pass of each event.
//!
//! An event passes as soon as it is judged. The stream ends where clients may read it differently.

use super::{BodyState, ResponseReader};
use crate::audit::AnswerKind;
use crate::response::event::Event;
use crate::response::framing::{Framing, is_several};
use crate::response::observers::Blocked;
use crate::response::problem::Problem;
use crate::response::scanner::MessageScanner;
use crate::response::sse::Part;
use crate::step::Next;
use std::borrow::Cow;

impl ResponseReader {
    pub(super) fn events(&mut self, bytes: &[u8], end: bool) -> Next {
        let BodyState::Events(mut reader) = std::mem::replace(&mut self.state, BodyState::Dropped)
        else {
            return Next::Forward;
        };
        let mut out = Vec::with_capacity(bytes.len());
        let (held, mut edited) = (reader.held(), false);
        let (mut broken, mut is_cut) = (None, false);
        let mut give = |part: Part<'_>| match part {
            _ if broken.is_some() => {}
            Part::Plain(bytes) => out.extend_from_slice(bytes),
            Part::Instead(text) => {
                edited = true;
                out.extend_from_slice(text.as_bytes());
            }
            Part::Event(event) => {
                let event = self.event(&event);
                edited |= matches!(event, Cow::Owned(_));
                out.extend_from_slice(&event);
            }
            Part::Passed(id) => self.observers.passed(&id, AnswerKind::Unread),
            Part::Dropped => {
                edited = true;
                out.extend(self.error_line(Problem::NoRoom, None));
            }
            Part::TooLong => {
                edited = true;
                out.extend(self.error_line(self.too_long(), None));
            }
            Part::Late => broken = Some(Problem::Late),
            Part::Endpoint => broken = Some(Problem::Endpoint),
            Part::Broken(framing) => broken = Some(Problem::Framing(framing)),
            Part::Cut(framing) => (broken, is_cut) = (Some(Problem::Framing(framing)), true),
        };
        reader.read(bytes, &mut give);
        if end {
            reader.end(&mut give);
        }
        match broken {
            None => {
                self.state = BodyState::Events(reader);
                // If nothing was held before, an output of the same length is the piece itself.
                let same = out.len() == bytes.len() && (held == 0 || out == bytes);
                match same && !edited {
                    true => Next::Forward,
                    false => Next::ReplaceBody(out),
                }
            }
            Some(problem @ Problem::Framing(_)) if self.observers.id.is_some() && !is_cut => {
                // This error answers the client. The blank line before it ends an earlier error line.
                let line = self.error_line(problem, None);
                Next::ReplaceBody([&out[..], b"\n", &line, b"\n"].concat())
            }
            Some(problem) => self.broken(problem),
        }
    }

    /// The bytes of the event that pass.
    fn event<'e>(&mut self, event: &Event<'e>) -> Cow<'e, [u8]> {
        let text = event.text();
        let scanner = MessageScanner::of(&text, self.depth);
        let is_document = |data: &[u8]| {
            let object = data.trim_ascii_start().starts_with(b"{");
            let array = data.trim_ascii_start().starts_with(b"[");
            (object || array)
                && MessageScanner::of(data, self.depth)
                    .fault_at_end()
                    .is_none()
        };
        let cuts = match scanner.has_separator() && is_several(event.raw, is_document) {
            true => Err(Blocked {
                why: Problem::Framing(Framing::SeveralMessages),
                id: None,
            }),
            false => self.observers.cuts(&text, &scanner),
        };
        match cuts {
            Ok(cuts) if cuts.is_empty() => Cow::Borrowed(event.raw),
            Ok(cuts) => Cow::Owned(event.without(&cuts)),
            Err(Blocked { why, id }) => {
                let mut line = self.error_line(why, id.as_deref());
                line.push(b'\n');
                Cow::Owned(line)
            }
        }
    }

    /// The line that replaces a message. It is empty on a stream on which no request waits for an answer, and for a
    /// message that is blocked and answers none: the answer is still to come.
    fn error_line(&mut self, problem: Problem, id: Option<&str>) -> Vec<u8> {
        let error = self.error(id, &problem);
        let is_answer = !matches!(problem, Problem::Blocked { .. }) && self.observers.id.is_some();
        let answers = id.is_some() || is_answer;
        let noted = &mut self.observers.found.problem;
        match noted {
            Some(first) if !first.is_redacted() => {}
            // A refusal is reported rather than a change.
            _ => *noted = Some(problem),
        }
        match answers {
            true => [b"data: ", &error.body[..], b"\n"].concat(),
            false => Vec::new(),
        }
    }
}
