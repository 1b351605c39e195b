//! `check`: turns policies into their mistakes, warnings and notes, and into the costs of their most expensive messages.
//!
//! It never shows a line that may hold a token.

mod access;
mod checker;
mod dearest;
mod diagnostic;
mod embedded;
mod file;
mod findings;
mod lint;
mod location;
mod meaning;
mod other_words;
mod render;
mod report;
#[cfg(test)]
mod tests;
mod tool_index;

pub use access::Party;
pub use checker::{check, check_as};
pub use file::check_file;
pub use report::{Options, PolicyReport};
pub use tool_index::ToolIndex;
