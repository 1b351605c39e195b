//! Bounds of a starter policy.

/// Bounds that only the operator knows.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Directories that paths must be in.
    pub roots: Vec<String>,
    /// Hosts that URLs must have, such as `example.com` or `*.example.com`.
    pub hosts: Vec<String>,
}
