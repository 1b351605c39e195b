//! Turns a path of the command line into bytes and a name for messages; `-` is the standard input.
//!
//! It never reads more than it is asked for, and what it reads it does not judge.

use crate::screen::Trouble;
use std::io::Read as _;
use std::path::Path;

/// Bytes that somebody named.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Input {
    pub(crate) fn read(path: &Path) -> Result<Self, Trouble> {
        let name = name(path);
        let bytes = if is_stdin(path) {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map(|_| bytes)
        } else {
            std::fs::read(path)
        };
        let bytes = bytes.map_err(|error| Trouble(format!("{name}: {error}")))?;
        Ok(Self { name, bytes })
    }
}

/// What messages call a path.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) {
        "<stdin>".into()
    } else {
        path.display().to_string()
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}
