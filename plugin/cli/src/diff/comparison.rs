//! Replays a log under a policy, beside another policy or beside what the log decided.
//!
//! It never reports a difference that depends on an unrecorded fact.

use super::call::{Call, Verdict};
use super::crowd::Crowd;
use super::log::{self, Line};
use super::options::Options;
use super::outcome::Requests;
use super::party::{Callers, Party, Policies};
use super::policy_replay::{PolicyReplay, Seen};
use super::record::{decided, disagreement};
use super::report::DiffReport;
use crate::audit_line::LineReader;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use mcp_policy::host::Millis;
use mcp_policy_cases::caller::matched;

/// Finds the recorded calls that two policies decide differently; without `old`, those that the new policy decides otherwise
/// than the log did.
///
/// Lines are those of the audit log, with or without the prefix of a host, or JSON-RPC requests. Policies begin to count with
/// the first line.
///
/// # Errors
/// The first mistake of a policy; a grant that no policy has.
pub fn diff(
    old: Option<&Input>,
    new: &Input,
    log: &Input,
    options: &Options,
) -> CommandResult<DiffReport> {
    let old = old.map(PolicyReplay::read).transpose()?;
    let replays = (old, PolicyReplay::read(new)?);
    if let Some(grant) = &options.grant {
        let has = |replay: &PolicyReplay| matched(&replay.document, "grants", grant).map(drop);
        let in_old = replays.0.as_ref().is_some_and(|old| has(old).is_ok());
        let in_new = has(&replays.1);
        if !in_old {
            in_new.map_err(|error| CommandError::about(&new.name, error))?;
        }
    }
    Ok(DiffReport {
        log: log.name.clone(),
        deny_undecidable: options.deny_undecidable,
        ..compare(replays, &String::from_utf8_lossy(&log.bytes), options)
    })
}

pub(super) fn compare(
    (old, new): (Option<PolicyReplay>, PolicyReplay),
    log: &str,
    options: &Options,
) -> DiffReport {
    let start = Millis(0);
    let mut comparison = Comparison {
        old,
        new,
        known: Callers::default(),
        start,
        grant: options.grant.clone(),
        report: DiffReport::default(),
    };
    let (mut reader, requests) = (LineReader::default(), Requests::of(log));
    for (number, line) in (1..).zip(log.lines()) {
        comparison.add(number, log::read(number, line, &mut reader, &requests));
    }
    comparison.report
}

struct Comparison {
    /// `None` where the new policy is compared with what the log decided.
    old: Option<PolicyReplay>,
    new: PolicyReplay,
    known: Callers,
    /// The time of calls without a recorded time.
    start: Millis,
    /// The grant whose calls are reported; those of all if there is none.
    grant: Option<String>,
    report: DiffReport,
}

impl Comparison {
    fn add(&mut self, number: usize, line: Line) {
        let unknown_caller = || "the caller was not recorded".to_owned();
        match line {
            Line::Call(call) => self.call_of_grant(*call),
            Line::Unruled => self.report.add_same(),
            Line::UnknownCaller(by) if self.policies().refuse_alike(by.as_deref()) => {
                self.report.add_same();
            }
            Line::UnknownCaller(_) => self.undecidable(unknown_caller(), number, None),
            Line::Undecidable(why, at) => self.undecidable(why, number, at),
            Line::End(id, at) => {
                self.refund(id.as_deref(), at);
                self.report.add_other();
            }
            Line::Other => self.report.add_other(),
        }
    }

