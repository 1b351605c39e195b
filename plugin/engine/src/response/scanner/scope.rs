//! Finds the value of the member `cacheScope` of a result, in pieces of any size, and turns it into the cuts by which
//! every reader finds `private`.
//!
//! It keeps no byte of the value.

use crate::response::cache::PRIVATE;
use crate::response::cut::Cut;
use std::ops::Range;

/// The value of `cacheScope`, as far as it has arrived.
#[derive(Debug, Default)]
pub(super) struct Scope {
    progress: Progress,
    /// The length of the last piece in bytes.
    piece: usize,
    /// Its bytes in the last piece, counted from the end of the piece; `None` if it has none there.
    place: Option<Place>,
    is_private: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    Absent,
    /// The value is next.
    Next,
    Arriving,
    Arrived,
}

/// A range of a piece, as the numbers of bytes from its ends to the end of the piece.
#[derive(Clone, Copy, Debug)]
struct Place {
    from: usize,
    to: usize,
    /// The value begins here, and not in an earlier piece.
    begins: bool,
}

impl Scope {
    /// Notes that a piece of this length in bytes follows.
    pub(super) fn next_piece(&mut self, length: usize) {
        self.piece = length;
        if self.progress == Progress::Absent {
            return;
        }
        self.place = self.arrives().then_some(Place {
            from: length,
            to: 0,
            begins: false,
        });
    }

    /// Notes a name that some reader mistakes for `cacheScope`. Returns whether the message must be parsed: the name is
    /// another one (`exact` is false), or comes twice.
    pub(super) fn named(&mut self, exact: bool) -> bool {
        let first = self.progress == Progress::Absent;
        self.progress = Progress::Next;
        !(exact && first)
    }

    pub(super) fn is_next(&self) -> bool {
        self.progress == Progress::Next
    }

    /// Notes the first byte of the value, with `rest` bytes of the piece after it. Returns whether the message must be
    /// parsed, because the value is an array or an object.
    pub(super) fn begins(&mut self, byte: u8, rest: usize) -> bool {
        self.progress = Progress::Arriving;
        self.is_private = false;
        self.place = Some(Place {
            from: rest.saturating_add(1),
            to: 0,
            begins: true,
        });
        matches!(byte, b'{' | b'[')
    }

    pub(super) fn arrives(&self) -> bool {
        self.progress == Progress::Arriving
    }

    /// Notes the characters of the value as they are written, if it is a string that ends in this piece.
    pub(super) fn written(&mut self, characters: &[u8]) {
        let whole = self.place.is_some_and(|place| place.begins);
        self.is_private = whole && characters == b"private";
    }

    /// Notes the end of the value, with `rest` bytes of the piece after it.
    pub(super) fn ends(&mut self, rest: usize) {
        self.progress = Progress::Arrived;
        if let Some(place) = &mut self.place {
            place.to = rest;
        }
    }

    /// Whether the value is there, or arrives, and some reader may find another value than `private`.
    pub(super) fn is_open(&self) -> bool {
        self.progress != Progress::Absent && !self.is_private
    }

    /// The cut in the last piece after which the value is `private`.
    pub(super) fn cut(&self) -> Option<Cut> {
        let place = self.place.filter(|_| !self.is_private)?;
        let range = Range {
            start: self.piece.saturating_sub(place.from),
            end: self.piece.saturating_sub(place.to),
        };
        let with = if place.begins { PRIVATE } else { "" };
        (!range.is_empty()).then(|| Cut {
            range,
            with: with.into(),
        })
    }
}
