//! A gateway with a planted fault: it takes any answer on an exchange for the answer to that exchange's request.

use super::call::{MAX, SECRET};
use crate::plugin::{Open, Plugin, Sent};
use host_tests::server_response::{Received, ServerResponse};
use std::collections::HashMap;

/// The gateway.
#[derive(Debug, Default)]
pub(super) struct Forgetful {
    open: Open,
    runs: usize,
    requests: HashMap<usize, String>,
}

impl Plugin for Forgetful {
    fn open(&mut self, request: &Sent) -> Option<usize> {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let limited = text.contains("limited");
        if limited && self.runs == MAX {
            return None;
        }
        self.runs += usize::from(limited);
        let exchange = self.open.open(request)?;
        self.requests.insert(exchange, text);
        Some(exchange)
    }

    fn head(&mut self, exchange: usize, answer: &ServerResponse) {
        self.open.head(exchange, answer);
    }

    fn body(&mut self, exchange: usize, bytes: &[u8], end: bool) {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        let request = self.requests.get(&exchange).map_or("", |request| request);
        if request.contains("limited")
            && (text.contains("-32602") || text.contains(r#""isError":true"#))
        {
            self.runs -= 1;
        }
        if request.contains("secret") || request.is_empty() {
            text = text.replace(SECRET, "[REDACTED regex]");
        }
        self.open.body(exchange, text.as_bytes(), end);
    }

    fn trailers(&mut self, exchange: usize) {
        self.open.trailers(exchange);
    }

    fn close(&mut self, exchange: usize) -> Received {
        self.open.close(exchange)
    }
}