    fn policies(&self) -> Policies<'_> {
        Policies {
            old: self.old.as_ref(),
            new: &self.new,
            known: &self.known,
        }
    }

    /// Gives back counts; without an id the call is unknown.
    fn refund(&mut self, id: Option<&str>, at: Option<Millis>) {
        for replay in self.old.iter_mut().chain([&mut self.new]) {
            match id {
                Some(id) => replay.refund(id, at),
                None => replay.doubt_everything(at),
            }
        }
    }

    /// Calls of other callers are played, since they may be counted with those of the grant, and not reported.
    fn call_of_grant(&mut self, mut call: Call) {
        // Only the lines of a log have a time.
        if call.at.is_none() && call.caller.is_none() {
            call.caller.clone_from(&self.grant);
        }
        let is_other = self.grant.is_some() && call.caller.is_some() && call.caller != self.grant;
        if !is_other {
            return self.call(call);
        }
        let report = std::mem::take(&mut self.report);
        self.call(call);
        self.report = report;
        self.report.add_of_others();
    }

    /// A line without a caller or a server stands for a call of each kind of them.
    fn call(&mut self, call: Call) {
        let party = match self.policies().party(&call) {
            Ok(party) => party,
            Err(why) => return self.undecidable(why, call.line, call.at),
        };
        let Some(crowd) = Crowd::of(&call, self.policies().documents()) else {
            let why = "the caller was not recorded".into();
            return self.undecidable(why, call.line, call.at);
        };
        let calls = crowd.calls.iter();
        let judged: Vec<_> = calls.map(|one| self.judge(one, &crowd, &party)).collect();
        let differ = judged.iter().any(|one| *one != Judged::Same);
        // A line that names its caller is one call, at one of the servers.
        if call.caller.is_some() && crowd.several_servers && differ {
            let why = "the server was not recorded".into();
            return self.report.add_undecidable(why, call.line);
        }
        self.add_judged(call.line, crowd.calls.into_iter().zip(judged));
    }

    fn judge(&mut self, call: &Call, crowd: &Crowd, party: &Party) -> Judged {
        let record = self.policies().record(call).cloned();
        // A refused call has no outcome that lines could tell of.
        let ran = record.as_ref().is_some_and(|record| record.allowed);
        let is_decider = call.verdict_of(&self.new.hash).is_some();
        let old = self.old.as_mut().map(|old| {
            let seen = Seen::of_decider(ran);
            let verdict = old.judge(call, self.start, crowd, seen);
            (verdict, old.refunds())
        });
        let seen = match &old {
            Some((_, refunds)) => Seen::of_other(refunds.filter(|_| ran)),
            None => Seen::of_decider(ran && is_decider),
        };
        let new = self.judge_new(call, crowd, (party, seen));
        let old = old.map(|(verdict, _)| verdict);
        let replayed = old.as_ref().or_else(|| Some(&new).filter(|_| is_decider));
        if let Some(why) = disagreement(record.as_ref(), replayed) {
            let replays = self.old.iter_mut().chain([&mut self.new]);
            replays.for_each(|replay| replay.doubt_last(call, crowd));
            return Judged::Undecidable(why);
        }
        match (decided(record, old), new) {
            (Ok(old), Ok(new)) if old.is_like(&new) => Judged::Same,
            (Ok(old), Ok(new)) => Judged::Changed(old, new),
            _ if self.policies().have_same_rules(call) => Judged::Same,
            (Err(why), _) | (_, Err(why)) => Judged::Undecidable(why),
        }
    }

    fn judge_new(
        &mut self,
        call: &Call,
        crowd: &Crowd,
        (party, seen): (&Party, Seen),
    ) -> Result<Verdict, String> {
        match party {
            Party::Same => self.new.judge(call, self.start, crowd, seen),
            Party::Other(name) => {
                let call = Call {
                    caller: Some(name.clone()),
                    ..call.clone()
                };
                self.new.judge(&call, self.start, crowd, seen)
            }
            Party::Refused => Ok(Verdict::refused_by("/grants")),
        }
    }

    /// Reports every change; where there is none, the line once.
    fn add_judged(&mut self, line: usize, judged: impl Iterator<Item = (Call, Judged)>) {
        let (mut is_changed, mut doubt) = (false, None);
        for (call, judged) in judged {
            match judged {
                Judged::Same => {}
                Judged::Undecidable(why) => doubt = doubt.or(Some(why)),
                Judged::Changed(old, new) => {
                    is_changed = true;
                    self.report.add_change(call, old, new);
                }
            }
        }
        match doubt {
            _ if is_changed => {}
            Some(why) => self.report.add_undecidable(why, line),
            None => self.report.add_same(),
        }
    }

    fn undecidable(&mut self, why: String, line: usize, at: Option<Millis>) {
        for replay in self.old.iter_mut().chain([&mut self.new]) {
            replay.doubt_everything(at);
        }
        self.report.add_undecidable(why, line);
    }
}

/// How a call is decided on both sides.
#[derive(PartialEq)]
enum Judged {
    Same,
    Changed(Verdict, Verdict),
    /// The reason.
    Undecidable(String),
}
