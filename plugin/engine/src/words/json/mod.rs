//! Strict JSON: turns bytes into the one document that they can mean, and keeps its values as they were received.
//!
//! It is stricter than RFC 8259 where parsers are known to disagree: it rejects duplicate members, a byte order mark
//! and, in requests, lone surrogates. A value keeps the exact text of a number and its position in the document, so it
//! is never copied. Reading never recurses.
//!
//! `serde_json` does not read messages here, because it takes the last of two duplicate members and forgets the text of
//! a number. The tests compare this reader with it.

mod canonical;
mod document;
mod error;
mod line;
mod number;
mod scan;
mod string;
mod value;

pub use document::Document;
pub use error::JsonFault;
pub(crate) use error::{Bounds, Error, Surrogates};
pub(crate) use line::{ObjectLine, element, push_text, quoted};
pub(crate) use number::canonical as canonical_number;
pub(crate) use number::{exact, is_multiple, is_whole, millionths};
pub(crate) use string::unquoted;
pub(crate) use value::Name;
pub use value::{Kind, Value};
