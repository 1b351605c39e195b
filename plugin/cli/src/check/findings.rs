//! The diagnostics of a policy as a CI shows them.
//!
//! It never leaves out a diagnostic that the text has.

use super::diagnostic::Level;
use super::location::Located;
use super::meaning::meaning;
use super::report::PolicyReport;
use crate::ci::{self, Finding, Region, Rule};

impl PolicyReport {
    /// The mistakes, warnings and notes, in the order of the policy's text.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let found = self.diagnostics.iter();
        found.map(|one| finding(&self.policy.name, one)).collect()
    }
}

fn finding(file: &str, located: &Located) -> Finding {
    let level = match located.level {
        Level::Error => ci::Level::Error,
        Level::Warning => ci::Level::Warning,
        Level::Note => ci::Level::Note,
    };
    let rule = Rule {
        name: located.name,
        meaning: meaning(located.name),
    };
    let region = Region {
        line: located.line,
        column: located.column,
        end_line: located.end_line,
        end_column: located.end_column,
    };
    Finding::new(level, rule, file, &message(located)).at(&located.at, Some(region))
}

/// The title, the help and the other places, a line each.
fn message(located: &Located) -> String {
    let mut message = located.title().into_owned();
    if let Some(help) = &located.help {
        message = message + "\nhelp: " + help;
    }
    if !located.also.is_empty() {
        message = message + "\nalso at " + &located.also.join(", ");
    }
    message
}
