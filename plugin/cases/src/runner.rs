//! Plays cases on the engine itself: no WebAssembly, shared data in memory.
//!
//! It compares no outcome with a case's expectation.

use crate::captured::Captured;
use crate::case::{Case, Step};
use crate::counting_service::CountingService;
use crate::expectation::{Expectation, Outcome};
use crate::gateway::Gateway;
use crate::observation::{Observation, problem_of};
use crate::request_events::RequestEvents;
use crate::server_response::{Received, ServerResponse};
use crate::split::Split;
use mcp_policy::host::{
    Audit, Delivery, Event, Exchange, HostContext, Millis, Next, PolicyError, Reason, Response,
};
use mcp_policy::trace::{RuleOutcome, RuleTrace};
use serde_json::Value;

/// Plays requests under one policy, with counts that last as long as the runner.
#[derive(Debug)]
pub struct Runner {
    gateway: Gateway,
    captured: Captured,
}

/// The outcome of one request.
#[derive(Clone, Debug)]
pub struct Played {
    /// The outcome for the client and the operator.
    pub seen: Expectation,
    /// The body of the server's response, as the client received it.
    pub received: Option<Vec<u8>>,
    /// Every rule that was evaluated.
    pub rules: Vec<RuleTrace>,
    /// The line of the log about the request.
    pub line: String,
    /// All lines of the log, that one first.
    pub lines: Vec<String>,
}

/// A call that was forwarded, and has not ended.
#[derive(Debug)]
pub struct OpenCall(Exchange);

/// The end of a call.
#[derive(Clone, Debug)]
pub enum CallEnd {
    /// No byte of it reached the server.
    Unsent,
    /// The connection was closed without a response.
    Closed,
    /// The server's response.
    Answered(ServerResponse),
}

impl Runner {
    /// Begins with empty counts.
    ///
    /// # Errors
    /// Every error in the policy.
    pub fn new(policy: &[u8]) -> Result<Self, Vec<PolicyError>> {
        Gateway::new(policy).map(Self::on)
    }

    fn on(gateway: Gateway) -> Self {
        Self {
            gateway,
            captured: Captured::default(),
        }
    }

    /// Plays one request at the time `now`.
    ///
    /// # Errors
    /// If no case can expect the observation.
    pub fn play(&mut self, step: &Step, split: Split, now: Millis) -> Result<Played, String> {
        let step = &self.captured.filled(step);
        let (exchange, verdict) = self.request(step, split, now);
        if let Next::Reply(reply) = &verdict.next {
            self.captured.learn(&reply.body);
        }
        self.played(exchange, verdict, (step, split), now)
    }

    /// Plays one request at the time `now`, and nothing of its response where it is forwarded: [`Self::end`] does.
    ///
    /// # Errors
    /// If no case can expect the observation.
    pub fn open(&mut self, step: &Step, now: Millis) -> Result<(Played, Option<OpenCall>), String> {
        let (exchange, verdict) = self.request(step, Split::Whole, now);
        if !matches!(verdict.next, Next::Forward | Next::ForwardBody(_)) {
            let played = self.played(exchange, verdict, (step, Split::Whole), now)?;
            return Ok((played, None));
        }
        let audit = verdict.audit.as_deref();
        let line = audit.map(Audit::line).unwrap_or_default();
        let played = Played {
            seen: Expectation {
                forward: true,
                ..Expectation::default()
            },
            received: None,
            rules: audit.and_then(Audit::trace).unwrap_or_default().to_vec(),
            lines: vec![line.clone()],
            line,
        };
        Ok((played, Some(OpenCall(exchange))))
    }

    /// Plays the end of a call at the time `now`. Returns the lines of the log about it.
    ///
    /// # Errors
    /// If no case can expect the response.
    pub fn end(
        &mut self,
        call: OpenCall,
        end: &CallEnd,
        now: Millis,
    ) -> Result<Vec<String>, String> {
        let (OpenCall(mut exchange), mut lines) = (call, Vec::new());
        match end {
            CallEnd::Unsent => {
                let unsent = Event::Response(Response::Delivery(Delivery::Unsent));
                let step = self.gateway.feed(&mut exchange, unsent, now);
                lines.extend(step.audit.map(|audit| audit.into_line()));
            }
            CallEnd::Closed => {}
            CallEnd::Answered(response) => {
                self.respond(&mut exchange, response, (Split::Whole, now), &mut lines)?;
            }
        }
        let step = self
            .gateway
            .feed(&mut exchange, Event::Response(Response::Closed), now);
        lines.extend(step.audit.map(|audit| audit.into_line()));
        Ok(lines)
    }

