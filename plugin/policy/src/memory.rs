//! What one exchange learns from a response for the requests that come after it.
//!
//! It is bounded by the policy: nothing is remembered that the policy does not name.

/// Something to remember. Nobody waits until it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memo {
    /// What it is about: the same for the same thing, and no text for a log.
    pub topic: String,
    /// What was learnt, less than 1000 bytes.
    pub learnt: Vec<u8>,
    /// It is kept only where nothing was remembered of the topic yet.
    pub first: bool,
}

/// What is remembered of some topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recollection {
    /// What was learnt of each, in their order; `None` where nothing was.
    Recalled(Vec<Option<Vec<u8>>>),
    /// Nobody can tell.
    Unavailable,
}
