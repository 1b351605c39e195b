//! Turns the pieces of a document into the complete document, and that into the bytes that pass.
//!
//! A document that is too long to be held passes while it is scanned, unless a rule may remove something from it.

use super::{BodyState, ResponseReader};
use crate::audit::AnswerKind;
use crate::response::cut::{Cut, spliced};
use crate::response::document::Document;
use crate::response::observers::Blocked;
use crate::response::problem::{ListError, Problem};
use crate::response::rules::Rules;
use crate::step::Next;
use crate::words::json::JsonFault;

impl ResponseReader {
    /// Ends a body that is followed by trailers, which has no piece with `end_of_stream`.
    pub(super) fn trailers(&mut self) -> Next {
        match self.state {
            BodyState::Document(_) if self.has_rules() => self.judge(0),
            BodyState::Refused(_) => self.body(Vec::new(), true),
            // An event without its blank line is incomplete, so its held bytes are dropped.
            _ => Next::Forward,
        }
    }

    /// The held document, if the body is one. The state is then `Dropped`.
    fn take_document(&mut self) -> Option<Document> {
        match std::mem::replace(&mut self.state, BodyState::Dropped) {
            BodyState::Document(document) => Some(document),
            _ => None,
        }
    }

    /// Drops the held document, and returns whether there was one. Its rest passes if no rule applies to the response.
    pub(super) fn drop_document(&mut self) -> bool {
        let Some(document) = self.take_document() else {
            return false;
        };
        self.state = match self.has_rules() {
            true => BodyState::Refused(Problem::NoRoom),
            false => BodyState::Watched(document.scanner),
        };
        true
    }

    /// Reads the next piece.
    pub(super) fn document(&mut self, piece: Vec<u8>, end: bool) -> Next {
        let BodyState::Document(document) = &mut self.state else {
            return Next::Forward;
        };
        let size = piece.len();
        document.read(piece);
        let whole = document.is_decided() || end;
        let length = document.held.len();
        if document.is_text() && !self.observers.rules.as_ref().is_some_and(Rules::matter) {
            return self.release(size);
        }
        match whole {
            true if length <= self.max => self.judge(size),
            _ if length > self.max.min(self.room) => self.overflow(size),
            _ => Next::ReplaceBody(Vec::new()),
        }
    }

    /// Passes a text that is not a message, and the rest of it unread, because no rule applies to it.
    fn release(&mut self, size: usize) -> Next {
        match std::mem::replace(&mut self.state, BodyState::Passing) {
            BodyState::Document(document) => passed(document.held, size),
            _ => Next::Forward,
        }
    }

    /// Judges the complete document. `size` is the length of its last piece in bytes.
    fn judge(&mut self, size: usize) -> Next {
        let Some(document) = self.take_document() else {
            return Next::Forward;
        };
        let cuts = match document.is_json() {
            true => self.observers.cuts(&document.held, &document.scanner),
            false => self.text_cuts(&document.held),
        };
        match cuts {
            Ok(cuts) => {
                self.state = BodyState::Ended(document.scanner);
                match cuts.is_empty() {
                    true => passed(document.held, size),
                    false => Next::ReplaceBody(spliced(&document.held, &cuts)),
                }
            }
            Err(Blocked { why, id }) => self.refused(why, id.as_deref()),
        }
    }

    fn text_cuts(&mut self, held: &[u8]) -> Result<Vec<Cut>, Blocked> {
        let fault = match std::str::from_utf8(held) {
            Ok(text) if !text.contains('\0') => return self.observers.text_cuts(text),
            Ok(_) => JsonFault::ControlCharacter,
            Err(_) => JsonFault::NotUtf8,
        };
        let why = Problem::ListError(ListError::Json(fault));
        Err(Blocked { why, id: None })
    }

    /// Handles a document that is too long to be held. It passes if no list is found so far, and its rest is watched.
    fn overflow(&mut self, size: usize) -> Next {
        let Some(document) = self.take_document() else {
            return Next::Forward;
        };
        let scanner = &document.scanner;
        let unreadable = scanner.may_contain_list() || scanner.fault().is_some();
        if unreadable || self.unread().refuses(scanner, false) {
            return self.refused(self.too_long(), None);
        }
        self.state = BodyState::Watched(document.scanner);
        match document.cuts.is_empty() {
            true => passed(document.held, size),
            false => Next::ReplaceBody(spliced(&document.held, &document.cuts)),
        }
    }

    /// Reads a piece of a document whose beginning has passed.
    pub(super) fn watched(&mut self, piece: &[u8], end: bool) -> Next {
        let cut = match &mut self.state {
            BodyState::Watched(scanner) | BodyState::Ended(scanner) => {
                scanner.read(piece);
                scanner.scope_cut()
            }
            _ => None,
        };
        match (self.watch_on(end), cut) {
            (Next::Forward, Some(cut)) => Next::ReplaceBody(spliced(piece, &[cut])),
            (next, _) => next,
        }
    }

    fn watch_on(&mut self, end: bool) -> Next {
        let passed = match &self.state {
            BodyState::Watched(scanner) if scanner.is_complete() => scanner.id().map(String::from),
            _ => None,
        };
        let next = self.watch(end);
        if let (Next::Forward, Some(id)) = (&next, passed) {
            self.observers.passed(&id, AnswerKind::Unread);
        }
        next
    }

    fn watch(&mut self, end: bool) -> Next {
        let late = match &self.state {
            BodyState::Watched(scanner) => {
                let ended = scanner.is_complete() || end;
                let cut_off = end && scanner.fault_at_end().is_some();
                let unreadable = scanner.fault().is_some() || cut_off;
                let refused = self.unread().refuses(scanner, ended);
                scanner.may_contain_list() || unreadable || refused
            }
            BodyState::Ended(scanner) => scanner.fault().is_some(),
            _ => false,
        };
        match late {
            true => self.broken(Problem::Late),
            false => Next::Forward,
        }
    }
}

/// Passes all held bytes. `size` is the length of the last piece, which passes unchanged if no other bytes are held.
fn passed(held: Vec<u8>, size: usize) -> Next {
    match held.len() == size {
        true => Next::Forward,
        false => Next::ReplaceBody(held),
    }
}
