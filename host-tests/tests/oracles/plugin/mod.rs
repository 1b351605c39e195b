//! The plugin as a test of responses needs it: requests that can be under way at once, and answers piece by piece.
//!
//! It is the engine itself, or the module that `$MODULE` names in wasmtime; and something that lets everything pass, which a
//! test must find out.

mod choice;
mod gateway;
mod module;
mod native;
mod open;

pub(crate) use choice::under_test;
pub(crate) use gateway::{Plugin, Sent, answer};
pub(crate) use open::Open;
