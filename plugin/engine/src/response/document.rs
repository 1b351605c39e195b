//! Turns the pieces of an arriving body into its bytes so far, and whether they are JSON and complete.
//!
//! It never classifies as plain text a body that some client parses as JSON.

use super::cut::Cut;
use super::held;
use super::scanner::MessageScanner;

/// The bytes of the byte order marks of UTF-8, UTF-16 and UTF-32. A client that guesses the encoding skips them.
const BYTE_ORDER_MARKS: [u8; 6] = [0, 0xEF, 0xBB, 0xBF, 0xFE, 0xFF];

/// A response body that is still arriving, outside an event stream.
#[derive(Debug)]
pub(super) struct Document {
    /// The content type says JSON.
    json: bool,
    /// The first byte after white space and a byte order mark.
    first: Option<u8>,
    pub(super) held: Vec<u8>,
    /// The cuts in the held bytes if they pass before the document is complete.
    pub(super) cuts: Vec<Cut>,
    pub(super) scanner: MessageScanner,
}

impl Document {
    /// An empty document. Nesting deeper than `depth` levels is a fault.
    pub(super) fn new(json: bool, depth: usize) -> Self {
        Self {
            json,
            first: None,
            held: Vec::new(),
            cuts: Vec::new(),
            scanner: MessageScanner::new(depth),
        }
    }

    /// Appends the next piece. The first piece is kept without a copy.
    pub(super) fn read(&mut self, piece: Vec<u8>) {
        let before = |byte: &u8| byte.is_ascii_whitespace() || BYTE_ORDER_MARKS.contains(byte);
        self.first = self
            .first
            .or_else(|| piece.iter().copied().find(|byte| !before(byte)));
        self.scanner.read(&piece);
        if self.scanner.may_be_public() {
            let cut = self.scanner.scope_cut();
            self.cuts.extend(cut.map(|cut| cut.after(self.held.len())));
        }
        match self.held.is_empty() {
            true => self.held = piece,
            false => held::extend(&mut self.held, &piece),
        }
    }

    /// Whether a JSON document is complete or faulty, so that the reader need not wait for more bytes.
    pub(super) fn is_decided(&self) -> bool {
        let scanned = self.scanner.is_complete() || self.scanner.fault().is_some();
        scanned && self.is_json()
    }

    /// Whether bytes have arrived and no client parses them as JSON.
    pub(super) fn is_text(&self) -> bool {
        self.first.is_some() && !self.is_json()
    }

    /// Whether some client parses it as JSON: the content type says so, or the text begins with a bracket.
    pub(super) fn is_json(&self) -> bool {
        self.json || matches!(self.first, Some(b'{' | b'['))
    }
}
