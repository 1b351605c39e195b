//! Turns lines of the audit log into batches for a collector, and what the collector did not take into the number of
//! lost lines.
//!
//! It calls nobody and reads no clock: the host sends the batches.

use crate::words::Millis;
use crate::words::digits::push_decimal;
use crate::words::json::ObjectLine;

/// A batch is full with so many bytes or lines.
const BATCH_BYTES: usize = 64 * 1024;
const BATCH_LINES: u64 = 256;

/// The most bytes that wait or are under way.
const MOST_BYTES: usize = 1024 * 1024;

/// The most calls of the collector at a time.
const MOST_CALLS: usize = 2;

/// The lines of one worker on their way to a collector. `C` identifies a call of the collector.
///
/// A line beyond a mebibyte is counted as lost, and so is a batch whose second call fails. The next batch begins with a
/// line that says how many were lost.
///
/// ```
/// use mcp_policy::host::{Due, LogBatches, Millis};
///
/// let mut batches = LogBatches::default();
/// batches.push(r#"{"v":1}"#);
/// assert_eq!(batches.due(), Due::Later);
/// let batch = batches.take(Millis(0), false).unwrap();
/// assert_eq!(batch.text(), "{\"v\":1}\n");
/// batches.sent(7, batch);
/// batches.answered(7, true);
/// assert_eq!(batches.due(), Due::Never);
/// ```
#[derive(Debug)]
pub struct LogBatches<C> {
    /// In their order; lines are added to the last one.
    waiting: Vec<LogBatch>,
    under_way: Vec<(C, LogBatch)>,
    bytes: usize,
    lost: u64,
    /// The lost lines that [`newly_lost`](Self::newly_lost) has not returned.
    newly_lost: u64,
    /// The last call failed.
    failing: bool,
}

/// Lines for one call of a collector.
#[derive(Debug, Default)]
pub struct LogBatch {
    text: String,
    lines: u64,
    /// The lost lines that its first line reports.
    lost: u64,
    /// Its first call failed.
    tried: bool,
}

/// When batches want to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// No line waits.
    Never,
    /// Within a second.
    Later,
    /// A batch is full.
    Now,
}

/// What the answer to a call tells the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// As the call before.
    Same,
    /// The first call that fails after those that did not.
    Fails,
    /// The first call that succeeds after those that did not.
    Works,
}

impl<C> Default for LogBatches<C> {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            under_way: Vec::new(),
            bytes: 0,
            lost: 0,
            newly_lost: 0,
            failing: false,
        }
    }
}

impl<C: PartialEq> LogBatches<C> {
    /// Adds a line, or counts it as lost where there is no room.
    pub fn push(&mut self, line: &str) {
        let bytes = self.bytes.saturating_add(line.len()).saturating_add(1);
        if bytes > MOST_BYTES {
            self.lose(1, 1);
            return;
        }
        self.bytes = bytes;
        match self.waiting.last_mut() {
            Some(last) if !last.tried && !last.is_full() => last.add(line),
            _ => {
                let mut batch = LogBatch::default();
                batch.add(line);
                self.waiting.push(batch);
            }
        }
    }

    /// Takes over all lines of another worker's part that ends, those of calls under way too: whether the collector took
    /// them is unknown, so it may get them twice. What has no room is lost.
    pub fn adopt(&mut self, other: Self) {
        self.lose(other.lost, other.newly_lost);
        for batch in other.batches() {
            let bytes = self.bytes.saturating_add(batch.text.len());
            if bytes > MOST_BYTES {
                self.lose(batch.weight(), batch.lines);
            } else {
                self.bytes = bytes;
                self.waiting.insert(0, batch);
            }
        }
    }

    /// Counts lines as lost; those in a report of lost lines were counted before.
    fn lose(&mut self, lines: u64, new: u64) {
        self.lost = self.lost.saturating_add(lines);
        self.newly_lost = self.newly_lost.saturating_add(new);
    }

    /// The number of lines that were lost since the last call.
    pub fn newly_lost(&mut self) -> u64 {
        std::mem::take(&mut self.newly_lost)
    }

