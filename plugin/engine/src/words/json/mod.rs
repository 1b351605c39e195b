//! Strict JSON: bytes into the one document they can mean, and its values in the form in which they were received.
//!
//! It is stricter than RFC 8259 where two parsers are known to disagree: duplicate members, a byte order mark and, in
//! requests, lone surrogates are errors, anywhere. It keeps what a tree of values would lose (the exact text of a number, where each
//! value begins and ends) and therefore never copies and never recurses.
//!
//! `serde_json` is not used for reading because it takes the last of two duplicate members and forgets a number's text.
//! It is the oracle of the tests instead.

mod canonical;
mod document;
mod error;
mod line;
mod number;
mod scan;
mod string;
mod value;

pub use document::Document;
pub(crate) use error::{Bounds, Error, Fault, Surrogates};
pub(crate) use line::{ObjectLine, element, push_logged, push_text, quoted};
pub(crate) use number::{exact, is_multiple, is_whole, millionths};
pub(crate) use string::unquoted;
pub(crate) use value::Name;
pub use value::{Kind, Value};
