//! Asks other programs how they read texts: one process for each program, a batch of texts at a time.
//!
//! It never interprets an answer: it returns the program's result for each text unchanged.

use crate::root;
use serde::de::DeserializeOwned;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running script of `host-tests/oracles/`.
#[derive(Debug)]
pub struct Oracle {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts a script with Python.
    pub fn python(script: &str, arguments: &[&str]) -> Self {
        Self::start("MCP_PYTHON", "python3", script, arguments)
    }

    /// Starts a script with Node.
    pub fn node(script: &str, arguments: &[&str]) -> Self {
        Self::start("NODE", "node", script, arguments)
    }

    fn start(variable: &str, default: &str, script: &str, arguments: &[&str]) -> Self {
        let program = env::var(variable).unwrap_or_else(|_| default.into());
        let mut child = Command::new(&program)
            .arg(root().join("host-tests/oracles").join(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("`{program}` does not start ({error}): install it, or set {variable} to where it is")
            });
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self {
            child,
            stdin,
            stdout,
        }
    }

    /// Sends a batch. It does not wait, so that several programs can work at once.
    ///
    /// # Panics
    /// When the program has ended.
    pub fn ask(&mut self, texts: &[String]) {
        let mut question = serde_json::to_string(texts).expect("strings are JSON");
        question.push('\n');
        self.stdin
            .write_all(question.as_bytes())
            .expect("the program reads");
    }

    /// One answer for each text of the batch.
    ///
    /// # Panics
    /// When the program ends, or answers something else.
    pub fn answers<T: DeserializeOwned>(&mut self, texts: &[String]) -> Vec<T> {
        let mut line = String::new();
        self.stdout
            .read_line(&mut line)
            .expect("the program writes");
        let answers: Vec<T> = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{:?} answered {line:?}: {error}", self.child));
        assert_eq!(answers.len(), texts.len(), "one answer for each text");
        answers
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
