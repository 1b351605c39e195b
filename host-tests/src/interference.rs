//! Measures the load of other programs during a measurement, which limits the trust in its figures.
//!
//! It never inspects other programs: it subtracts the measurement's own time from the machine's.

use std::fs;
use std::process;
use std::thread;
use std::time::Instant;

/// The time that was used before the measurement began.
#[derive(Debug)]
pub struct Interference {
    start: Instant,
    machine: u64,
    own: u64,
}

/// Ticks in a second: Linux counts in hundredths of a second.
const TICKS: f64 = 100.0;

impl Interference {
    /// Begins now. The processes are those that are measured, beside this one.
    ///
    /// # Panics
    /// When the machine does not tell its times.
    #[expect(clippy::disallowed_methods, reason = "it measures time")]
    pub fn begin(processes: &[u32]) -> Self {
        Self {
            start: Instant::now(),
            machine: machine(),
            own: own(processes),
        }
    }

    /// The part of the processors' time that others have used since, from 0 to 1. The processes are the same.
    ///
    /// # Panics
    /// When one of the processes has ended.
    pub fn end(self, processes: &[u32]) -> f64 {
        let used = (machine() - self.machine).saturating_sub(own(processes) - self.own);
        let processors = thread::available_parallelism().map_or(1, usize::from);
        used as f64 / TICKS / self.start.elapsed().as_secs_f64() / processors as f64
    }
}

/// Ticks in which a processor was busy, or taken by another machine.
fn machine() -> u64 {
    const IDLE: [usize; 2] = [3, 4];
    let text = fs::read_to_string("/proc/stat").expect("Linux tells it");
    let figures = text.lines().next().unwrap_or_default().split_whitespace();
    // user, nice, system, idle, waiting, two kinds of interrupts, stolen. The time of guests is part of user.
    let figures = figures.skip(1).take(8).map(|ticks| ticks.parse::<u64>());
    let busy = figures.enumerate().filter(|(at, _)| !IDLE.contains(at));
    busy.map(|(_, ticks)| ticks.expect("a number")).sum()
}

fn own(processes: &[u32]) -> u64 {
    let processes = processes.iter().copied();
    processes.chain([process::id()]).map(ticks).sum()
}

/// Ticks that a process has used, including its ended threads.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The second field is a name in brackets, which may contain spaces. The times are the 14th and the 15th field.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let times = fields.split_whitespace().skip(11).take(2);
    times
        .map(|ticks| ticks.parse::<u64>().expect("a number"))
        .sum()
}
