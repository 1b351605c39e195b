//! Tricks: changes to an answer that a reader may read differently from a filter. A trick is a kind and a seed, so that
//! it can be repeated and left out.

use fastrand::Rng;

/// A change to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trick {
    pub(super) what: What,
    pub(super) seed: u64,
}

/// The kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum What {
    // The message.
    /// A member occurs twice.
    Twice,
    /// A member's name in another spelling.
    LookAlike,
    /// A letter is written as an escape.
    Escape,
    /// The message is one of a batch.
    Batch,
    /// The message exceeds what some gateways hold.
    Long,
    // Its text.
    /// A fault that strict parsers reject.
    Broken,
    /// Half of a surrogate pair.
    Surrogate,
    // The lines of a stream.
    /// Data lines that are not part of the message.
    Decoy,
    /// A line end that only some readers recognise.
    Cut,
    /// A data line is divided in two.
    Divided,
    /// Lines of other fields.
    Noise,
    /// The blank line at the end is missing.
    Open,
    // The bytes.
    /// A byte order mark.
    Mark,
    /// The characters that a byte order mark becomes in Latin-1.
    Disguise,
    /// Another charset.
    Charset,
    // The head.
    /// Another media type.
    Type,
    /// Another status.
    Status,
}

impl What {
    /// All kinds.
    pub(super) const ALL: [Self; 17] = [
        Self::Twice,
        Self::LookAlike,
        Self::Escape,
        Self::Batch,
        Self::Long,
        Self::Broken,
        Self::Surrogate,
        Self::Decoy,
        Self::Cut,
        Self::Divided,
        Self::Noise,
        Self::Open,
        Self::Mark,
        Self::Disguise,
        Self::Charset,
        Self::Type,
        Self::Status,
    ];

    /// True where only an event stream can be changed in this way.
    pub(super) fn is_of_streams(self) -> bool {
        matches!(
            self,
            Self::Decoy | Self::Cut | Self::Divided | Self::Noise | Self::Open
        )
    }
}

impl Trick {
    /// The random choices of the trick, the same each time.
    pub(super) fn rng(self) -> Rng {
        Rng::with_seed(self.seed)
    }
}

/// A random one of these.
pub(super) fn one<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}
