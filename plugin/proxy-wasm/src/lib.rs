//! mcp-policy for Envoy and other proxy-wasm hosts: turns the host's callbacks into events of an exchange, and its
//! steps into actions.
//!
//! It carries values and never decides. If a call of the host fails, the request does not pass.
#![expect(
    missing_docs,
    reason = "the entry point is the SDK's macro, and nothing else here is public"
)]

mod callback;
mod collector;
mod configuration;
mod filter_state;
mod header_hold;
mod held_replies;
mod host;
mod host_metric;
mod metrics;
mod notices;
mod pairs;
mod pool;
mod shared_exchange;
mod table;
mod timer;

use configuration::{Configuration, configure};
use host::HostClock;
use mcp_policy::host::{
    Delivery, Event, Exchange, HeaderEdit, HostContext, Next, Reason, Reply, Response, Step,
};
use metrics::CountedData;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use shared_exchange::SharedExchange;
use std::rc::Rc;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|id| Box::new(Plugin { id, configuration: None }));
}}

/// The plugin in one worker thread.
struct Plugin {
    id: u32,
    configuration: Option<Rc<Configuration>>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _: usize) -> bool {
        match configure(self.id) {
            Ok(configuration) => {
                metrics::accepted(configuration.policy.host.metrics);
                held_replies::adopt(&configuration);
                notices::adopt(&configuration);
                self.configuration = Some(Rc::new(configuration));
                true
            }
            Err(lines) => {
                metrics::refused();
                lines.iter().for_each(|line| {
                    host::log_error(&format!("mcp-policy: policy refused: {line}"))
                });
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(configuration) = &self.configuration {
            configuration.header_hold.tick(&HostClock::default());
            configuration.table.tick(&configuration.store);
            let collector = configuration.collector.iter();
            collector.for_each(|collector| collector.tick());
            held_replies::tick(self.id, configuration);
            notices::tick(self.id, configuration);
        }
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream {
            id,
            configuration: self.configuration.clone(),
            exchange: None,
            buffered: 0,
            response: ResponseMode::Filter,
            responding: false,
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// One HTTP request.
struct Stream {
    id: u32,
    configuration: Option<Rc<Configuration>>,
    exchange: Option<SharedExchange>,
    /// Bytes of the body that the host has buffered so far.
    buffered: usize,
    response: ResponseMode,
    /// The head of a response has gone to the client.
    responding: bool,
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
        let peer = configuration
            .policy
            .needs_peer()
            .then(|| host::property(&["source", "address"]))
            .flatten();
        let verified = host::verified(
            configuration.policy.needs_verified(),
            configuration.policy.jwt_payload(),
        );
        let context = HostContext {
            peer,
            verified,
            cluster: configuration.cluster().flatten(),
            seed: configuration.store.seed(),
            explain: false,
        };
        let clock = HostClock::default();
        let (mut exchange, step) =
            Exchange::new(configuration.policy.clone(), &headers, end, context, &clock);
        // The host may reply by itself at any time, and a server may reply to the headers alone.
        exchange.allow_early_response();
        let step = exchange.resolve(step, &configuration.store, &mut CountedData, &clock);
        let undecided = matches!(step.next, Next::NeedMore);
        self.exchange = Some(SharedExchange::new(self.id, exchange));
        match self.act(step) {
            Action::Pause if undecided && self.exchange.is_some() => {
                configuration.header_hold.hold(&clock)
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
            self.body()
        } else {
            self.feed(Event::Buffered(size))
        }
    }

    /// Ends a body that is followed by trailers: the host marks no piece of such a body as the last.
    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.body()
    }

    fn on_http_response_headers(&mut self, _: usize, end: bool) -> Action {
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

    /// Feeds the exchange the complete body that the host has buffered.
    fn body(&mut self) -> Action {
        let event = match host::request_body() {
            // If the host shows fewer or more bytes than it announced, the body is unknown and cannot be judged.
            Ok(bytes) if bytes.len() == self.buffered => Event::Body {
                bytes,
                end_of_stream: true,
            },
            _ => Event::BodyUnavailable,
        };
        self.feed(event)
    }

    fn feed(&mut self, event: Event) -> Action {
        let Some(configuration) = self.configuration.clone() else {
            return self.fail();
        };
        let feed = |exchange: &mut Exchange| configuration.step(exchange, event);
        match self
            .exchange
            .as_ref()
            .and_then(|exchange| exchange.with(feed))
        {
            Some(step) => self.act(step),
            None => self.fail(),
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
            // The store has resolved every question.
            Next::Ask(_) | Next::ForwardBody(_) | Next::ReplaceBody(_) => self.fail(),
        }
    }

    fn response_head(&mut self, end: bool) -> Action {
        let Ok(headers) = host::response_headers() else {
            return self.fail();
        };
        let status = headers.all(":status").next();
        let status = status.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
        let Some(status) = status else {
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
            // The client has already got a part, so the host can only close the connection.
            Some((Next::Reply(reply), _, reason)) => self.answer(&reply, reason),
            _ => self.withhold(size),
        }
    }

    fn respond(&mut self, response: Response) -> Option<Responded> {
        let configuration = self.configuration.as_ref()?;
        let max = configuration.policy.host.held_bytes;
        let step = self.exchange.as_ref()?.respond(max, |exchange| {
            configuration.step(exchange, Event::Response(response))
        })?;
        let reason = configuration.log(step.audit);
        self.pass_through_if_unneeded();
        Some((step.next, step.edit, reason))
    }

    /// Stops reading a response that the exchange does not need, so that it is not copied out of the host.
    fn pass_through_if_unneeded(&mut self) {
        let is_over =
            || self.exchange.is_none() || self.asks(|exchange| !exchange.needs_response());
        if self.response == ResponseMode::Filter && is_over() {
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
