//! A document that is arriving: its bytes so far, and what is known of them.
//!
//! It never says that a text which some client takes for JSON is none.

use super::held;
use super::scanner::MessageScanner;

/// What the marks of UTF-8, UTF-16 and UTF-32 consist of. A client that guesses the encoding takes none of it for text.
const BYTE_ORDER_MARKS: [u8; 6] = [0, 0xEF, 0xBB, 0xBF, 0xFE, 0xFF];

/// A document that is arriving.
#[derive(Debug)]
pub(super) struct Document {
    /// JSON, by its name.
    json: bool,
    /// Its first byte, but for white space and a byte order mark.
    first: Option<u8>,
    pub(super) held: Vec<u8>,
    pub(super) scanner: MessageScanner,
}

impl Document {
    /// A document that is nested at most `depth` deep.
    pub(super) fn new(json: bool, depth: usize) -> Self {
        Self {
            json,
            first: None,
            held: Vec::new(),
            scanner: MessageScanner::new(depth),
        }
    }

    /// Takes the piece that follows: the first one as it is.
    pub(super) fn read(&mut self, piece: Vec<u8>) {
        let before = |byte: &u8| byte.is_ascii_whitespace() || BYTE_ORDER_MARKS.contains(byte);
        self.first = self
            .first
            .or_else(|| piece.iter().copied().find(|byte| !before(byte)));
        self.scanner.read(&piece);
        match self.held.is_empty() {
            true => self.held = piece,
            false => held::extend(&mut self.held, &piece),
        }
    }

    /// Its last bracket is there, or it cannot be read: what follows need not be waited for.
    pub(super) fn is_decided(&self) -> bool {
        let scanned = self.scanner.is_complete() || self.scanner.fault().is_some();
        scanned && self.is_json()
    }

    /// Something has come of it, and no client takes it for JSON.
    pub(super) fn is_text(&self) -> bool {
        self.first.is_some() && !self.is_json()
    }

    /// Called JSON, or begun like it: some client takes it for that.
    pub(super) fn is_json(&self) -> bool {
        self.json || matches!(self.first, Some(b'{' | b'['))
    }
}
