//! Characters that are invisible to a person and read by a model.
//!
//! It never has a table of its own: the engine's table is for names, and a description may also break lines.

use mcp_policy::document::{is_invisible as is_unmarked, is_joiner};

/// Control and format characters, joiners and variation selectors: all but line breaks, tabs and the selector for emoji.
pub(crate) fn is_invisible(c: char) -> bool {
    const ALLOWED: [char; 4] = ['\n', '\r', '\t', '\u{fe0f}'];
    !ALLOWED.contains(&c) && (is_unmarked(c) || is_joiner(c))
}
