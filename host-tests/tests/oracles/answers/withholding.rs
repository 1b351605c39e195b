//! A filter that passes an answer whole or withholds it.
//!
//! It redacts nothing, so it does not model the plugin.

use crate::plugin::{Open, Plugin, Sent};
use host_tests::server_response::{Received, ServerResponse};

/// The filter, and the answers that it passes.
#[derive(Debug)]
pub(super) struct Withholding {
    gateway: Open,
    passes: fn(&Received) -> bool,
}

impl Withholding {
    pub(super) fn new(passes: fn(&Received) -> bool) -> Self {
        Self {
            gateway: Open::default(),
            passes,
        }
    }
}

impl Plugin for Withholding {
    fn open(&mut self, request: &Sent) -> Option<usize> {
        self.gateway.open(request)
    }

    fn head(&mut self, exchange: usize, answer: &ServerResponse) {
        self.gateway.head(exchange, answer);
    }

    fn body(&mut self, exchange: usize, bytes: &[u8], end: bool) {
        self.gateway.body(exchange, bytes, end);
    }

    fn trailers(&mut self, exchange: usize) {
        self.gateway.trailers(exchange);
    }

    fn close(&mut self, exchange: usize) -> Received {
        let received = self.gateway.close(exchange);
        match (self.passes)(&received) {
            true => received,
            false => Received::default(),
        }
    }
}
