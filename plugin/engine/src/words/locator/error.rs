//! Why a text of the policy is not the canonical form of a place.
//!
//! It corrects nothing; it shows the form to write, where there is one.

/// The error for a text of the policy that is not canonical, with the form to write where that is clear.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotCanonical(pub(crate) Option<String>);
