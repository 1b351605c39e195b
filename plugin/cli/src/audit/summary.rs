//! Adds up the lines of a log: who called which tool, refusals, limits that are almost used up, answers and redactions.
//!
//! It never holds a line, an argument or a message; its memory does not grow with the log.

use super::answers::{Answers, increment};
use super::approvals::ApprovalSums;
use super::counts::{
    Asked, Called, Calls, CountedBy, Peak, RedactedBy, Redactions, Refusals, RefusedBy, cut,
};
use super::moment::Moment;
use super::report::AuditReport;
use super::skipped::Skipped;
use super::tally::{Count as _, Counted, Tally};
use super::timeline::Timeline;
use crate::audit_line::{AuditLine, Counter, Decision, Event};
use std::collections::BTreeMap;

/// The most rows of a table.
const ROWS: usize = 500;
/// The share of a limit from which it is almost used up, in percent.
const NEAR: f64 = 80.0;

/// The sums of the lines of a log.
#[derive(Debug)]
pub struct Summary {
    events: BTreeMap<Event, u64>,
    first: Option<Moment>,
    last: Option<Moment>,
    timeline: Timeline,
    calls: Tally<Called, Calls>,
    refusals: Tally<RefusedBy, Refusals>,
    counters: Tally<CountedBy, Peak>,
    answers: Tally<Asked, Answers>,
    redactions: Tally<RedactedBy, Redactions>,
    approvals: ApprovalSums,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            events: BTreeMap::new(),
            first: None,
            last: None,
            timeline: Timeline::default(),
            calls: Tally::new(ROWS),
            refusals: Tally::new(ROWS),
            counters: Tally::new(ROWS),
            answers: Tally::new(ROWS),
            redactions: Tally::new(ROWS),
            approvals: ApprovalSums::new(ROWS),
        }
    }
}

impl Summary {
    /// Adds a line.
    pub fn add(&mut self, line: &AuditLine) {
        increment(self.events.entry(line.event).or_default());
        let time = Moment::read(&line.time);
        self.first = [self.first, time].into_iter().flatten().min();
        self.last = self.last.max(time);
        match line.event {
            Event::Decision => {
                self.add_decision(line, time);
                self.approvals.add_call(line);
            }
            Event::Approval => self.approvals.add_visit(line),
            Event::Response => self.add_response(line),
            Event::Answer => self.answers.of(Asked::of(line)).add(line),
            Event::Refund | Event::Later => {}
        }
    }

    /// The report on the lines that were added.
    #[must_use]
    pub fn report(self, skipped: &Skipped) -> AuditReport {
        let calls = self.calls.counted();
        AuditReport {
            first: self.first.map(Moment::text),
            last: self.last.map(Moment::text),
            events: self.events,
            total: total(&calls),
            calls,
            refusals: self.refusals.counted(),
            near_limits: self.counters.counted(),
            answers: slowest_first(self.answers),
            redactions: self.redactions.counted(),
            approvals: self.approvals.calls.counted(),
            approvers: self.approvals.approvers.counted(),
            skipped: skipped.clone(),
            timeline: self.timeline,
        }
    }

    fn add_decision(&mut self, line: &AuditLine, time: Option<Moment>) {
        let allowed = line.decision == Decision::Allow;
        if let Some(time) = time {
            self.timeline.add(time, allowed);
        }
        let calls = self.calls.of(Called::of(line));
        increment(match allowed {
            true => &mut calls.allowed,
            false => &mut calls.refused,
        });
        if allowed && !line.shadow.is_empty() {
            increment(&mut calls.shadow);
        }
        self.add_refusals(line);
        for counter in &line.counters {
            self.add_counter(counter, line);
        }
    }

    fn add_response(&mut self, line: &AuditLine) {
        if line.decision == Decision::Deny {
            increment(&mut self.calls.of(Called::of(line)).withheld);
        }
        self.add_refusals(line);
        for redacted in &line.redacted {
            let by = RedactedBy {
                kind: cut(&redacted.kind),
                rule: cut(&redacted.rule),
            };
            self.redactions.of(by).merge(Redactions {
                texts: redacted.times,
                responses: 1,
            });
        }
    }

    fn add_refusals(&mut self, line: &AuditLine) {
        let enforced = line.reason.iter().map(|reason| (reason, &line.rule, false));
        let shadow = line.shadow.iter();
        let shadow = shadow.map(|shadow| (&shadow.reason, &shadow.rule, true));
        for (reason, rule, shadow) in enforced.chain(shadow) {
            let by = RefusedBy {
                reason: cut(reason),
                rule: rule.as_deref().map(cut),
                shadow,
            };
            let caller = line.grant.as_deref().map(cut);
            self.refusals.of(by).add(caller.unwrap_or_default());
        }
    }

    fn add_counter(&mut self, counter: &Counter, line: &AuditLine) {
        if !is_near(counter.used, counter.max) {
            return;
        }
        let by = CountedBy {
            rule: cut(&counter.rule),
            caller: line.grant.as_deref().map(cut),
        };
        self.counters.of(by).merge(Peak {
            used: counter.used,
            max: counter.max,
            at: cut(&line.time),
            calls: 1,
        });
    }
}

/// Whether so much of a limit is used that it is almost used up.
fn is_near(used: f64, max: f64) -> bool {
    max > 0.0 && used >= max * NEAR / 100.0
}

fn total(calls: &Counted<Called, Calls>) -> Calls {
    let rows = calls.rows.iter().map(|row| row.count);
    let mut total = Calls::default();
    rows.chain(calls.other).for_each(|calls| total.merge(calls));
    total
}

fn slowest_first(answers: Tally<Asked, Answers>) -> Counted<Asked, Answers> {
    let mut answers = answers.counted();
    let rows = &mut answers.rows;
    rows.sort_by_key(|row| std::cmp::Reverse(row.count.latencies.percentile(95)));
    answers
}
