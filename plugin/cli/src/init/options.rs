//! The bounds of a starter policy that only the operator knows.
//!
//! They have no defaults: an unnamed bound is never guessed.

/// Bounds that only the operator knows.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Directories that paths must be in.
    pub roots: Vec<String>,
    /// Hosts that URLs must have, such as `example.com` or `*.example.com`.
    pub hosts: Vec<String>,
}
