//! Turns counts into the last line of a report.
//!
//! It never shows a zero.

use anstyle::Style;

/// `2 passed, 1 failed`: counts with their colours and nouns. Zeros are left out.
pub(crate) fn counts(counts: &[(usize, Style, &str)]) -> String {
    let counts = counts.iter().filter(|(count, ..)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, style, what)| format!("{style}{count} {what}{style:#}"))
        .collect();
    counts.join(", ")
}
