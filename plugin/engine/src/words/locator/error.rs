//! The error for a location in the policy that is not in canonical form.
//!
//! It corrects nothing. It shows the form to write where there is one.

/// The error for a text that is not canonical, with the canonical form where there is one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotCanonical(pub(crate) Option<String>);
