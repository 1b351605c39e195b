//! Prints the report of a test that passes.
//!
//! It never fails: without a reader the output is lost.

use std::io::Write as _;

/// Prints a line to standard output, bypassing the test harness, which hides the output of passing tests.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
