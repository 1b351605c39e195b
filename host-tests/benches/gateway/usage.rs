//! Reads from Linux what a process has used so far.
//!
//! It never touches the process.

use std::fs;
use std::time::Duration;

/// The time that all threads of the process have been running, in user space and in the kernel.
pub(crate) fn cpu(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let running = |thread: std::io::Result<fs::DirEntry>| {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ')
            .next()?
            .parse()
            .ok()
            .map(Duration::from_nanos)
    };
    threads.filter_map(running).sum()
}

/// The memory that the process holds, in bytes.
pub(crate) fn memory(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.expect("Linux tells VmRSS").trim();
    let kib: usize = kib.trim_end_matches(" kB").parse().expect("a number");
    kib * 1024
}
