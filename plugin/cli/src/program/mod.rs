//! The program around the library: files, servers, the clock, and the standard streams.
//!
//! It never judges a policy, a call or a tool: the library does.

mod approvals;
mod approvers;
mod audit;
mod caller;
mod check;
mod clock;
mod command_line;
mod completions;
mod connection;
mod diff;
mod envoy;
mod explain;
mod follow;
mod import;
mod init;
mod input;
mod limits;
mod lines;
mod network;
mod output;
mod pin;
mod scan;
mod schema;
mod server;
mod test;
mod tool_source;

pub(crate) use command_line::run;
