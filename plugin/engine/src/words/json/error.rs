//! The reasons why bytes are not one strict JSON document, and the bounds of reading.
//!
//! It quotes nothing of a text but the name of a duplicate member.

use std::fmt;

/// The reason why bytes are not one strict JSON document (RFC 8259, with the rules of RFC 7493 on names and surrogates).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonFault {
    /// No byte but whitespace.
    Empty,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// A byte order mark at the start.
    ByteOrderMark,
    /// A byte that the grammar does not allow at its place.
    Syntax,
    /// An unescaped control character in a string.
    ControlCharacter,
    /// Half of a surrogate pair in a string.
    LoneSurrogate,
    /// More text after the document.
    TrailingData,
    /// Deeper nesting than this bound.
    Depth(usize),
    /// More values than this bound.
    Values(usize),
    /// Two members of one object with this name, which is clipped to 64 characters.
    Duplicate(String),
    /// More than 4 GiB.
    TooLong,
}

/// The bounds of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The deepest nesting of arrays and objects.
    pub(crate) depth: usize,
    /// The most values, counting names of members. Each takes 16 bytes of memory, however short it is.
    pub(crate) values: usize,
    pub(crate) surrogates: Surrogates,
}

/// How to read a lone surrogate: the escape of one half of a UTF-16 pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surrogates {
    /// As a fault, because readers turn it into different texts.
    Refused,
    /// As an unknown character. The text can be displayed, and never matches exactly.
    Opaque,
}

/// A fault and the byte at which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) at: usize,
    pub(crate) fault: JsonFault,
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::ByteOrderMark => f.write_str("it begins with a byte order mark"),
            Self::Syntax => f.write_str("it is not JSON (RFC 8259)"),
            Self::ControlCharacter => {
                f.write_str("a string contains an unescaped control character")
            }
            Self::LoneSurrogate => f.write_str(
                "a string contains half of a surrogate pair, as when an emoji is cut in two",
            ),
            Self::TrailingData => f.write_str("text follows the JSON document"),
            Self::Depth(max) => write!(f, "it is nested deeper than {max} levels"),
            Self::Values(max) => write!(f, "it has more than {max} values"),
            Self::Duplicate(name) => write!(f, "an object has the member `{name}` twice"),
            Self::TooLong => f.write_str("it is longer than 4 GiB"),
        }
    }
}
