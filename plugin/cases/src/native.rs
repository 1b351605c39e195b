//! The engine itself as a host: no WebAssembly, shared data in a map.
//!
//! It never lets counters outlive the player that they belong to.

use crate::arrival::Arrival;
use crate::case::{Case, Step};
use crate::respond::{Received, Respond};
use crate::seen::{Observed, Outcome, Seen, problem_of};
use crate::split::Split;
use mcp_policy::{
    Audit, Cells, Event, Exchange, Facts, Finding, Millis, Next, Policy, PolicyError, Reason,
    Response, Said, Store, Unavailable, Version,
};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Shared data in memory, versions counted as Envoy counts them.
#[derive(Debug, Default)]
pub struct Memory {
    cells: HashMap<String, (Vec<u8>, u32)>,
    writes: u32,
    /// The key that was written last.
    pub last_key: String,
}

impl Memory {
    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.cells.len()
    }

    /// How many bytes keys and values take.
    pub fn bytes(&self) -> usize {
        self.cells
            .iter()
            .map(|(key, (value, _))| key.len().saturating_add(value.len()))
            .sum()
    }
}

impl Cells for Memory {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        Ok(self
            .cells
            .get(key)
            .map(|(bytes, version)| (bytes.clone(), Version(*version))))
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let present = self.cells.get(key).map(|(_, version)| Version(*version));
        if present != version {
            return Ok(false);
        }
        self.writes = self.writes.saturating_add(1);
        self.last_key = key.into();
        self.cells.insert(key.into(), (bytes.into(), self.writes));
        Ok(true)
    }
}

/// The engine under one policy, with counters that last as long as it does.
#[derive(Debug)]
pub struct Player {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
}

/// What came of one request.
#[derive(Clone, Debug)]
pub struct Played {
    /// What a client and an operator see.
    pub seen: Seen,
    /// Every rule that was looked at.
    pub findings: Vec<Finding>,
    /// The line of the log.
    pub line: String,
}

impl Player {
    /// Begins with empty counters.
    ///
    /// # Errors
    /// Every mistake in the policy.
    pub fn new(policy: &[u8]) -> Result<Self, Vec<PolicyError>> {
        let policy = Arc::new(Policy::parse(policy)?);
        let mut memory = Memory::default();
        #[allow(
            clippy::expect_used,
            reason = "`Memory` never says that it is unavailable"
        )]
        let store = Store::prepare(&mut memory, "test", &policy, [7; 16]).expect("memory");
        Ok(Self {
            policy,
            store,
            memory,
        })
    }

    /// Plays a request at a time.
    ///
    /// # Errors
    /// When what was seen makes no sense.
    pub fn play(&mut self, step: &Step, split: Split, now: Millis) -> Result<Played, String> {
        let (mut exchange, next) = self.lead(step, split, now);
        let audit = next.audit.as_deref();
        audit.map_or(Ok(()), explained)?;
        let findings = audit.and_then(Audit::findings).unwrap_or_default().to_vec();
        let line = audit.map(Audit::line);
        let mut observed = Observed {
            audit: line.clone(),
            ..Observed::default()
        };
        match next.next {
            Next::Answer(reply) => observed.reply = Some((reply.status, reply.body)),
            Next::Forward => {
                let gone = next.edit.remove.iter();
                let removed = |name: &[u8]| gone.clone().any(|gone| gone.as_bytes() == name);
                observed.forward(step, removed, step.body.clone().unwrap_or_default());
                if let Some(respond) = &step.respond {
                    let (received, problem) = self.receive(&mut exchange, respond, split, now)?;
                    (observed.received, observed.problem) = (Some(received), problem);
                }
            }
            Next::More | Next::Ask(_) | Next::Replace(_) => {
                return Err("there is no verdict".into());
            }
        }
        let seen = observed.seen(step, &step.request_id())?;
        let line = line.unwrap_or_default();
        Ok(Played {
            seen,
            findings,
            line,
        })
    }

    /// Plays the server's response, and gives what the client got and what was logged of it.
    fn receive(
        &mut self,
        exchange: &mut Exchange,
        respond: &Respond,
        split: Split,
        now: Millis,
    ) -> Result<(Received, Option<String>), String> {
        let mut problem = None;
        let mut feed = |event| {
            let step = exchange.feed(Event::Response(event), now);
            let step = exchange.settle(step, &self.store, &mut self.memory, now);
            let line = step.audit.map(|audit| audit.line());
            let said = line.filter(|line| problem_of(line).is_some());
            problem = problem.take().or(said);
            (step.next, step.edit)
        };
        let (_, edit) = feed(Response::Head {
            status: respond.status,
            headers: respond.head().into_iter().collect(),
            end: false,
        });
        let removed = |name: &[u8]| edit.remove.iter().any(|gone| gone.as_bytes() == name);
        let set = edit
            .set
            .iter()
            .map(|&(name, value)| (name.into(), value.into()));
        let mut received = Received::head(respond, removed, &set.collect());
        let pieces = respond.pieces(split).into_iter();
        let trailers = (split == Split::Trailers).then_some((&[][..], None));
        for (bytes, end) in pieces
            .map(|(bytes, end)| (bytes, Some(end)))
            .chain(trailers)
        {
            let event = end.map_or(Response::Trailers, |end| Response::Body {
                bytes: bytes.to_vec(),
                end,
            });
            match feed(event).0 {
                Next::Forward => received.body.extend(bytes),
                Next::Replace(bytes) => received.body.extend(bytes),
                Next::Answer(_) => {
                    received.broken = true;
                    break;
                }
                next => return Err(format!("a response leads to {next:?}")),
            }
        }
        feed(Response::Closed);
        Ok((received, problem))
    }

    /// Tells the engine of a request, until there is a verdict.
    fn lead(&mut self, step: &Step, split: Split, now: Millis) -> (Exchange, mcp_policy::Step) {
        let arrival = Arrival::new(step, split);
        let facts = Facts {
            peer: Some(step.peer.clone()),
            seed: self.store.seed(),
            explain: true,
        };
        let policy = self.policy.clone();
        let headers = arrival.headers.iter().map(|(n, v)| (n, v)).collect();
        let (mut exchange, first) = Exchange::new(policy, &headers, arrival.end, facts, now);
        let mut next = exchange.settle(first, &self.store, &mut self.memory, now);
        let edit = next.edit.clone();
        let pieces = arrival.pieces.iter().map(|(bytes, end)| Event::Body {
            bytes: bytes.to_vec(),
            end: *end,
        });
        for event in pieces.chain(arrival.trailers.is_some().then_some(Event::END)) {
            if !matches!(next.next, Next::More) {
                break;
            }
            let step = exchange.feed(event, now);
            next = exchange.settle(step, &self.store, &mut self.memory, now);
        }
        (exchange, mcp_policy::Step { edit, ..next })
    }
}

