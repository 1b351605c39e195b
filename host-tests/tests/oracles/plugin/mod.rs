//! The gateways that tests of responses use: they can have several requests under way, and take answers piece by piece.
//!
//! A gateway is the engine itself, or in wasmtime the module that `$MODULE` names. Another lets everything pass, so
//! that a test must find faults in it.

mod choice;
mod gateway;
mod module;
mod native;
mod open;

pub(crate) use choice::under_test;
pub(crate) use gateway::{Plugin, Sent, answer};
pub(crate) use open::Open;
