//! Runs a program beside the tests: a server, or a client that performs checks.
//!
//! It never waits without a limit, and leaves no process behind.

use crate::root;
use crate::wire::Deadline;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The time for an interpreter to import an SDK and listen, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);
/// The time for all checks of one client, on a busy machine.
const STORY_LIMIT: Duration = Duration::from_secs(180);
/// The last line of a program that did not end in time.
const LATE: &str = "nothing more came in time";

/// Lets a command run in the root of the repository as from a shell: without what `make` and `cargo`, which run the tests, hand
/// down. Build scripts read it, and would run again.
pub fn on_its_own(command: &mut Command) -> &mut Command {
    let inherited = std::env::vars_os().map(|(name, _)| name);
    let of_build = [
        "MAKEFLAGS",
        "MFLAGS",
        "MAKELEVEL",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
    ];
    for name in inherited {
        let text = name.to_string_lossy();
        if of_build.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    command.current_dir(root())
}

/// A running program. Dropping it ends the process.
#[derive(Debug)]
pub struct Program {
    child: Child,
    output: Receiver<String>,
    // Read all the time, because a program blocks on a full pipe.
    errors: Option<JoinHandle<String>>,
}

impl Program {
    /// Starts a file of `clients/` with the interpreter that a variable names.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(interpreter: &str, file: &str, arguments: &[&str]) -> Self {
        Self::at(
            interpreter,
            &root().join("host-tests/clients").join(file),
            arguments,
        )
    }

    /// Starts any other file.
    ///
    /// # Panics
    /// When the interpreter is missing.
    pub fn at(interpreter: &str, file: &Path, arguments: &[&str]) -> Self {
        let Some(command) = std::env::var_os(interpreter).filter(|value| !value.is_empty()) else {
            panic!("{interpreter} is not set: run this through `make test`")
        };
        let mut command = Command::new(&command);
        command.arg(file).args(arguments);
        // Otherwise Python writes its bytecode beside the sources.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("PYTHONIOENCODING", "utf-8");
        Self::run(command)
    }

    /// Runs a file in Node with these options on its standard input, and returns the JSON of each line that it prints. A line that
    /// is no JSON is `{"printed": …}`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn lines_of(file: &Path, options: &Value) -> Vec<Value> {
        let mut program = Self::at("NODE", file, &[]);
        program.tell(&options.to_string());
        let told = program.told().into_iter();
        let read = |line: String| serde_json::from_str(&line).unwrap_or(json!({ "printed": line }));
        told.map(read).collect()
    }

    /// Runs any command.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run(mut command: Command) -> Self {
        let mut child = command
            // Open while this process lives, so that a server ends with it.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{command:?} could not be started: {error}; run this through `make test`")
            });
        let stdout = child.stdout.take().expect("it is piped");
        let mut stderr = child.stderr.take().expect("it is piped");
        let (sender, output) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            // The receiver is gone once the test has failed.
            let _ = lines.map(|line| sender.send(line)).find(Result::is_err);
        });
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self {
            child,
            output,
            errors: Some(errors),
        }
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The port in the first line of the server's output.
    ///
    /// # Panics
    /// When the line is missing.
    pub fn port(&mut self) -> u16 {
        let line = self.output.recv_timeout(START_LIMIT).unwrap_or_default();
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        let port = ready["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok());
        port.unwrap_or_else(|| {
            panic!(
                "the server did not start: {line}\n{}\nare the SDKs installed? run this through `make test`",
                self.errors()
            )
        })
    }

    /// Writes the whole input of the program.
    ///
    /// # Panics
    /// When it was given before.
    pub fn tell(&mut self, input: &str) {
        let mut stdin = self.child.stdin.take().expect("it is piped");
        // A program that ended before it read this is detected by its missing output.
        let _ = stdin.write_all(input.as_bytes());
    }

    /// Writes a line of the input, for a program that reads them one by one.
    ///
    /// # Panics
    /// When the whole input was given before.
    pub fn write_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("it is piped");
        // A program that ended before it read this is detected by its missing output.
        let _ = writeln!(stdin, "{line}");
    }

    /// The next line of the output; `None` where the program ends first, or the time is up.
    pub fn read_line(&self) -> Option<String> {
        self.output.recv_timeout(STORY_LIMIT).ok()
    }

    /// All lines of the program's output, and its errors last if it failed.
    pub fn told(&mut self) -> Vec<String> {
        let mut lines = self.lines();
        // A program that has closed its output is about to end.
        let ended = lines.last().is_some_and(|line| line != LATE);
        if !(ended && self.child.wait().is_ok_and(|status| status.success())) {
            lines.push(self.errors());
        }
        lines
    }

    /// All lines until the program closes its output, or the time is up.
    fn lines(&self) -> Vec<String> {
        let deadline = Deadline::after(STORY_LIMIT);
        let mut lines = Vec::new();
        loop {
            let left = deadline.left().unwrap_or_default();
            match self.output.recv_timeout(left) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => return lines,
                Err(RecvTimeoutError::Timeout) => {
                    lines.push(LATE.into());
                    return lines;
                }
            }
        }
    }

    /// Ends the program, and returns its standard error.
    pub fn errors(&mut self) -> String {
        self.end();
        let errors = self.errors.take().map(JoinHandle::join);
        errors.and_then(Result::ok).unwrap_or_default()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}
