//! Prints what a shell needs to complete the words of `mcp-policy`.
//!
//! It installs nothing: where a shell looks for such files is the user's own.

use crate::Line;
use crate::screen::{Ended, Ending, Screen};
use clap::CommandFactory as _;
use clap_complete::Shell;

/// Print the completions for a shell
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which shell will read them.
    shell: Shell,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Line::command(), "mcp-policy", &mut script);
    screen.print(String::from_utf8_lossy(&script))?;
    Ok(Ending::Clean)
}
