//! Turns a way of cutting bodies into the pieces of a body.
//!
//! It never interprets a body: it finds the places where a reader of pieces can go wrong by bytes alone.

use std::collections::BTreeSet;

/// How a body arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// In one piece that ends the request.
    Whole,
    /// In two pieces, cut there.
    At(usize),
    /// Cut at each seam of this kind.
    Each(Seam),
    /// Byte by byte.
    Bytes,
    /// In one piece, and trailers end the request.
    Trailers,
}

/// A place in a body where a reader of pieces can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seam {
    /// The middle.
    Middle,
    /// Before the last byte.
    LastByte,
    /// Inside a UTF-8 character.
    Character,
    /// Inside an escape of JSON, or between the two escapes of one character.
    Escape,
    /// Between a carriage return and its line feed.
    LineEnd,
    /// Before the blank line that ends an event.
    BlankLine,
    /// Between an event and the next one.
    Event,
}

/// A body of at least this length is cut at powers of two only.
const LONG: usize = 64 * 1024;
/// The number of bytes at the beginning of a body that are searched for seams.
const SEARCHED: usize = 4096;
/// The longest body that is sent byte by byte.
const BYTES: usize = 4096;

impl Split {
    /// The ways that most likely reveal a mistake in a reader of these bodies: whole, cut at each kind of seam, byte by
    /// byte, and ended by trailers.
    pub fn chosen(bodies: &[&[u8]]) -> Vec<Self> {
        let longest = longest(bodies);
        let seams = Seam::ALL.into_iter();
        let present = seams.filter(|seam| bodies.iter().any(|body| !seam.places(body).is_empty()));
        // A megabyte byte by byte shows no more than four kilobytes do.
        let bytes = (2..=BYTES).contains(&longest).then_some(Self::Bytes);
        let trailers = (longest > 0).then_some(Self::Trailers);
        let cuts = present.map(Self::Each).chain(bytes).chain(trailers);
        [Self::Whole].into_iter().chain(cuts).collect()
    }

    /// The chosen ways, and a cut in two at each of the first 256 bytes. A long body is cut at powers of two only.
    pub fn all(bodies: &[&[u8]]) -> Vec<Self> {
        let longest = longest(bodies);
        let cuts: Vec<_> = if longest < LONG {
            (1..longest.min(256)).collect()
        } else {
            let powers = (0..usize::BITS).map(|power| 1 << power);
            powers.take_while(|&at| at < longest).collect()
        };
        let mut splits = Self::chosen(bodies);
        splits.extend(cuts.into_iter().map(Self::At));
        splits
    }

    /// The pieces of a body; a body that has no such place stays whole.
    pub fn pieces(self, body: &[u8]) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        let (mut rest, mut start) = (body, 0);
        for at in self.cuts(body) {
            if let Some((piece, after)) = rest.split_at_checked(at.saturating_sub(start)) {
                pieces.push(piece);
                (rest, start) = (after, at);
            }
        }
        pieces.push(rest);
        pieces
    }

    fn cuts(self, body: &[u8]) -> Vec<usize> {
        match self {
            Self::Whole | Self::Trailers => Vec::new(),
            Self::At(at) => Some(at)
                .filter(|at| (1..body.len()).contains(at))
                .into_iter()
                .collect(),
            Self::Each(seam) => seam.places(body),
            Self::Bytes => (1..body.len()).collect(),
        }
    }
}

impl Seam {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Middle,
        Self::LastByte,
        Self::Character,
        Self::Escape,
        Self::LineEnd,
        Self::BlankLine,
        Self::Event,
    ];

    /// Where to cut a body, in ascending order. Each place is inside the body.
    pub fn places(self, body: &[u8]) -> Vec<usize> {
        let places: BTreeSet<_> = match self {
            Self::Middle => [body.len() / 2].into(),
            Self::LastByte => [body.len().saturating_sub(1)].into(),
            _ => (1..body.len().min(SEARCHED))
                .filter(|at| self.is_at(body, *at))
                .collect(),
        };
        places
            .into_iter()
            .filter(|at| (1..body.len()).contains(at))
            .collect()
    }

    fn is_at(self, body: &[u8], at: usize) -> bool {
        let Some((before, after)) = body.split_at_checked(at) else {
            return false;
        };
        match self {
            Self::Middle | Self::LastByte => false,
            Self::Character => after
                .first()
                .is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000),
            Self::Escape => is_in_escape(before) || is_between_surrogates(before, after),
            Self::LineEnd => before.ends_with(b"\r") && after.starts_with(b"\n"),
            Self::BlankLine => {
                is_line_end(before.last())
                    && is_line_end(after.first())
                    && !Self::LineEnd.is_at(body, at)
            }
            Self::Event => [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"]
                .iter()
                .any(|blank| before.ends_with(blank)),
        }
    }
}

