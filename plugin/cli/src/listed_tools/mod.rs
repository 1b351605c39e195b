//! Turns a file or an answer, in the forms in which people have lists of tools, into the tools, or names its kind.
//!
//! It never reads a list in part, and never takes a tool for one without arguments because its schema has another key.

mod definition;
mod event_stream;
mod form;
pub(crate) mod html;
mod http_answer;
mod http_head;
mod message;
mod not_tools;
mod reader;
mod servers;
#[cfg(test)]
mod tests;

pub(crate) use definition::Definition;
pub use form::Form;
pub use http_answer::HttpAnswer;
pub use not_tools::NotTools;
pub use reader::ListedTools;
