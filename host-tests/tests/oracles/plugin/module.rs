//! A proxy-wasm module in wasmtime as a gateway.

use super::gateway::{Plugin, Sent};
use host_tests::abi::{Module, Request, Stream, Vm};
use host_tests::server_response::{Received, ServerResponse};
use host_tests::wasm;
use std::collections::HashMap;
use std::sync::LazyLock;

static MODULE: LazyLock<Module> =
    LazyLock::new(|| Module::new(&wasm()).expect("the plugin is a module"));

/// The gateway.
pub(super) struct InWasmtime {
    vm: Vm,
    exchanges: HashMap<usize, (Stream, u16)>,
    last: usize,
}

impl InWasmtime {
    pub(super) fn new(policy: &str) -> Self {
        Self {
            vm: MODULE.configured(policy),
            exchanges: HashMap::new(),
            last: 0,
        }
    }
}

impl Plugin for InWasmtime {
    fn open(&mut self, request: &Sent) -> Option<usize> {
        let pseudo = [(":method", request.method), (":path", "/mcp")];
        let pseudo = pseudo.map(|(name, value)| (name.into(), value.into()));
        let headers = pseudo.into_iter().chain(request.headers.iter().cloned());
        let mut stream = self.vm.stream(Request {
            headers: headers.collect(),
            properties: Vec::new(),
        });
        let end = request.body.is_empty();
        stream.headers(end).expect("no trap");
        if !end {
            stream.body(&request.body, true).expect("no trap");
        }
        self.vm.logs();
        self.last += 1;
        if !stream.seen().complete {
            stream.finish().expect("no trap");
            return None;
        }
        self.exchanges.insert(self.last, (stream, 0));
        Some(self.last)
    }

    fn head(&mut self, exchange: usize, answer: &ServerResponse) {
        let status = (b":status".to_vec(), answer.status.to_string().into_bytes());
        let headers = [status].into_iter().chain(answer.head()).collect();
        if let Some((stream, own)) = self.exchanges.get_mut(&exchange) {
            *own = answer.status;
            stream.response_headers(headers, false).expect("no trap");
        }
    }

    fn body(&mut self, exchange: usize, bytes: &[u8], end: bool) {
        if let Some((stream, _)) = self.exchanges.get_mut(&exchange) {
            stream.response_body(bytes, end).expect("no trap");
        }
    }

    fn trailers(&mut self, exchange: usize) {
        if let Some((stream, _)) = self.exchanges.get_mut(&exchange) {
            stream.response_trailers(Vec::new()).expect("no trap");
        }
    }

    fn close(&mut self, exchange: usize) -> Received {
        let Some((mut stream, status)) = self.exchanges.remove(&exchange) else {
            return Received::default();
        };
        let seen = stream.seen();
        stream.finish().expect("no trap");
        self.vm.logs();
        match seen.local_response {
            Some(reply) => Received {
                status: u16::try_from(reply.status).unwrap_or_default(),
                headers: reply.headers,
                body: reply.body,
                broken: true,
            },
            None => Received {
                status: changed_status(seen.response_headers.as_deref(), status),
                headers: seen.response_headers.unwrap_or_default(),
                body: seen.response_body,
                broken: seen.reset,
            },
        }
    }
}

/// The status that the client gets: the plugin's where it sets one, otherwise `status`.
fn changed_status(headers: Option<&[(Vec<u8>, Vec<u8>)]>, status: u16) -> u16 {
    let mut headers = headers.unwrap_or_default().iter();
    let own = headers.find(|(name, _)| name == b":status");
    let own = own.and_then(|(_, value)| str::from_utf8(value).ok()?.parse().ok());
    own.unwrap_or(status)
}
