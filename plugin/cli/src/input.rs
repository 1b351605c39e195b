//! A file that a command reads, already in memory.
//!
//! It never opens a file: the caller of a command does.

/// A file's bytes, and its name for messages.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name that messages show, such as a path or `<stdin>`.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
}
