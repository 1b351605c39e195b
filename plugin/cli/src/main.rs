//! `mcp-policy`: reads files, asks servers and prints, around the commands of [`mcp_policy_cli`].
//!
//! It never decides about a call: the engine does, the same that runs in a gateway.

use std::process::ExitCode;

fn main() -> ExitCode {
    mcp_policy_cli::program::main()
}
