//! Says where and when something was measured.
//!
//! It never measures anything itself.

use std::fs;
use std::process::Command;

/// The date, in UTC.
pub fn today() -> String {
    output("date", &["-u", "+%Y-%m-%d"])
}

/// The processors and the kernel.
pub fn describe() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name"))
        .collect();
    let model = models
        .first()
        .map_or("", |model| model.trim_start_matches(['\t', ':', ' ']));
    format!(
        "{} × {model}, Linux {}",
        models.len(),
        output("uname", &["-r"])
    )
}

/// What a program prints; nothing if it cannot be run.
pub fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().into(),
    )
}
