//! Additions to counters of a service. They say nothing of their number of hits, which all additions of a question share.

/// An addition to a counter of a service, for one subject.
pub(super) struct Addition<'c> {
    /// The counter's id.
    pub(super) counter: &'c str,
    /// The subject's name at the service.
    pub(super) subject: String,
}
