//! Prints the report of a test that passes.
//!
//! It never fails: output without a reader is lost.

use std::io::Write as _;

/// Prints a line past the test harness, which hides the output of passing tests.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
