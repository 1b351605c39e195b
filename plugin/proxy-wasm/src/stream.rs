//! One HTTP request: turns the host's callbacks into events of an exchange, and its steps into actions.
//!
//! It carries values and never decides. If a call of the host fails, the request does not pass.

use crate::configuration::Configuration;
use crate::framing;
use crate::held_replies;
use crate::host::{self, HostClock};
use crate::host_call;
use crate::metrics::CountedData;
use crate::notices;
use crate::request_body;
use crate::service_calls::ServiceCalls;
use crate::shared_exchange::SharedExchange;
use mcp_policy::host::{
    Ask, Delivery, Event, Exchange, HeaderEdit, HostContext, HttpEndpoint, Next, Reason, Reply,
    Response, ServiceAnswer, Step,
};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use std::rc::Rc;

thread_local! {
    /// The streams of the VM whose requests wait for a service. A worker is a VM of its own, with one thread.
    static WAITING: ServiceCalls<Stream> = ServiceCalls::default();
}

/// One HTTP request.
pub(crate) struct Stream {
    id: u32,
    configuration: Option<Rc<Configuration>>,
    exchange: Option<SharedExchange>,
    /// Bytes of the body that the host has buffered so far.
    buffered: usize,
    response: ResponseMode,
    /// The head of a response has gone to the client.
    responding: bool,
    /// Its request waits for a service, and `service_calls` has all but its id.
    waits: bool,
}

/// Hands the host's answer to the stream that asked a service. False for another call.
pub(crate) fn answered(root: u32, call: u32, size: usize) -> bool {
    let Some(stream) = WAITING.with(|waiting| waiting.answered(call)) else {
        return false;
    };
    let answer = host_call::call_answer(size);
    // The host makes each call for its root context.
    if host::set_effective_context(stream.id).is_ok() {
        stream.goes_on(answer);
    }
    let _ = host::set_effective_context(root);
    true
}

/// A step of the response: the next action, the edit of its headers, and the reason of a refusal.
type Responded = (Next, HeaderEdit, Option<Reason>);

/// How much of the response the client gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ResponseMode {
    /// All of it: no rule applies to it, or it is the plugin's own reply.
    PassThrough,
    /// The bytes that the exchange returns for each piece.
    Filter,
    /// No more bytes.
    Discard,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, end: bool) -> Action {
        let (Some(configuration), Ok(headers)) =
            (self.configuration.clone(), host::request_headers())
        else {
            return self.fail();
        };
        let needs_peer = configuration.policy.needs_peer();
        let peer = needs_peer.then(|| host::property(&["source", "address"]));
        let verified = host::verified(
            configuration.policy.needs_verified(),
            configuration.policy.jwt_payload(),
        );
        let context = HostContext {
            peer: peer.flatten(),
            verified,
            cluster: configuration.cluster().flatten(),
            seed: configuration.store.seed(),
            explain: false,
        };
        let clock = HostClock::default();
        let end = framing::ends(&headers, end);
        let (mut exchange, step) =
            Exchange::new(configuration.policy.clone(), &headers, end, context, &clock);
        // The host may reply by itself at any time, and a server may reply to the headers alone.
        exchange.allow_early_response();
        let step = exchange.resolve(step, &configuration.store, &mut CountedData, &clock);
        let undecided = matches!(step.next, Next::NeedMore);
        self.exchange = Some(SharedExchange::new(self.id, exchange));
        match self.act(step) {
            Action::Pause if undecided && self.exchange.is_some() => {
                let held = configuration.header_hold.hold(self.id, &clock);
                held.unwrap_or_else(|| self.fail())
            }
            action => action,
        }
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        if let Some(configuration) = &self.configuration {
            configuration.header_hold.body();
        }
        self.buffered = size;
        if end {
            return self.feed(request_body::end(self.buffered));
        }
        if self.host_has_trailers() {
            return self.feed(Event::Buffered(size));
        }
        self.buffered = 0;
        match request_body::take(size) {
            Some(piece) => self.feed(piece),
            None => self.fail(),
        }
    }

    /// Ends a body that is followed by trailers: the host marks no piece of such a body as the last.
    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.feed(request_body::end(self.buffered))
    }

    fn on_http_response_headers(&mut self, _: usize, end: bool) -> Action {
        self.wait_no_longer();
        if self.asks(Exchange::awaits_message) && host::is_success() {
            return self.refuse_unjudged();
        }
        self.pass_through_if_unneeded();
        match self.response {
            ResponseMode::Filter => self.response_head(end),
            ResponseMode::PassThrough | ResponseMode::Discard => Action::Continue,
        }
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        match self.response {
            ResponseMode::PassThrough => Action::Continue,
            ResponseMode::Filter => self.response_body(size, end),
            ResponseMode::Discard => self.withhold(size),
        }
    }

    /// Called once for each stream, even if client or server resets it.
    fn on_log(&mut self) {
        held_replies::forget(self.id);
        if let Some(configuration) = &self.configuration {
            configuration.header_hold.forget(self.id);
        }
        self.wait_no_longer();
        self.close();
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        if self.response == ResponseMode::Filter
            && !matches!(self.respond(Response::Trailers), Some((Next::Forward, ..)))
        {
            host::log_error(
                "mcp-policy: a response ended in trailers before its JSON was complete; its held bytes, or its refusal, are dropped",
            );
        }
        Action::Continue
    }
}

