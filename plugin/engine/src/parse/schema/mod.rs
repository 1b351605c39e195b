//! Compiles the JSON Schemas in a policy.
//!
//! It supports a closed list of keywords. An unknown keyword is an error, because a server may check it.

mod assertions;
mod compiler;
mod keyword;
mod members;
mod reference;
