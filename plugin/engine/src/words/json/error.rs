//! Why bytes are not one strict JSON document, and the bounds within which they are read.
//!
//! It names faults and never quotes more of a text than the name of a member.

use std::fmt;

/// Why bytes are not one strict JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Empty,
    NotUtf8,
    ByteOrderMark,
    Syntax,
    ControlCharacter,
    LoneSurrogate,
    TrailingData,
    Depth(usize),
    Values(usize),
    Duplicate(String),
    TooLong,
}

/// The bounds of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The deepest nesting of arrays and objects.
    pub(crate) depth: usize,
    /// The most values, names of members among them. Each takes 16 bytes, of however few bytes it is read.
    pub(crate) values: usize,
    pub(crate) surrogates: Surrogates,
}

/// What half of a surrogate pair is: the escape of a UTF-16 unit that is no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surrogates {
    /// A fault: readers make different texts of it.
    Refused,
    /// A character that is unknown. A text is then shown, never matched exactly.
    Opaque,
}

/// A fault and the byte at which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) at: usize,
    pub(crate) fault: Fault,
}

impl fmt::Display for Fault {
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
