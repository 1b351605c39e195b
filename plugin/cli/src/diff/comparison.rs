//! Replays a log under two policies side by side.
//!
//! It never reports a difference that depends on an unrecorded fact.

use super::call::{Call, Verdict};
use super::crowd::Crowd;
use super::log::{self, Line};
use super::options::Options;
use super::policy_replay::PolicyReplay;
use super::report::DiffReport;
use super::rules::Rules;
use crate::audit_line::LineReader;
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::source_map::pointer_token;
use mcp_policy::host::Millis;
use mcp_policy_cases::caller::matched;

/// Finds the recorded calls that two policies decide differently.
///
/// Lines are those of the audit log, with or without the prefix of a host, or JSON-RPC requests. Both policies begin to
/// count with the first line.
///
/// # Errors
/// The first mistake of a policy; a grant that neither policy has.
pub fn diff(old: &Input, new: &Input, log: &Input, options: &Options) -> CommandResult<DiffReport> {
    let replays = (PolicyReplay::read(old)?, PolicyReplay::read(new)?);
    if let Some(grant) = &options.grant {
        let has = |replay: &PolicyReplay| matched(&replay.document, "grants", grant).map(drop);
        has(&replays.0)
            .or_else(|_| has(&replays.1))
            .map_err(|error| CommandError::about(&new.name, error))?;
    }
    Ok(DiffReport {
        log: log.name.clone(),
        ..compare(replays, &String::from_utf8_lossy(&log.bytes), options)
    })
}

pub(super) fn compare(
    (old, new): (PolicyReplay, PolicyReplay),
    log: &str,
    options: &Options,
) -> DiffReport {
    let start = Millis(0);
    let mut comparison = Comparison {
        old,
        new,
        start,
        grant: options.grant.clone(),
        report: DiffReport::default(),
    };
    let mut reader = LineReader::default();
    for (number, line) in (1..).zip(log.lines()) {
        comparison.add(number, log::read(number, line, &mut reader));
    }
    comparison.report
}

struct Comparison {
    old: PolicyReplay,
    new: PolicyReplay,
    /// The time of calls without a recorded time.
    start: Millis,
    /// The grant whose calls are reported; those of all if there is none.
    grant: Option<String>,
    report: DiffReport,
}

impl Comparison {
    fn add(&mut self, number: usize, line: Line) {
        match line {
            Line::Call(call) => self.call_of_grant(call),
            Line::Unruled => self.report.add_same(),
            Line::UnknownCaller if self.callers_are_the_same() => self.report.add_same(),
            Line::UnknownCaller => self.undecidable("the caller was not recorded".into(), number),
            Line::Undecidable(why) => self.undecidable(why, number),
            Line::Other => self.report.add_other(),
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
        if let Some(why) = self.unknown_party(&call) {
            return self.undecidable(why, call.line);
        }
        let documents = [&self.old.document, &self.new.document];
        let Some(crowd) = Crowd::of(&call, documents) else {
            return self.undecidable("the caller was not recorded".into(), call.line);
        };
        let calls = crowd.calls.iter();
        let judged: Vec<_> = calls.map(|one| self.judge(one, &crowd)).collect();
        let differ = judged.iter().any(|one| *one != Judged::Same);
        // A line that names its caller is one call, at one of the servers.
        if call.caller.is_some() && crowd.several_servers && differ {
            let why = "the server was not recorded".into();
            return self.report.add_undecidable(why, call.line);
        }
        self.add_judged(call.line, crowd.calls.into_iter().zip(judged));
    }

    fn judge(&mut self, call: &Call, crowd: &Crowd) -> Judged {
        let old = self.old.judge(call, self.start, crowd);
        let new = self.new.judge(call, self.start, crowd);
        match (old, new) {
            (Ok(old), Ok(new)) if old.allowed == new.allowed => Judged::Same,
            (Ok(old), Ok(new)) => Judged::Changed(old, new),
            _ if self.rules_are_the_same(call) => Judged::Same,
            (Err(why), _) | (_, Err(why)) => Judged::Undecidable(why),
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

    /// Why a recorded caller or server may be another one, or none, under the other policy.
    fn unknown_party(&self, call: &Call) -> Option<String> {
        let caller = call.caller.as_ref();
        let grant = caller.map(|name| format!("/grants/{}/match", pointer_token(name)));
        let server = call.server.as_ref();
        let server = server.map(|name| format!("/servers/{}/match", pointer_token(name)));
        let [old, new] = [&self.old.document, &self.new.document];
        let both = |at: &str| Some((old.pointer(at)?, new.pointer(at)?));
        let mut matched = [&grant, &server].into_iter().flatten();
        let differs = matched.find(|at| both(at).is_some_and(|(old, new)| old != new));
        // Grants read no source of identities.
        let is_granted = grant.as_deref().is_some_and(|at| both(at).is_some());
        let identity = match is_granted {
            true => &["/identity/issuers"][..],
            false => &["/identity/issuers", "/identity/from", "/identity/anonymous"],
        };
        let mut identity = identity.iter().filter(|_| caller.is_some());
        let identity = identity.find(|at| old.pointer(at) != new.pointer(at));
        let at = differs.map(String::as_str).or_else(|| identity.copied())?;
        Some(format!(
            "{at} differs, and no call is recorded with what it reads"
        ))
    }

    fn undecidable(&mut self, why: String, line: usize) {
        self.old.doubt_everything();
        self.new.doubt_everything();
        self.report.add_undecidable(why, line);
    }

    fn callers_are_the_same(&self) -> bool {
        self.are_the_same(&["grants", "identity"])
    }

    fn are_the_same(&self, keys: &[&str]) -> bool {
        let mut keys = keys.iter();
        keys.all(|key| self.old.document.get(key) == self.new.document.get(key))
    }

    /// For any content of the call, both policies have the same rules for it, and no count of theirs could differ.
    fn rules_are_the_same(&self, call: &Call) -> bool {
        let old = Rules::of(call, &self.old.document);
        old == Rules::of(call, &self.new.document)
            && (self.are_the_same(&TABLES) || !old.count_calls())
    }
}

/// The members of a policy whose rules count calls.
const TABLES: [&str; 6] = [
    "tools",
    "prompts",
    "resources",
    "grants",
    "policies",
    "servers",
];

/// How the two policies decide a call.
#[derive(PartialEq)]
enum Judged {
    Same,
    Changed(Verdict, Verdict),
    /// The reason.
    Undecidable(String),
}