impl Stream {
    pub(crate) fn new(id: u32, configuration: Option<Rc<Configuration>>) -> Self {
        Self {
            configuration,
            waits: false,
            ..Self::waiting(id)
        }
    }

    /// A stream in the place of one whose request waits. It passes nothing on.
    fn waiting(id: u32) -> Self {
        Self {
            id,
            configuration: None,
            exchange: None,
            buffered: 0,
            response: ResponseMode::Filter,
            responding: false,
            waits: true,
        }
    }

    /// Takes back what the stream was before its request waited.
    fn wait_no_longer(&mut self) {
        if self.waits
            && let Some(stream) = WAITING.with(|waiting| waiting.claim(self.id))
        {
            *self = stream;
        }
    }

    /// Continues with the answer of a service, outside of a callback of its own.
    fn goes_on(mut self, answer: Option<ServiceAnswer>) {
        let id = self.id;
        let action = self.feed(Event::ServiceAnswer(answer));
        // It may have asked again, and then waits already.
        if !self.waits {
            WAITING.with(|waiting| waiting.keep(id, None, self));
        }
        if action == Action::Continue && host::resume_request().is_err() {
            host::log_error(
                "mcp-policy: the host did not resume a request after an approval; it is held",
            );
        }
    }

    /// Reports the end of the response, for which other requests may wait.
    fn close(&mut self) {
        if self.asks(Exchange::awaits_end) {
            self.respond(Response::Closed);
        }
    }

    fn asks(&self, question: impl FnOnce(&Exchange) -> bool) -> bool {
        let exchange = self.exchange.as_ref();
        let answer = exchange.and_then(|exchange| exchange.with(|exchange| question(exchange)));
        answer.unwrap_or_default()
    }

    fn host_has_trailers(&self) -> bool {
        let configuration = self.configuration.as_ref();
        configuration.is_none_or(|configuration| configuration.policy.host.trailers)
    }

    fn feed(&mut self, event: Event) -> Action {
        match self.step(event) {
            Some(step) => self.act(step),
            None => self.fail(),
        }
    }

    /// The exchange holds bytes of requests only where the host has no callback for trailers.
    fn step(&self, event: Event) -> Option<Step> {
        let configuration = self.configuration.as_ref()?;
        let exchange = self.exchange.as_ref()?;
        let host = &configuration.policy.host;
        let step = |exchange: &mut Exchange| configuration.step(exchange, event);
        match host.trailers {
            true => exchange.with(step),
            false => exchange.hold(host.held_bytes, step),
        }
    }

    fn act(&mut self, step: Step) -> Action {
        let Some(configuration) = self.configuration.clone() else {
            return self.fail();
        };
        let reason = configuration.log(step.audit);
        if let Some(notice) = step.notice {
            notices::push(&configuration, *notice);
        }
        let passes = matches!(step.next, Next::NeedMore | Next::Forward);
        if passes && host::edit_request(&step.edit).is_err() {
            return self.fail();
        }
        match step.next {
            Next::NeedMore => Action::Pause,
            Next::Forward => Action::Continue,
            Next::Reply(reply) => {
                match held_replies::hold(self.id, reply, self.buffered, &configuration) {
                    Ok(()) => {
                        self.response = ResponseMode::PassThrough;
                        Action::Pause
                    }
                    Err(reply) => self.answer(&reply, reason),
                }
            }
            Next::ForwardBody(bytes)
                if host::edit_request(&step.edit).is_ok()
                    && host::replace_request_body(self.buffered, &bytes).is_ok() =>
            {
                Action::Continue
            }
            Next::Ask(Ask::Service(message)) => {
                let to = configuration.policy.approval_service();
                self.ask_service(to, &message.headers(), message.body.as_bytes())
            }
            Next::Ask(Ask::RateLimits(question)) => {
                let to = configuration.policy.rate_limit_service();
                self.ask_service(to, question.headers(), &question.body)
            }
            // The store has resolved every other question.
            Next::Ask(_) | Next::ForwardBody(_) | Next::ReplaceBody(_) => self.fail(),
        }
    }

