//! Turns the name of a target into the program and the wheel that `make binaries` leaves for it.
//!
//! It never builds them.

use host_tests::require::{AARCH64, Need, X86_64};
use host_tests::root;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The processors that a program for Linux exists for, and the program.
pub(crate) const LINUX: [(&str, Need); 2] = [("x86_64", X86_64), ("aarch64", AARCH64)];

/// The processor of this machine.
///
/// # Panics
/// When there is no program for it.
pub(crate) fn own() -> (&'static str, Need) {
    let own = |(processor, _): &(&str, Need)| *processor == std::env::consts::ARCH;
    LINUX
        .into_iter()
        .find(own)
        .expect("a program for this processor")
}

/// The program for Linux on a processor.
pub(crate) fn program(processor: &str) -> PathBuf {
    let name = format!("target/dist/bin/mcp-policy-{processor}-unknown-linux-musl");
    root().join(name)
}

/// The only wheel for a processor.
pub(crate) fn wheel(processor: &str) -> PathBuf {
    let folder = fs::read_dir(root().join("target/dist/python")).expect("the folder of wheels");
    let end = format!("_{processor}.whl");
    let paths = folder.flatten().map(|entry| entry.path());
    let mut wheels = paths.filter(|path| path.to_string_lossy().ends_with(&end));
    let wheel = wheels.next().expect("a wheel");
    assert_eq!(wheels.next(), None, "an old wheel is left beside {wheel:?}");
    wheel
}

/// The output of a command without input.
pub(crate) fn output(command: &mut Command) -> Output {
    let command = command.stdin(Stdio::null());
    let output = command.output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The standard output of a command that succeeds.
pub(crate) fn told(command: &mut Command) -> String {
    let output = output(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{text}{errors}");
    text
}
