//! Counts the ends of forwarded requests of one tool: their kinds, their times.
//!
//! It never holds an answer.

use super::latencies::Latencies;
use super::tally::{Count, add_all};
use crate::audit_line::AuditLine;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// The ends of forwarded requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) all: u64,
    pub(super) tool_errors: u64,
    pub(super) errors: u64,
    pub(super) unread: u64,
    /// Exchanges that ended without an answer.
    pub(super) without: u64,
    /// Those of all these whose status is 400 or more.
    pub(super) bad_status: u64,
    /// Those that failed in any of these ways.
    pub(super) failed: u64,
    pub(super) latencies: Latencies,
}

impl Answers {
    pub(super) fn add(&mut self, line: &AuditLine) {
        let kind = match line.answer.as_deref() {
            Some("tool_error") => Some(&mut self.tool_errors),
            Some("error") => Some(&mut self.errors),
            Some("unread") => Some(&mut self.unread),
            None => Some(&mut self.without),
            Some(_) => None,
        };
        let is_unread = line.answer.as_deref() == Some("unread");
        let bad_status = line.status.is_some_and(|status| status >= 400);
        let failed = bad_status || (kind.is_some() && !is_unread);
        kind.into_iter().for_each(increment);
        increment(&mut self.all);
        if bad_status {
            increment(&mut self.bad_status);
        }
        if failed {
            increment(&mut self.failed);
        }
        if let Some(millis) = line.latency_ms {
            self.latencies.add(millis);
        }
    }

    /// Failed requests, in percent.
    pub(super) fn failed_percent(&self) -> u64 {
        let hundred = self.failed.saturating_mul(100);
        hundred.div_ceil(self.all.max(1))
    }
}

pub(super) fn increment(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl Count for Answers {
    fn merge(&mut self, other: Self) {
        add_all([
            (&mut self.all, other.all),
            (&mut self.tool_errors, other.tool_errors),
            (&mut self.errors, other.errors),
            (&mut self.unread, other.unread),
            (&mut self.without, other.without),
            (&mut self.bad_status, other.bad_status),
            (&mut self.failed, other.failed),
        ]);
        self.latencies.merge(other.latencies);
    }

    fn weight(&self) -> u64 {
        self.all
    }
}

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Answers", 9)?;
        object.serialize_field("answers", &self.all)?;
        object.serialize_field("failed", &self.failed)?;
        object.serialize_field("tool_errors", &self.tool_errors)?;
        object.serialize_field("errors", &self.errors)?;
        object.serialize_field("unread", &self.unread)?;
        object.serialize_field("without_answer", &self.without)?;
        object.serialize_field("bad_status", &self.bad_status)?;
        object.serialize_field("p50_ms", &self.latencies.percentile(50))?;
        object.serialize_field("p95_ms", &self.latencies.percentile(95))?;
        object.end()
    }
}