    /// The number of lines that the collector does not have, as far as is known.
    pub fn unsent(&self) -> u64 {
        self.sum(LogBatch::weight).saturating_add(self.lost)
    }

    /// The number of lines that wait or are under way.
    pub fn lines(&self) -> u64 {
        self.sum(|batch| batch.lines)
    }

    fn sum(&self, number: impl Fn(&LogBatch) -> u64) -> u64 {
        let waiting = self.waiting.iter();
        let under_way = self.under_way.iter().map(|(_, batch)| batch);
        waiting
            .chain(under_way)
            .fold(0, |sum, batch| sum.saturating_add(number(batch)))
    }

    fn batches(self) -> Vec<LogBatch> {
        let mut all = self.waiting;
        all.extend(self.under_way.into_iter().map(|(_, batch)| batch));
        all
    }

    /// When a batch wants to be sent.
    pub fn due(&self) -> Due {
        let has_room = self.under_way.len() < MOST_CALLS && !self.failing;
        match self.waiting.first() {
            None => Due::Never,
            Some(first) if has_room && first.is_full() => Due::Now,
            Some(_) => Due::Later,
        }
    }

    /// The next batch to send, or the next full one. The host reports its call with [`sent`](Self::sent) or
    /// [`failed`](Self::failed). None while two calls are under way.
    pub fn take(&mut self, now: Millis, full: bool) -> Option<LogBatch> {
        let ready = self
            .waiting
            .first()
            .is_some_and(|first| !full || first.is_full());
        if !ready || self.under_way.len() >= MOST_CALLS {
            return None;
        }
        let mut batch = self.waiting.remove(0);
        if self.lost > 0 {
            let added = batch.report(std::mem::take(&mut self.lost), now);
            self.bytes = self.bytes.saturating_add(added);
        }
        Some(batch)
    }

    /// Records that this call carries the batch.
    pub fn sent(&mut self, call: C, batch: LogBatch) {
        self.under_way.push((call, batch));
    }

    /// Records the answer to a call: whether the collector took the batch.
    pub fn answered(&mut self, call: C, taken: bool) -> Turn {
        let Some(index) = self.under_way.iter().position(|(own, _)| *own == call) else {
            return Turn::Same;
        };
        let (_, batch) = self.under_way.swap_remove(index);
        if !taken {
            return self.failed(batch);
        }
        self.bytes = self.bytes.saturating_sub(batch.text.len());
        match std::mem::replace(&mut self.failing, false) {
            true => Turn::Works,
            false => Turn::Same,
        }
    }

    /// Records that the call of this batch failed. It is called once more.
    pub fn failed(&mut self, mut batch: LogBatch) -> Turn {
        if batch.tried {
            self.bytes = self.bytes.saturating_sub(batch.text.len());
            self.lose(batch.weight(), batch.lines);
        } else {
            batch.tried = true;
            self.waiting.insert(0, batch);
        }
        match std::mem::replace(&mut self.failing, true) {
            true => Turn::Same,
            false => Turn::Fails,
        }
    }
}

impl LogBatch {
    /// The lines, each with its end: NDJSON.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of lines that are lost with it.
    fn weight(&self) -> u64 {
        self.lines.saturating_add(self.lost)
    }

    fn is_full(&self) -> bool {
        self.text.len() >= BATCH_BYTES || self.lines >= BATCH_LINES
    }

    fn add(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines = self.lines.saturating_add(1);
    }

    /// Puts the number of lost lines in front. Returns the number of added bytes.
    fn report(&mut self, lost: u64, now: Millis) -> usize {
        let mut line = ObjectLine::new();
        line.json("v", "1");
        line.text("event", "lost");
        let time = line.name("time");
        time.push('"');
        now.push_rfc3339(time);
        time.push('"');
        push_decimal(line.name("lost"), lost, 1);
        let mut line = line.end();
        line.push('\n');
        self.text.insert_str(0, &line);
        self.lost = self.lost.saturating_add(lost);
        line.len()
    }
}

#[cfg(test)]
#[path = "log_batches_tests.rs"]
mod tests;
