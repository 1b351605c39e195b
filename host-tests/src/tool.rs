//! Runs the command line tool of this build.
//!
//! It never builds it.

use std::env;
use std::process::Command;

/// The command `mcp-policy`.
///
/// # Panics
/// When it was not built with the tests.
pub fn mcp_policy() -> Command {
    let test = env::current_exe().expect("a test is a file");
    // Tests are in `target/debug/deps`, programs in `target/debug`.
    let folders = test.ancestors().skip(1).take(2);
    let mut tools = folders.map(|folder| folder.join("mcp-policy"));
    let tool = tools.find(|tool| tool.is_file());
    Command::new(tool.expect("the tool is missing: run this through `make test`"))
}
