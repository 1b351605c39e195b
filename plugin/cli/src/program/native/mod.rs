//! The program as a process: its machine, and the commands that ask servers or wait.
//!
//! It never judges what a server answers: the library does.

mod approvals;
mod connection;
mod envoy;
mod follow;
mod machine;
mod network;
mod process;
mod server;
mod tools;

pub(super) use approvals::approvals;
pub(super) use envoy::apply;
pub(super) use follow::follow;
pub use process::main;
pub(super) use tools::list;
