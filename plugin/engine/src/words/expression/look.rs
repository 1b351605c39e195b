//! Positions in a text that an expression can require: ends of the text, ends of lines, and word boundaries.
//!
//! It reads one character on each side and no more.

/// An assertion about the position between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Start,
    End,
    StartLine,
    EndLine,
    /// The start of a line that ends in LF, CR, or CR and LF.
    StartLineCr,
    EndLineCr,
    Boundary,
    NoBoundary,
    WordStart,
    WordEnd,
    NoWordBefore,
    NoWordAfter,
}

/// The character on one side of a position, as far as an assertion distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// The start or the end of the text.
    Edge,
    LineFeed,
    CarriageReturn,
    /// `[0-9A-Za-z_]`
    Word,
    Other,
}

impl Side {
    pub(super) fn of(c: Option<char>) -> Self {
        match c {
            None => Self::Edge,
            Some('\n') => Self::LineFeed,
            Some('\r') => Self::CarriageReturn,
            Some(c) if c.is_ascii_alphanumeric() || c == '_' => Self::Word,
            Some(_) => Self::Other,
        }
    }

    fn starts_line(self) -> bool {
        matches!(self, Self::Edge | Self::LineFeed)
    }
}

impl Look {
    pub(super) fn holds(self, before: Side, after: Side) -> bool {
        let (word_before, word_after) = (before == Side::Word, after == Side::Word);
        match self {
            Self::Start => before == Side::Edge,
            Self::End => after == Side::Edge,
            Self::StartLine => before.starts_line(),
            Self::EndLine => after.starts_line(),
            Self::StartLineCr => {
                before.starts_line() || before == Side::CarriageReturn && after != Side::LineFeed
            }
            Self::EndLineCr => match after {
                Side::Edge | Side::CarriageReturn => true,
                Side::LineFeed => before != Side::CarriageReturn,
                Side::Word | Side::Other => false,
            },
            Self::Boundary => word_before != word_after,
            Self::NoBoundary => word_before == word_after,
            Self::WordStart => !word_before && word_after,
            Self::WordEnd => word_before && !word_after,
            Self::NoWordBefore => !word_before,
            Self::NoWordAfter => !word_after,
        }
    }

    /// The kinds of sides that the assertion distinguishes, besides the ends of the text.
    pub(super) fn tells_apart(self) -> &'static [Side] {
        match self {
            Self::Start | Self::End => &[],
            Self::StartLine | Self::EndLine => &[Side::LineFeed],
            Self::StartLineCr | Self::EndLineCr => &[Side::LineFeed, Side::CarriageReturn],
            _ => &[Side::Word],
        }
    }
}
