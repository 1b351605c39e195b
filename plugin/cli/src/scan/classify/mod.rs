//! Turns a tool into its class, with every reason for it.
//!
//! It never believes a server that calls a tool harmless; it does believe one that calls a tool harmful.

mod annotation;
mod classified;
mod description;
mod evidence;
mod money;
mod name;
mod parameter;
mod reason;

pub(crate) use classified::classify;
