//! Turns the pieces of a document into the whole of it, and what passes of that.
//!
//! A document that is longer than is held passes while it is scanned, where no rule could take anything out of it.

use super::{BodyState, ResponseReader};
use crate::response::cut::{Cut, spliced};
use crate::response::document::Document;
use crate::response::observers::Blocked;
use crate::response::problem::{ListError, Problem};
use crate::response::rules::Rules;
use crate::step::Next;
use crate::words::json::Fault;

impl ResponseReader {
    /// Trailers end a body whose last piece was not called so.
    pub(super) fn trailers(&mut self) -> Next {
        match self.state {
            BodyState::Document(_) if self.has_rules() => self.judge(0),
            BodyState::Refused(_) => self.body(Vec::new(), true),
            // An event without its blank line is none, so what is held of it is left out.
            _ => Next::Forward,
        }
    }

    /// What was held of the document, which is then watched.
    fn take_document(&mut self) -> Option<Document> {
        match std::mem::replace(&mut self.state, BodyState::Dropped) {
            BodyState::Document(document) => Some(document),
            _ => None,
        }
    }

    /// Drops the document, which passes all the same where no rule looks into it. False where there is none.
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

    /// Goes on with the piece that follows.
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

    /// No rule looks into a text that is no message.
    fn release(&mut self, size: usize) -> Next {
        match std::mem::replace(&mut self.state, BodyState::Passing) {
            BodyState::Document(document) => passed(document.held, size),
            _ => Next::Forward,
        }
    }

    /// The document is whole; its last piece has so many bytes.
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
            Ok(_) => Fault::ControlCharacter,
            Err(_) => Fault::NotUtf8,
        };
        let why = Problem::ListError(ListError::Json(fault));
        Err(Blocked { why, id: None })
    }

    /// The document is longer than is held: it goes if it is no list so far, and is watched from there.
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
        passed(document.held, size)
    }

    pub(super) fn watched(&mut self, end: bool) -> Next {
        let passed = match &self.state {
            BodyState::Watched(scanner) if scanner.is_complete() => scanner.id().map(String::from),
            _ => None,
        };
        let next = self.watch(end);
        if matches!(next, Next::Forward) {
            passed
                .iter()
                .for_each(|id| self.observers.passed_unread(id));
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

/// All that was held passes, of which the last piece has so many bytes: where nothing was held before, the piece as it is.
fn passed(held: Vec<u8>, size: usize) -> Next {
    match held.len() == size {
        true => Next::Forward,
        false => Next::ReplaceBody(held),
    }
}
