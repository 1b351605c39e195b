//! Writes the JSON Schema of the policy document, for editors: the valid keys and values of each place, and their
//! meaning.
//!
//! Its keys and words are the parser's. It accepts every policy that the parser accepts, and some that the parser
//! rejects.

mod applicable;
mod approvals;
mod build;
mod callers;
mod counters;
mod document;
mod host;
mod limits;
mod rules;

pub use document::json_schema;
