//! Turns the first example of the tool's README into its command and the text that it prints.
//!
//! It runs nothing.

use host_tests::root;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

/// A command and its output.
pub(crate) struct Example {
    /// The words after `mcp-policy`.
    pub(crate) arguments: Vec<String>,
    output: String,
    code: i32,
}

/// The first example.
pub(crate) fn first() -> Example {
    let readme = fs::read_to_string(root().join("plugin/cli/README.md")).expect("the README");
    let (_, rest) = readme.split_once("```console\n$ ").expect("an example");
    let (block, _) = rest.split_once("```").expect("its end");
    let (command, output) = block.split_once('\n').expect("a command and its output");
    let mut words = command.split(' ').map(str::to_owned);
    assert_eq!(words.next().as_deref(), Some("mcp-policy"));
    let (output, code) = output.rsplit_once("? ").expect("an exit code");
    Example {
        arguments: words.collect(),
        output: output.into(),
        code: code.trim().parse().expect("a number"),
    }
}

/// The folder of the example's files.
pub(crate) fn folder() -> PathBuf {
    root().join("plugin/cli/tests/readme")
}

impl Example {
    /// # Panics
    /// When a program printed something else.
    pub(crate) fn is_printed_by(&self, output: &Output) {
        let texts = [&*output.stdout, &output.stderr].concat();
        assert_eq!(String::from_utf8_lossy(&texts), self.output);
        assert_eq!(output.status.code(), Some(self.code), "{output:?}");
    }
}
