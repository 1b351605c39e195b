//! The JSON Schema of the policy document, for editors: which keys and values are valid where, and what they mean.
//!
//! Its keys and words are those of the parser. It accepts every policy that the parser accepts, and some that it refuses.

mod build;
mod callers;
mod document;
mod limits;
mod rules;

pub use document::json_schema;
