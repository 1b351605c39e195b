//! The engine itself as a gateway, with shared data in memory.

use super::gateway::{Plugin, Sent};
use host_tests::gateway::Gateway;
use host_tests::server_response::{Received, ServerResponse};
use mcp_policy::host::{Event, Exchange, Headers, Millis, Next, Response, Step};
use std::collections::HashMap;

const NOW: Millis = Millis(1_767_225_600_000);

/// The gateway.
#[derive(Debug)]
pub(super) struct Native {
    gateway: Gateway,
    exchanges: HashMap<usize, (Exchange, Received)>,
    last: usize,
}

impl Native {
    pub(super) fn new(policy: &str) -> Self {
        Self {
            gateway: Gateway::new(policy.as_bytes()).expect("a valid policy"),
            exchanges: HashMap::new(),
            last: 0,
        }
    }

    /// Feeds the engine an event of the response if it needs responses; otherwise the event passes.
    fn feed(&mut self, exchange: usize, response: Response) -> Option<(Step, &mut Received)> {
        let (exchange, received) = self.exchanges.get_mut(&exchange)?;
        if !exchange.needs_response() {
            return Some((Step::next(Next::Forward), received));
        }
        let step = self.gateway.feed(exchange, Event::Response(response), NOW);
        Some((step, received))
    }
}

impl Plugin for Native {
    fn open(&mut self, request: &Sent) -> Option<usize> {
        let pseudo = [
            (&b":method"[..], request.method.as_bytes()),
            (b":path", b"/mcp"),
        ];
        let own = request
            .headers
            .iter()
            .map(|(name, value)| (&name[..], &value[..]));
        let headers: Headers = pseudo.into_iter().chain(own).collect();
        let end = request.body.is_empty();
        let context = self.gateway.context(Some("127.0.0.1"), false);
        let (mut exchange, mut step) = self.gateway.begin(&headers, end, context, NOW);
        if let (Next::NeedMore, false) = (&step.next, end) {
            let body = Event::Body {
                bytes: request.body.clone(),
                end_of_stream: true,
            };
            step = self.gateway.feed(&mut exchange, body, NOW);
        }
        self.last += 1;
        let forwarded = matches!(step.next, Next::Forward);
        forwarded.then(|| {
            let state = (exchange, Received::default());
            self.exchanges.insert(self.last, state);
            self.last
        })
    }

    fn head(&mut self, exchange: usize, answer: &ServerResponse) {
        let head = Response::Head {
            status: answer.status,
            headers: answer.head().into_iter().collect(),
            end_of_stream: false,
        };
        let Some((step, received)) = self.feed(exchange, head) else {
            return;
        };
        let removed = |name: &[u8]| step.edit.remove.iter().any(|gone| gone.as_bytes() == name);
        let set = step.edit.set.iter();
        let set = set.map(|&(name, value)| (name.into(), value.into()));
        *received = Received::head(answer, removed, &set.collect());
        if let Next::Reply(reply) = step.next {
            received.status = reply.status;
            received.body = reply.body;
            received.broken = true;
        }
    }

    fn body(&mut self, exchange: usize, bytes: &[u8], end_of_stream: bool) {
        let event = Response::Body {
            bytes: bytes.to_vec(),
            end_of_stream,
        };
        let Some((step, received)) = self.feed(exchange, event) else {
            return;
        };
        match step.next {
            _ if received.broken => {}
            Next::Forward => received.body.extend(bytes),
            Next::ReplaceBody(bytes) => received.body.extend(bytes),
            _ => received.broken = true,
        }
    }

    fn trailers(&mut self, exchange: usize) {
        let step = self.feed(exchange, Response::Trailers);
        if let Some((
            Step {
                next: Next::ReplaceBody(bytes),
                ..
            },
            received,
        )) = step
        {
            received.body.extend(bytes);
        }
    }

    fn close(&mut self, exchange: usize) -> Received {
        drop(self.feed(exchange, Response::Closed));
        let state = self.exchanges.remove(&exchange);
        state.map(|(_, received)| received).unwrap_or_default()
    }
}
