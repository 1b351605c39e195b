//! Runs the programs of this build: the command line tool, and the gateway that embeds the component.
//!
//! It never builds one.

use std::env;
use std::process::Command;

/// The command `mcp-policy`.
///
/// # Panics
/// When it was not built with the tests.
pub fn mcp_policy() -> Command {
    built("mcp-policy")
}

/// The command of a program of the workspace, by the name of its target.
///
/// # Panics
/// When it was not built with the tests.
pub fn built(name: &str) -> Command {
    let test = env::current_exe().expect("a test is a file");
    // Tests are in `target/debug/deps`, programs in `target/debug`.
    let folders = test.ancestors().skip(1).take(2);
    let mut tools = folders.map(|folder| folder.join(name));
    let tool = tools.find(|tool| tool.is_file());
    Command::new(tool.unwrap_or_else(|| panic!("{name} is missing: run this through `make test`")))
}