    fn played(
        &mut self,
        exchange: Exchange,
        verdict: mcp_policy::host::Step,
        (step, split): (&Step, Split),
        now: Millis,
    ) -> Result<Played, String> {
        let audit = verdict.audit.as_deref();
        audit.map_or(Ok(()), trace_agrees)?;
        let rules = audit.and_then(Audit::trace).unwrap_or_default().to_vec();
        let line = audit.map(Audit::line);
        let (mut observed, later) = self.observe(exchange, verdict, (step, split), now)?;
        observed.audit.clone_from(&line);
        let lines = line.iter().cloned().chain(later).collect();
        Ok(Played {
            received: observed
                .received
                .as_ref()
                .map(|received| received.body.clone()),
            seen: observed.seen(step, &step.request_id())?,
            rules,
            line: line.unwrap_or_default(),
            lines,
        })
    }

    /// Feeds the request, until there is a verdict.
    fn request(
        &mut self,
        step: &Step,
        split: Split,
        now: Millis,
    ) -> (Exchange, mcp_policy::host::Step) {
        let request = RequestEvents::new(step, split);
        let context = HostContext {
            verified: step.verified.clone(),
            cluster: step.cluster.clone(),
            ..self.gateway.context(Some(&step.peer), true)
        };
        let headers = request.headers.iter().map(|(n, v)| (n, v)).collect();
        let (mut exchange, mut next) = self.gateway.begin(&headers, request.end, context, now);
        let edit = next.edit.clone();
        let pieces = request.pieces.iter().map(|(bytes, end)| Event::Body {
            bytes: bytes.to_vec(),
            end_of_stream: *end,
        });
        for event in pieces.chain(request.trailers.is_some().then_some(Event::END)) {
            if !matches!(next.next, Next::NeedMore) {
                break;
            }
            next = self.gateway.feed(&mut exchange, event, now);
        }
        (exchange, mcp_policy::host::Step { edit, ..next })
    }

    /// Plays the rest of the exchange, and observes the bytes at the server and the client and the log line about the
    /// response.
    fn observe(
        &mut self,
        mut exchange: Exchange,
        verdict: mcp_policy::host::Step,
        (step, split): (&Step, Split),
        now: Millis,
    ) -> Result<(Observation, Vec<String>), String> {
        let mut observed = Observation::default();
        let mut lines = Vec::new();
        match verdict.next {
            Next::Reply(reply) => {
                let fields = reply.headers.into_iter();
                let fields = fields.map(|(name, value)| (name, value.into_owned()));
                observed.reply = Some(Received::own(reply.status, fields, reply.body));
            }
            next @ (Next::Forward | Next::ForwardBody(_)) => {
                let gone = verdict.edit.remove.iter();
                let removed = |name: &[u8]| gone.clone().any(|gone| gone.as_bytes() == name);
                let body = match next {
                    Next::ForwardBody(body) => body,
                    _ => step.body.clone().unwrap_or_default(),
                };
                observed.forward(step, removed, body);
                if let Some(respond) = &step.respond {
                    let cluster = step.last_cluster();
                    let told = self.sent_to(&mut exchange, cluster, now);
                    lines.extend(told.audit.map(|audit| audit.into_line()));
                    let received = match told.next {
                        Next::Reply(reply) => Received::reply(reply.status, reply.body),
                        _ => self.respond(&mut exchange, respond, (split, now), &mut lines)?,
                    };
                    let problem = lines.iter().find(|line| problem_of(line).is_some());
                    (observed.received, observed.problem) = (Some(received), problem.cloned());
                }
                let closed = Event::Response(Response::Closed);
                let step = self.gateway.feed(&mut exchange, closed, now);
                lines.extend(step.audit.map(|audit| audit.into_line()));
            }
            Next::NeedMore | Next::Ask(_) | Next::ReplaceBody(_) => {
                return Err("there is no verdict".into());
            }
        }
        Ok((observed, lines))
    }

    /// Reports the cluster to which the gateway sent the request, if the case names one.
    fn sent_to(
        &mut self,
        exchange: &mut Exchange,
        cluster: Option<&str>,
        now: Millis,
    ) -> mcp_policy::host::Step {
        let event = Response::SentTo(cluster.map(Into::into));
        self.gateway.feed(exchange, Event::Response(event), now)
    }

