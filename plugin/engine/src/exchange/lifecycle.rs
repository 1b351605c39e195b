//! Begins an exchange, feeds it events and lets a store answer its questions.
//!
//! It judges nothing: each state has its own file.

use super::state::{Bodiless, Exchange, Reading, State};
use crate::count::Reservation;
use crate::decide::{Caller, Claim, Destination, RequestContext, Visibility, limits_of_streams};
use crate::measures::Measures;
use crate::model::Policy;
use crate::read::{Head, HeaderEdit, Headers, HttpMethod, RequestIds, Verified};
use crate::response::{ResponseReader, Stage, TaskEnds};
use crate::step::{Ask, Event, HostContext, Next, Step};
use crate::store::{Cells, Store};
use crate::words::Clock;
use crate::words::approval::ApprovalReport;
use crate::words::text::logged;
use crate::words::under_way::Opening;
use std::sync::Arc;

impl Exchange {
    /// Begins an exchange with the headers of a request; `end_of_stream` where neither body nor trailers follow. The
    /// first step belongs to the headers. The clock is read if the headers are judged by themselves.
    pub fn new(
        policy: Arc<Policy>,
        headers: &Headers,
        end_of_stream: bool,
        host: HostContext,
        clock: &dyn Clock,
    ) -> (Self, Step) {
        let (caller, remove_authorization) =
            Caller::identify(&policy, headers, &host.verified, host.cluster.as_deref());
        let caller = Arc::new(caller);
        let ids = RequestIds::read(headers);
        let label = caller.principal.label();
        let grant = label.map(|grant| logged(grant).into_owned());
        let visibility = Visibility::new(&policy, &caller);
        let mut response = ResponseReader::new(&policy, visibility, ids.request_id.clone());
        response.watches(TaskEnds::new(&policy, &caller));
        let mut exchange = Self {
            destination: Destination::of(&policy, headers, host.cluster.as_deref(), &caller.server),
            measures: Measures::new(&policy, &caller),
            policy,
            seed: host.seed,
            explain: host.explain,
            ids,
            server: caller.server.name().map(Into::into),
            grant,
            several: caller.principal.several().into(),
            login: caller.principal.login(),
            state: State::Answered,
            stage: Stage::Awaited,
            early: false,
            response: Box::new(response),
            room: usize::MAX,
            dropped: false,
            steps: 0,
        };
        let by = (&host.verified, end_of_stream);
        if let Some(step) = exchange.visit(headers, by, &caller.principal, clock) {
            return (exchange, step);
        }
        let edit = exchange.request_edit(headers, remove_authorization);
        let mut step = match Head::read(headers) {
            Err(problem) => exchange.unreadable_at(clock, &problem),
            Ok(head) if head.http_method == HttpMethod::Post => {
                let context =
                    RequestContext::new(&exchange.policy, headers, caller, host.peer.as_deref());
                let verified = needed_by_approvals(&exchange.policy, host.verified);
                let reading = Reading::new(head, context, verified);
                exchange.await_body(reading, end_of_stream, clock)
            }
            Ok(head) => {
                let peer = host.peer.as_deref();
                let bodiless = of_stream(&exchange.policy, headers, &head, &caller, peer);
                exchange.bodiless(bodiless, &caller, end_of_stream, clock)
            }
        };
        step.edit = edit;
        (exchange, step)
    }

    fn await_body(&mut self, reading: Reading, end_of_stream: bool, clock: &dyn Clock) -> Step {
        self.state = State::Reading(Box::new(reading));
        match end_of_stream {
            true => self.feed(Event::END, clock),
            false => Step::more(),
        }
    }

    /// True as long as the host must report the response: its head may redirect the client past the gateway, its body
    /// may need an edit or be remembered, or it may show that the call did not run. Call it after the verdict and after
    /// each event of the response.
    pub fn needs_response(&self) -> bool {
        self.response.is_open()
    }

    /// True while the body of a POST, which holds the message, is still to come. A server that answers with success then has
    /// a request that nobody judged.
    pub fn awaits_message(&self) -> bool {
        matches!(self.state, State::Reading(_))
    }

    /// True when a host must report [`Response::Closed`] although the response is complete, or never came: the id of
    /// the request is in use until then, or a refusal is not logged yet.
    ///
    /// [`Response::Closed`]: crate::host::Response::Closed
    pub fn awaits_end(&self) -> bool {
        self.response.awaits_end() || self.response.awaits_report()
    }

    /// True when a host that knows whether the request reached the server should report it: [`Response::Delivery`]. Call it
    /// before the head of the response.
    ///
    /// [`Response::Delivery`]: crate::host::Response::Delivery
    pub fn awaits_delivery(&self) -> bool {
        self.response.awaits_delivery()
    }

