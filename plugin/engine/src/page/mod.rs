//! The pages on which a person approves or refuses a call: turns the data of approvals into HTML, and into the same as JSON.
//!
//! It decides nothing: who may see or decide an approval is an argument.

mod alphabet;
mod arguments;
mod data;
mod detail;
mod document;
mod html;
mod json;
mod list;
mod moment;
mod text;

pub(crate) use data::{Action, Decided, Detail, Standing, Summary, Visit};
pub(crate) use detail::detail;
pub(crate) use document::{CONTENT_SECURITY_POLICY, notice, status};
pub(crate) use json::{detail_json, error_json, list_json, status_json};
pub(crate) use list::list;

#[cfg(test)]
mod tests;
