//! Turns the words of a command line into the place that has a list of tools.
//!
//! It never shows a secret that may be in a URL.

use super::console;
use crate::http_url::{is_http, without_secrets};
use crate::sanitize::line;
use std::path::Path;

/// The kinds of place.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    Url(&'a str),
    Command(&'a [String]),
    File(&'a Path),
}

impl<'a> Origin<'a> {
    /// A URL or a file; without one, the command.
    pub(super) fn new(source: Option<&'a str>, command: &'a [String]) -> Self {
        match source {
            None => Self::Command(command),
            Some(url) if is_http(url) => Self::Url(url),
            Some(file) => Self::File(Path::new(file)),
        }
    }

    /// The name for messages.
    pub(super) fn name(self) -> String {
        match self {
            Self::Command(command) => line(&command.join(" "), 200),
            Self::Url(url) => without_secrets(url),
            Self::File(file) => line(&console::name(file), 200),
        }
    }
}