/// Plays a case.
pub fn play(case: &Case, split: Split) -> Outcome {
    watch(case, split).0
}

/// Plays a case, and tells which rules were looked at in each step.
pub fn watch(case: &Case, split: Split) -> (Outcome, Vec<Vec<Finding>>) {
    let mut player = match Player::new(case.policy.as_bytes()) {
        Ok(player) => player,
        Err(errors) => {
            let lines = errors.iter().map(ToString::to_string);
            return (Outcome::Refused(lines.collect()), Vec::new());
        }
    };
    let mut findings = Vec::new();
    let steps = case.steps().iter().map(|step| {
        let played = player.play(step, split, Millis(case.millis(step)))?;
        findings.push(played.findings);
        Ok(played.seen)
    });
    (Outcome::of(steps), findings)
}

/// An explanation tells what the decision says: nothing after a refusal, and no refusal but the one.
fn explained(audit: &Audit) -> Result<(), String> {
    let findings = audit.findings().ok_or("there is no explanation")?;
    let said = |wanted| move |finding: &&Finding| finding.said == wanted;
    let refusing = findings
        .iter()
        .position(|finding| finding.said == Said::Refuses);
    let rule = refusing.and_then(|at| findings.get(at)?.rule.as_deref());
    let last = refusing.is_none_or(|at| findings.get(at.saturating_add(1)).is_none());
    let line: Value = serde_json::from_str(&audit.line()).map_err(|error| error.to_string())?;
    let shadowed = line
        .get("shadow")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let shadowed: Vec<_> = shadowed
        .filter_map(|shadow| shadow.get("rule")?.as_str())
        .collect();
    let would: Vec<_> = findings.iter().filter(said(Said::WouldRefuse)).collect();
    let would: Vec<_> = would
        .iter()
        .filter_map(|finding| finding.rule.as_deref())
        .collect();
    let refused = audit
        .reason()
        .is_some_and(|reason| reason != Reason::Unreadable);
    let agrees = rule == audit.rule() && refusing.is_some() == refused && last && would == shadowed;
    agrees
        .then_some(())
        .ok_or_else(|| format!("the explanation {findings:?} is not that of {line}"))
}
