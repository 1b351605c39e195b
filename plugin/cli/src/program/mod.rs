//! The program around the library: one command line, on the machine that is handed in.
//!
//! It never judges a policy, a call or a tool: the library does. [`run`] does what the words of a command line say. Commands reach
//! files, the standard streams, the clock and the environment through a [`Machine`] alone. With the feature `program`,
//! [`main`] runs on this process, and the commands that ask servers do so; without it they say which program does.

mod approvals;
mod approvers;
mod audit;
mod caller;
mod check;
mod command_line;
mod completions;
mod connection;
mod console;
mod diff;
mod envoy;
mod explain;
mod format;
mod import;
mod init;
mod limits;
mod lines;
mod machine;
mod origin;
mod pin;
mod scan;
mod schema;
mod test;
mod tool_source;

#[cfg(not(feature = "program"))]
mod elsewhere;
#[cfg(feature = "program")]
mod native;

#[cfg(not(feature = "program"))]
use elsewhere as servers;
#[cfg(feature = "program")]
use native as servers;

pub use command_line::run;
pub use machine::{Existing, Kind, Machine, Stream};
#[cfg(feature = "program")]
pub use native::main;
