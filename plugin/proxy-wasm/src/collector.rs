//! Turns lines of the audit log into calls of a collector, an HTTP server behind a cluster of the host.
//!
//! It never keeps a request waiting: it sends from the timer, and what the collector does not take is counted.

use crate::host;
use crate::host_call;
use crate::metrics;
use crate::timer::{Part, Timer};
use mcp_policy::host::{Due, HttpEndpoint, LogBatch, LogBatches, Millis, Turn};
use std::cell::Cell;
use std::rc::{Rc, Weak};

/// The interval at which lines are sent, in milliseconds.
const INTERVAL: u32 = 1000;

const LINES: [(&str, &str); 1] = [("content-type", "application/x-ndjson")];

/// As soon as the timer can: a call that a stream makes would end with that stream.
const AT_ONCE: u32 = 1;

thread_local! {
    /// The collectors of the VM by their root contexts. A worker is a VM of its own, with one thread.
    static COLLECTORS: Cell<Vec<(u32, Weak<Collector>)>> = Cell::default();
}

/// The lines of one worker on their way to the collector.
pub(crate) struct Collector {
    to: HttpEndpoint,
    timer: Rc<Timer>,
    batches: Cell<LogBatches<u32>>,
    /// The host has no timer, which was logged.
    stopped: Cell<bool>,
}

impl Collector {
    /// The collector of this root context, to whose calls the host answers.
    pub(crate) fn new(root: u32, to: HttpEndpoint, timer: Rc<Timer>) -> Rc<Self> {
        let collector = Rc::new(Self {
            to,
            timer,
            batches: Cell::default(),
            stopped: Cell::new(false),
        });
        let mut all = COLLECTORS.take();
        all.retain(|(id, known)| *id != root && known.strong_count() > 0);
        all.push((root, Rc::downgrade(&collector)));
        COLLECTORS.set(all);
        collector
    }

    pub(crate) fn push(&self, line: &str) {
        self.with(|batches| batches.push(line));
        self.schedule();
    }

    /// Sends all that waits, or the full batches where one called for the timer.
    pub(crate) fn tick(&self) {
        let due = self.with(|batches| batches.due());
        self.send(due == Due::Now);
        self.schedule();
    }

    fn answered(&self, call: u32) {
        let taken = host_call::call_succeeded();
        let turn = self.with(|batches| batches.answered(call, taken));
        self.tell(turn, "refused a batch, or did not answer");
        if taken {
            self.send(true);
        }
        self.schedule();
    }

    fn send(&self, full: bool) {
        let now = host::now().unwrap_or(Millis(u64::MAX));
        while let Some(batch) = self.with(|batches| batches.take(now, full)) {
            if !self.call(batch) {
                return;
            }
        }
    }

    /// Sends one batch. False where the host did not even try.
    fn call(&self, batch: LogBatch) -> bool {
        match host_call::http_post(&self.to, &LINES, batch.text().as_bytes()) {
            Ok(call) => self.with(|batches| batches.sent(call, batch)),
            Err(status) => {
                let turn = self.with(|batches| batches.failed(batch));
                self.tell(turn, &format!("cannot be called ({status:?})"));
                return false;
            }
        }
        true
    }

    fn schedule(&self) {
        let millis = match self.with(|batches| batches.due()) {
            Due::Never => 0,
            Due::Later => INTERVAL,
            Due::Now => AT_ONCE,
        };
        if self.timer.set(Part::Collector, millis).is_err() && !self.stopped.replace(true) {
            host::log_error("mcp-policy: this host has no timer, so no line reaches the collector");
        }
    }

    /// Logs once that the collector fails, and once that it works again.
    fn tell(&self, turn: Turn, why: &str) {
        let cluster = &self.to.cluster;
        match turn {
            Turn::Same => {}
            Turn::Fails => host::log_error(&format!(
                "mcp-policy: the collector `{cluster}` {why}; lines that it does not take are counted, and are in this log"
            )),
            Turn::Works => host::log_info(&format!(
                "mcp-policy: the collector `{cluster}` takes lines again"
            )),
        }
    }

    /// Calls `use_it` with the batches, which makes no call of the host, and counts the lines that are lost.
    fn with<T>(&self, use_it: impl FnOnce(&mut LogBatches<u32>) -> T) -> T {
        let mut batches = self.batches.take();
        let result = use_it(&mut batches);
        let lost = batches.newly_lost();
        self.batches.set(batches);
        metrics::lost(lost);
        result
    }
}

/// A reload of the policy ends a collector. The one that follows in the same VM sends its lines, with the next of its own:
/// the timer here would be that of the root context that ends.
impl Drop for Collector {
    fn drop(&mut self) {
        let left = self.batches.take();
        let unsent = left.unsent();
        if unsent == 0 {
            return;
        }
        match self.heir() {
            Some(heir) => heir.with(|batches| batches.adopt(left)),
            None => {
                metrics::lost(left.lines());
                host::log_error(&format!(
                    "mcp-policy: {unsent} lines did not reach the collector `{}`; they are in this log",
                    self.to.cluster
                ));
            }
        }
    }
}

impl Collector {
    fn heir(&self) -> Option<Rc<Self>> {
        let all = COLLECTORS.take();
        let mut living = all.iter().filter_map(|(_, collector)| collector.upgrade());
        let heir = living
            .find(|other| (&other.to.cluster, &other.to.path) == (&self.to.cluster, &self.to.path));
        COLLECTORS.set(all);
        heir
    }
}

/// Hands the host's answer to the collector of this root context. Answers to calls of one that is gone are ignored.
pub(crate) fn answered(root: u32, call: u32) {
    let all = COLLECTORS.take();
    let found = all.iter().find(|(id, _)| *id == root);
    let collector = found.and_then(|(_, collector)| collector.upgrade());
    COLLECTORS.set(all);
    if let Some(collector) = collector {
        collector.answered(call);
    }
}