    /// The caller's name in the log; `None` for a caller that the policy does not admit.
    pub fn caller(&self) -> Option<&str> {
        self.grant.as_deref()
    }

    /// Allows a response before the verdict, for hosts that pass headers on early or answer by themselves. Call it
    /// right after [`Exchange::new`]; otherwise such a response ends the exchange.
    pub fn allow_early_response(&mut self) {
        self.early = true;
    }

    /// The steps taken so far to judge request and response: about three nanoseconds each, and the same on every host.
    #[cfg(feature = "explain")]
    pub fn steps(&self) -> u64 {
        self.steps.saturating_add(self.response.steps())
    }

    /// Removes a credential that must not reach the server, and requests an unencoded response where it has to be read.
    fn request_edit(&self, headers: &Headers, remove_authorization: bool) -> HeaderEdit {
        let identity = headers.has("accept-encoding") && self.response.has_rules();
        let identity = identity.then_some(("accept-encoding", "identity"));
        HeaderEdit {
            remove: Vec::from_iter(remove_authorization.then_some("authorization")),
            set: Vec::from_iter(identity),
        }
    }

    /// Continues with an event. An event out of order is refused. After a refusal the step is always
    /// [`Next::NeedMore`]. The clock is read once a step where the message is judged, a line is logged or an id ends; an
    /// event for which it fails then is refused, without a line.
    pub fn feed(&mut self, event: Event, clock: &dyn Clock) -> Step {
        let event = match event {
            Event::Response(response) if self.awaits_response() => {
                return self.respond(response, clock);
            }
            event => event,
        };
        match std::mem::replace(&mut self.state, State::Answered) {
            State::Page(visit) => self.visited(visit, event, clock),
            State::Reading(reading) => self.read(reading, event, clock),
            State::Recognizing(mut reading) => self.recognized(&mut reading, event, clock),
            State::Bodiless(bodiless) => self.bodiless_body(bodiless, &event, clock),
            State::Claiming(bodiless, claim) => self.claimed(*bodiless, claim, event, clock),
            State::Opening(charges, audit) => self.opened_stream(charges, audit, event, clock),
            State::Pending(pending, judged) => self.answered(pending, judged, event, clock),
            State::Forwarded => self.forwarded(&event, clock),
            State::Answered => Step::more(),
        }
    }

    /// Lets the store carry out the step's effects and answer its question, until a step has none. Call it with each
    /// step of [`Exchange::new`] and [`Exchange::feed`], or do the same by other means.
    pub fn resolve(
        &mut self,
        mut step: Step,
        store: &Store,
        cells: &mut impl Cells,
        clock: &dyn Clock,
    ) -> Step {
        loop {
            store.carry_out(cells, std::mem::take(&mut step.effects), clock);
            let event = match &step.next {
                Next::Ask(Ask::Reserve(charges)) => Event::Reserved(match clock.now() {
                    Some(now) => store.reserve(cells, charges, now),
                    None => Reservation::Unavailable,
                }),
                Next::Ask(Ask::Lookup(keys)) => Event::Found(store.lookup(cells, keys)),
                Next::Ask(Ask::Open(request)) => Event::Opened(match clock.now() {
                    Some(now) => store.open(cells, request, now),
                    None => Opening::Unclear,
                }),
                Next::Ask(Ask::Approvals(ask)) => Event::Approvals(Box::new(match clock.now() {
                    Some(now) => store.approvals(cells, ask, now),
                    None => ApprovalReport::UNAVAILABLE,
                })),
                _ => return step,
            };
            step = Step {
                edit: step.edit,
                ..self.feed(event, clock)
            };
        }
    }
}

/// A request without a message: its session, and the whole request where the policy counts the streams of a GET.
fn of_stream(
    policy: &Policy,
    headers: &Headers,
    head: &Head,
    caller: &Arc<Caller>,
    peer: Option<&str>,
) -> Box<Bodiless> {
    let http_method = head.http_method;
    let opens = http_method == HttpMethod::Get;
    let counts = opens && !limits_of_streams(policy, caller).is_empty();
    Box::new(Bodiless {
        http_method,
        claim: Claim::new(policy, headers, caller),
        context: counts.then(|| RequestContext::new(policy, headers, caller.clone(), peer)),
    })
}

fn needed_by_approvals(policy: &Policy, verified: Verified) -> Option<Box<Verified>> {
    let needs = policy.approvals.is_some();
    needs.then(|| Box::new(verified))
}
