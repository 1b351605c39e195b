//! The colours of reports, as ANSI styles.
//!
//! It never asks whether a terminal is there: the program strips the colours where none is.

use anstyle::{AnsiColor, Style};

/// Good results.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Errors and refusals.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Warnings and doubts.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Remarks that may be skipped.
pub const DIM: Style = Style::new().dimmed();
