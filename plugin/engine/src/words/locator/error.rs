//! Why a text of the policy is not the canonical form of a place.
//!
//! It corrects nothing; it shows the form to write, where there is one.

/// Why a policy's text is no place: how it has to be written, where that is clear.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotCanonical(pub(crate) Option<String>);