    /// Plays the server's response and returns the client's. The log lines about it are added.
    fn respond(
        &mut self,
        exchange: &mut Exchange,
        respond: &ServerResponse,
        (split, now): (Split, Millis),
        lines: &mut Vec<String>,
    ) -> Result<Received, String> {
        let mut feed = |event| {
            let step = self.gateway.feed(exchange, Event::Response(event), now);
            lines.extend(step.audit.map(|audit| audit.into_line()));
            (step.next, step.edit)
        };
        let (next, edit) = feed(Response::Head {
            status: respond.status,
            headers: respond.head().into_iter().collect(),
            end_of_stream: false,
        });
        if let Next::Reply(reply) = next {
            return Ok(Received::reply(reply.status, reply.body));
        }
        let removed = |name: &[u8]| edit.remove.iter().any(|gone| gone.as_bytes() == name);
        let set = edit.set.iter();
        let set = set.map(|&(name, value)| (name.into(), value.into()));
        let mut received = Received::head(respond, removed, &set.collect());
        receive(&mut received, respond, split, |event| feed(event).0)?;
        Ok(received)
    }
}

/// Passes the pieces of a body to the engine, and its output to the client.
fn receive(
    received: &mut Received,
    respond: &ServerResponse,
    split: Split,
    mut feed: impl FnMut(Response) -> Next,
) -> Result<(), String> {
    let pieces = respond.pieces(split).into_iter();
    let trailers = respond.ends_with_trailers(split).then_some((&[][..], None));
    let pieces = pieces.map(|(bytes, end)| (bytes, Some(end)));
    for (bytes, end) in pieces.chain(trailers) {
        let event = end.map_or(Response::Trailers, |end_of_stream| Response::Body {
            bytes: bytes.to_vec(),
            end_of_stream,
        });
        match feed(event) {
            Next::Forward => received.body.extend(bytes),
            Next::ReplaceBody(bytes) => received.body.extend(bytes),
            Next::Reply(_) => {
                received.broken = true;
                break;
            }
            next => return Err(format!("a response leads to {next:?}")),
        }
    }
    Ok(())
}

/// Plays a case.
pub fn play(case: &Case, split: Split) -> Outcome {
    play_traced(case, split).0
}

/// Plays a case whose limits a service counts.
pub fn play_counted(case: &Case, split: Split, service: CountingService) -> Outcome {
    let gateway = Gateway::counted_by(service, case.policy.as_bytes());
    play_on(gateway.map(Runner::on), case, split).0
}

/// Plays a case, with the rules that each step evaluated.
pub fn play_traced(case: &Case, split: Split) -> (Outcome, Vec<Vec<RuleTrace>>) {
    play_on(Runner::new(case.policy.as_bytes()), case, split)
}

fn play_on(
    runner: Result<Runner, Vec<PolicyError>>,
    case: &Case,
    split: Split,
) -> (Outcome, Vec<Vec<RuleTrace>>) {
    let mut runner = match runner {
        Ok(runner) => runner,
        Err(errors) => {
            let lines = errors.iter().map(ToString::to_string);
            return (Outcome::Refused(lines.collect()), Vec::new());
        }
    };
    let mut rules = Vec::new();
    let steps = case.steps().iter().map(|step| {
        let played = runner.play(step, split, Millis(case.millis(step)))?;
        rules.push(played.rules);
        Ok(played.seen)
    });
    (Outcome::of(steps), rules)
}

/// A trace agrees with the decision: it ends with the refusal, if there is one.
fn trace_agrees(audit: &Audit) -> Result<(), String> {
    let rules = audit.trace().ok_or("there is no trace")?;
    let denying = rules
        .iter()
        .position(|rule| rule.outcome == RuleOutcome::Deny);
    let rule = denying.and_then(|at| rules.get(at)?.rule.as_deref());
    let last = denying.is_none_or(|at| rules.get(at.saturating_add(1)).is_none());
    let refused = audit
        .reason()
        .is_some_and(|reason| reason != Reason::Unreadable);
    let line: Value = serde_json::from_str(&audit.line()).map_err(|error| error.to_string())?;
    let agrees = rule == audit.rule()
        && denying.is_some() == refused
        && last
        && would_deny(rules) == shadowed(&line);
    agrees
        .then_some(())
        .ok_or_else(|| format!("the trace {rules:?} is not that of {line}"))
}

fn would_deny(rules: &[RuleTrace]) -> Vec<&str> {
    let would = rules
        .iter()
        .filter(|rule| rule.outcome == RuleOutcome::WouldDeny);
    would.filter_map(|rule| rule.rule.as_deref()).collect()
}

/// The rules in shadow mode that a line of the log names.
fn shadowed(line: &Value) -> Vec<&str> {
    let shadow = line.get("shadow").and_then(Value::as_array);
    let rules = shadow.into_iter().flatten();
    rules
        .filter_map(|shadow| shadow.get("rule")?.as_str())
        .collect()
}
