//! `--format github` and `--format sarif`: turns findings into what a CI shows beside the code that they are about.
//!
//! It never shows a line of a file: a misplaced value there may be a token, and the log of a CI is read by many.

mod finding;
mod github;
mod sarif;
#[cfg(test)]
mod tests;

pub use finding::{Finding, Level, Region, Rule};
pub use github::annotations;
pub use sarif::sarif;
