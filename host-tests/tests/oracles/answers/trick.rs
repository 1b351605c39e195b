//! Tricks: changes to an answer that a reader may see otherwise than a filter does. Each is a kind and a seed, so that it can
//! be done again and left out.

use fastrand::Rng;

/// A change to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trick {
    pub(super) what: What,
    pub(super) seed: u64,
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum What {
    // The message.
    /// A member stands twice.
    Twice,
    /// A member's name in another dress.
    LookAlike,
    /// A letter as an escape.
    Escape,
    /// The message is one of a batch.
    Batch,
    /// The message is longer than some gateways hold.
    Long,
    // Its text.
    /// What no strict parser reads.
    Broken,
    /// Half a character.
    Surrogate,
    // The lines of a stream.
    /// Lines of data that are none of the message.
    Decoy,
    /// A line's end that is one to some.
    Cut,
    /// A line of data is divided in two.
    Divided,
    /// Lines of other fields.
    Noise,
    /// There is no blank line at the end.
    Open,
    // The bytes.
    /// A byte order mark.
    Mark,
    /// The characters that a mark looks like in Latin-1.
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
    /// All of them.
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

    /// Whether only an event stream can be changed so.
    pub(super) fn is_of_streams(self) -> bool {
        matches!(
            self,
            Self::Decoy | Self::Cut | Self::Divided | Self::Noise | Self::Open
        )
    }
}

impl Trick {
    /// What the trick does where there is a choice; the same each time.
    pub(super) fn rng(self) -> Rng {
        Rng::with_seed(self.seed)
    }
}

/// One of these.
pub(super) fn one<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}
