//! Compiles the JSON Schemas that a policy holds.
//!
//! It knows a closed list of keywords and skips none that it does not know: a keyword that a server would check, and this
//! would not, is an error.

mod assertions;
mod compiler;
mod keyword;
mod members;
mod reference;
