//! A gateway that lets everything pass, as if there were no policy. A search that finds no fault here finds none
//! anywhere.

use super::gateway::{Plugin, Sent};
use host_tests::server_response::{Received, ServerResponse};
use std::collections::HashMap;

/// The gateway.
#[derive(Debug, Default)]
pub(crate) struct Open {
    received: HashMap<usize, Received>,
    last: usize,
}

impl Plugin for Open {
    fn open(&mut self, _: &Sent) -> Option<usize> {
        self.last += 1;
        self.received.insert(self.last, Received::default());
        Some(self.last)
    }

    fn head(&mut self, exchange: usize, answer: &ServerResponse) {
        let head = Received::head(answer, |_| false, &Vec::new());
        self.received.insert(exchange, head);
    }

    fn body(&mut self, exchange: usize, bytes: &[u8], _: bool) {
        let received = self.received.entry(exchange).or_default();
        received.body.extend(bytes);
    }

    fn trailers(&mut self, _: usize) {}

    fn close(&mut self, exchange: usize) -> Received {
        self.received.remove(&exchange).unwrap_or_default()
    }
}
