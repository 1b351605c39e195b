//! YAML: texts into trees of values with their places, and texts into scalars.
//!
//! It never writes a whole document.

mod read;
mod scalar;

pub(crate) use read::{Document, Fault, Mark, Node, Value, read, read_all};
pub(crate) use scalar::{block, quoted};