    /// Asks a service, and pauses until it has answered.
    fn ask_service(
        &mut self,
        to: Option<&HttpEndpoint>,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Action {
        let call = to.map(|to| host_call::http_post(to, headers, body));
        let Some(Ok(call)) = call else {
            return self.feed(Event::ServiceAnswer(None));
        };
        let id = self.id;
        let stream = std::mem::replace(self, Self::waiting(id));
        WAITING.with(|waiting| waiting.keep(id, Some(call), stream));
        Action::Pause
    }

    fn response_head(&mut self, end: bool) -> Action {
        let Ok(headers) = host::response_headers() else {
            return self.fail();
        };
        let Some(status) = host::status_of(&headers) else {
            return self.fail();
        };
        if status == host::UNAVAILABLE && self.asks(Exchange::awaits_delivery) && host::is_unsent()
        {
            self.respond(Response::Delivery(Delivery::Unsent));
        }
        let head = Response::Head {
            status,
            headers,
            end_of_stream: end,
        };
        let refused = self.sent_to();
        match refused.or_else(|| self.respond(head)) {
            Some((Next::Forward, edit, _)) if host::edit_response(&edit).is_ok() => {
                self.responding = true;
                Action::Continue
            }
            Some((Next::Reply(reply), _, reason)) => self.answer(&reply, reason),
            _ => self.fail(),
        }
    }

    /// Reports the cluster to which the host sent the request, where the policy needs it. Returns the refusal of the
    /// response, or nothing.
    fn sent_to(&mut self) -> Option<Responded> {
        let cluster = self.configuration.as_ref()?.cluster()?;
        let step = self.respond(Response::SentTo(cluster));
        step.filter(|(next, ..)| matches!(next, Next::Reply(_)))
    }

    /// Passes what is left of a piece at once: an event stream must not wait. The exchange keeps the held bytes.
    fn response_body(&mut self, size: usize, end: bool) -> Action {
        let bytes = match size {
            0 => Ok(Vec::new()),
            _ => host::response_body(),
        };
        let bytes = match bytes {
            Ok(bytes) if bytes.len() == size => bytes,
            _ => return self.withhold(size),
        };
        match self.respond(Response::Body {
            bytes,
            end_of_stream: end,
        }) {
            Some((Next::Forward, ..)) => Action::Continue,
            Some((Next::ReplaceBody(bytes), ..))
                if host::replace_response_body(size, &bytes).is_ok() =>
            {
                Action::Continue
            }
            // The client has already got a part, so the host can only close the connection. ngx_wasm_module ends the VM
            // instead, and passes on what it would have judged.
            Some((Next::Reply(reply), _, reason)) if !host::is_nginx() => {
                self.answer(&reply, reason)
            }
            _ => self.withhold(size),
        }
    }

    fn respond(&mut self, response: Response) -> Option<Responded> {
        let configuration = self.configuration.as_ref()?;
        let max = configuration.policy.host.held_bytes;
        let step = self.exchange.as_ref()?.hold(max, |exchange| {
            configuration.step(exchange, Event::Response(response))
        })?;
        let reason = configuration.log(step.audit);
        self.pass_through_if_unneeded();
        Some((step.next, step.edit, reason))
    }

    /// Stops reading a response that the exchange does not need, so that it is not copied out of the host.
    fn pass_through_if_unneeded(&mut self) {
        // A stream without an exchange is of a request that this VM has not seen: one that ended took it along.
        let is_over = self.asks(|exchange| !exchange.needs_response());
        if self.response == ResponseMode::Filter && is_over {
            self.response = ResponseMode::PassThrough;
        }
    }

    /// Discards this piece and the rest of a response whose contents are unknown.
    fn withhold(&mut self, size: usize) -> Action {
        self.response = ResponseMode::Discard;
        match host::replace_response_body(size, &[]) {
            Ok(()) => Action::Continue,
            Err(_) => Action::Pause,
        }
    }

    /// Refuses the answer to a call that a server got without a verdict, which an early refusal of a server is not.
    fn refuse_unjudged(&mut self) -> Action {
        host::log_error(
            "mcp-policy: a server answered a POST whose body the plugin did not get. The answer is refused, and the server may \
             have run the call unjudged: let the host deliver the bodies of requests to the plugin",
        );
        self.fail()
    }

    /// Ends a request after a failure of the host. Its contents are unknown, so no later callback lets it pass.
    fn fail(&mut self) -> Action {
        self.close();
        self.exchange = None;
        self.answer(&Reply::unavailable(), None)
    }

    /// Sends a reply. Pausing keeps the request from the server even if the host cannot send the reply.
    fn answer(&mut self, reply: &Reply, reason: Option<Reason>) -> Action {
        self.response = match self.responding {
            true => ResponseMode::Discard,
            false => ResponseMode::PassThrough,
        };
        let unavailable = reply.status == host::UNAVAILABLE;
        let details = match reason.or_else(|| unavailable.then_some(Reason::Unavailable)) {
            Some(reason) => format!("mcp_policy_{reason}"),
            None => "mcp_policy_page".into(),
        };
        if let Err(status) = host::answer(reply, &details) {
            self.response = ResponseMode::Discard;
            host::log_error(&format!(
                "mcp-policy: the host did not send the answer ({status:?}); the request is held"
            ));
        }
        Action::Pause
    }
}
