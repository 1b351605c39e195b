//! **parse**: turns the text of a `policy.json` into a [`Policy`](crate::host::Policy) once, or into the list of all its errors.
//!
//! It never guesses: an unknown key, a key of a later version and an invalid value are errors.

mod applicable;
mod approval;
mod audit;
mod caller;
mod challenge;
mod collector;
mod condition;
mod document;
mod entry;
mod environment;
mod error;
mod grant;
mod host;
mod limit;
mod locator;
mod names;
mod needs;
mod operand;
mod protobuf;
mod reader;
mod result;
mod rule_set;
mod running;
pub(crate) mod schema;
mod schema_document;
mod sequence;
mod server;
mod shared_counters;
mod unknown_results;
mod words;

pub use schema_document::json_schema;

pub use error::{PolicyError, Problem};