fn is_line_end(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'\r' | b'\n'))
}

/// The text ends after a backslash that escapes, or before the last of the four digits of `\u`.
fn is_in_escape(text: &[u8]) -> bool {
    let digits = text
        .iter()
        .rev()
        .take(3)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let unicode = (0..=digits).any(|digits| {
        let head = text.get(..text.len().saturating_sub(digits));
        head.and_then(|head| head.strip_suffix(b"u"))
            .is_some_and(ends_with_escape)
    });
    unicode || ends_with_escape(text)
}

fn ends_with_escape(text: &[u8]) -> bool {
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\').count();
    backslashes % 2 == 1
}

/// A character beyond the first 65,536 is two escapes in JSON.
fn is_between_surrogates(before: &[u8], after: &[u8]) -> bool {
    let first = before.last_chunk::<6>();
    let high = first.is_some_and(|escape| matches!(escape, [b'\\', b'u', b'd' | b'D', ..]));
    high && after.starts_with(b"\\u")
}

fn longest(bodies: &[&[u8]]) -> usize {
    bodies.iter().map(|body| body.len()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(seam: Seam, body: &[u8]) -> String {
        let pieces = Split::Each(seam).pieces(body);
        let pieces = pieces.iter().map(|piece| piece.escape_ascii().to_string());
        pieces.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn seams_of_a_body_are_where_a_reader_of_pieces_can_go_wrong() {
        assert_eq!(cut(Seam::Middle, b"abcd"), "ab | cd");
        assert_eq!(cut(Seam::LastByte, b"abcd"), "abc | d");
        assert_eq!(
            cut(Seam::Character, "é€".as_bytes()),
            r"\xc3 | \xa9\xe2 | \x82 | \xac"
        );
        assert_eq!(cut(Seam::Escape, br"a\nb\\c"), r"a\\ | nb\\ | \\c");
        assert_eq!(cut(Seam::Escape, br"\u00e9u0"), r"\\ | u | 0 | 0 | e | 9u0");
        assert_eq!(
            cut(Seam::Escape, br"\ud83d\ude00"),
            r"\\ | u | d | 8 | 3 | d | \\ | u | d | e | 0 | 0"
        );
        assert_eq!(cut(Seam::LineEnd, b"a\r\n\r\nb"), r"a\r | \n\r | \nb");
        assert_eq!(
            cut(Seam::BlankLine, b"a\n\nb\r\n\r\n"),
            r"a\n | \nb\r\n | \r\n"
        );
        assert_eq!(
            cut(Seam::Event, b"a\n\nb\r\n\r\nc"),
            r"a\n\n | b\r\n\r\n | c"
        );
    }

    #[test]
    fn body_without_the_seam_stays_whole() {
        for seam in Seam::ALL {
            assert_eq!(cut(seam, b""), "");
            assert_eq!(cut(seam, b"a"), "a");
        }
        assert_eq!(Split::At(3).pieces(b"abc"), [b"abc"]);
    }

    #[test]
    fn pieces_of_every_split_are_the_body() {
        let body = "{\"a\":\"\\u00e9\\ud83d\\ude00é\"}\r\n\r\ndata: b\n\n".as_bytes();
        let seams = Seam::ALL.map(Split::Each).into_iter();
        for split in seams.chain([Split::Whole, Split::At(5), Split::Bytes, Split::Trailers]) {
            assert_eq!(split.pieces(body).concat(), body, "{split:?}");
        }
    }
}
