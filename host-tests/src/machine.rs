//! Says where and when something was measured, and how much memory a process takes.
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

/// The memory of a running process in bytes, by a field of Linux's `status`: `VmRSS` or `VmHWM`.
///
/// # Panics
/// When the process is gone.
pub fn memory(pid: u32, field: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let mut lines = status.lines().filter_map(|line| line.split_once(':'));
    let kibibytes = lines.find_map(|(own, value)| (own == field).then_some(value.trim()));
    let kibibytes = kibibytes.and_then(|value| value.strip_suffix(" kB")?.parse::<usize>().ok());
    kibibytes.expect("its memory").saturating_mul(1024)
}

/// The output of a program; empty if it cannot be run.
pub fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().into(),
    )
}
