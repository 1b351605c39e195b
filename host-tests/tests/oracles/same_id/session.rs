//! Plays a script in one session behind a gateway, and records which calls ran and what the clients received.
//!
//! The server of the script knows no policy, and the gateway knows no script.

use super::call::Call;
use super::script::{Event, Script};
use super::server::Server;
use crate::plugin::{Plugin, Sent};
use host_tests::rpc::headers;
use host_tests::server_response::{Received, ServerResponse};

/// A session behind a gateway.
pub(super) struct Session<'s> {
    gateway: Box<dyn Plugin>,
    pub(super) script: &'s Script,
    server: Server,
    /// The number of calls of the limited tool that ran.
    pub(super) runs: usize,
    /// The exchange of each request that is under way, in this round.
    open: Vec<Option<usize>>,
    /// For each request, whether it reached the server in this round.
    pub(super) reached: Vec<bool>,
    /// The answers for which the server has no stream left.
    lost: Vec<String>,
    /// The received answers, each with its request; `None` for the stream of a client that asked for missed messages.
    pub(super) received: Vec<(Option<usize>, Received)>,
}

impl<'s> Session<'s> {
    pub(super) fn new(gateway: Box<dyn Plugin>, script: &'s Script) -> Self {
        let mut session = Self {
            gateway,
            script,
            server: Server::new(script.sdk),
            runs: 0,
            open: Vec::new(),
            reached: Vec::new(),
            lost: Vec::new(),
            received: Vec::new(),
        };
        if script.issued {
            session.begin();
        }
        session
    }

    /// Plays initialize, in which the server issues the session.
    fn begin(&mut self) {
        let message = br#"{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
        let request = Sent {
            method: "POST",
            headers: headers(),
            body: message.to_vec(),
        };
        let exchange = self.gateway.open(&request).expect("a session may begin");
        let mut answer = self.answer(&[r#"{"jsonrpc":"2.0","id":"i","result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}"#]);
        answer
            .headers
            .push((b"mcp-session-id".to_vec(), b"s1".to_vec()));
        self.gateway.head(exchange, &answer);
        self.gateway.body(exchange, &answer.body, true);
        self.gateway.close(exchange);
    }

    /// A response with these messages, as the server sends it.
    pub(super) fn answer(&self, messages: &[&str]) -> ServerResponse {
        let (kind, body) = match self.script.streams {
            true => {
                let events = messages
                    .iter()
                    .map(|text| format!("event: message\ndata: {text}\n\n"));
                ("text/event-stream", events.collect())
            }
            false => ("application/json", messages.concat()),
        };
        ServerResponse {
            status: 200,
            headers: vec![(b"content-type".to_vec(), kind.into())],
            body: body.into_bytes(),
            trailers: true,
        }
    }

    fn sent(method: &'static str, body: Vec<u8>) -> Sent {
        let session = [
            ("mcp-session-id", "s1"),
            ("mcp-protocol-version", "2025-06-18"),
        ];
        let session = session.map(|(name, value)| (name.into(), value.into()));
        Sent {
            method,
            headers: headers().into_iter().chain(session).collect(),
            body,
        }
    }

    /// Plays the script once. Clients that still wait at its end disconnect.
    pub(super) fn round(&mut self) {
        self.open = vec![None; self.script.requests.len()];
        self.reached = vec![false; self.script.requests.len()];
        for event in &self.script.events {
            match *event {
                Event::Arrives(request) => self.arrives(request),
                Event::Done(request) => self.done(request),
                Event::Gone(request) => self.gone(request),
            }
        }
        (0..self.open.len()).for_each(|request| self.gone(request));
        self.replay();
    }

    fn arrives(&mut self, request: usize) {
        let (id, call) = self.script.requests[request];
        let exchange = self.gateway.open(&Self::sent("POST", call.message(id)));
        self.open[request] = exchange;
        self.reached[request] = exchange.is_some();
        if let Some(exchange) = exchange {
            self.runs += usize::from(call == Call::Limited);
            self.server.arrives(id, exchange);
            if self.script.streams {
                self.gateway.head(exchange, &self.answer(&[]));
            }
        }
    }

    /// Sends the answer on the exchange that the server associates with the id, and ends that exchange.
    fn done(&mut self, request: usize) {
        if !self.reached[request] {
            return;
        }
        let (id, call) = self.script.requests[request];
        let text = call.answer(id);
        let Some(exchange) = self.server.answers(id) else {
            self.lost.push(text);
            return;
        };
        let answer = self.answer(&[&text]);
        if !self.script.streams {
            self.gateway.head(exchange, &answer);
        }
        self.gateway.body(exchange, &answer.body, true);
        self.close(exchange);
    }

    fn close(&mut self, exchange: usize) {
        let Some(request) = self.open.iter().position(|own| *own == Some(exchange)) else {
            return;
        };
        self.open[request] = None;
        let received = self.gateway.close(exchange);
        self.received.push((Some(request), received));
    }

    fn gone(&mut self, request: usize) {
        if let Some(exchange) = self.open[request] {
            self.close(exchange);
            self.server.loses(self.script.requests[request].0);
        }
    }

    /// A client asks for missed messages, and gets the answers without a stream.
    fn replay(&mut self) {
        let lost = std::mem::take(&mut self.lost);
        let Some(exchange) = self.gateway.open(&Self::sent("GET", Vec::new())) else {
            return;
        };
        let texts: Vec<_> = lost.iter().map(|text| &**text).collect();
        let mut answer = self.answer(&texts);
        if !self.script.streams {
            answer.body.clear();
        }
        self.gateway.head(exchange, &answer);
        self.gateway.body(exchange, &answer.body, true);
        let received = self.gateway.close(exchange);
        self.received.push((None, received));
    }
}
