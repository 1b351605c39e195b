//! Reads the CPU time of a process from Linux.
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
