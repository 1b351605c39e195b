//! The operand of `within` whose roots have segments that the caller fills: `/home/{grant}`.
//!
//! It fills no segment; `decide` does.

use super::path::Path;

/// Directories of which some belong to one caller.
#[derive(Debug)]
pub(crate) struct CallerDirectories {
    pub(crate) roots: Vec<Directory>,
    /// The directory of relative paths, where the policy allows them.
    pub(crate) base: Option<Directory>,
    /// The places that fill segments, each once.
    pub(crate) places: Vec<Path>,
}

/// The segments of an absolute path.
pub(crate) type Directory = Box<[DirectoryName]>;

/// A segment of a path.
#[derive(Debug)]
pub(crate) enum DirectoryName {
    Plain(Box<str>),
    /// The value at this position of [`CallerDirectories::places`].
    Of(usize),
}
