//! mcp-policy's command line for JavaScript: turns the words of a command line and a machine of the program into an exit status.
//!
//! It opens nothing by itself: files, streams, clock and environment are those that the program hands in.

mod colours;
mod failure;
mod fault;
mod io;
mod machine;
mod pieces;

use io::Io;
use machine::Program;
use std::ffi::OsString;
use wasm_bindgen::prelude::*;

/// Called by the bindings, once for each instance of the module.
#[wasm_bindgen(start)]
pub fn start() {
    fault::throw();
}

/// Runs the command that `words` name, without the name of the program, and returns its exit status: 0, 1 or 2. Throws where the
/// command failed at a fault of its own; then the next command needs a new instance of the module.
#[wasm_bindgen]
pub fn run(words: Vec<String>, io: Io) -> u8 {
    let program = std::iter::once("mcp-policy".to_owned());
    let words = program.chain(words).map(OsString::from);
    mcp_policy_cli::program::run(words, &Program(io)).code()
}
