//! A gateway that knows which ids are under way. It refuses a second request with such an id, for ever if the first is
//! never answered. It shows that a gateway can pass the search.

use super::forgetful::Forgetful;
use crate::plugin::{Plugin, Sent};
use host_tests::server_response::{Received, ServerResponse};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The gateway.
#[derive(Debug, Default)]
pub(super) struct Careful {
    gateway: Forgetful,
    /// The id of each exchange, as a text.
    ids: HashMap<usize, String>,
    /// The ids whose answer has not arrived yet.
    taken: HashSet<String>,
}

impl Plugin for Careful {
    fn open(&mut self, request: &Sent) -> Option<usize> {
        let Some(id) = id(&request.body) else {
            return self.gateway.open(request);
        };
        if self.taken.contains(&id) {
            return None;
        }
        let exchange = self.gateway.open(request)?;
        self.taken.insert(id.clone());
        self.ids.insert(exchange, id);
        Some(exchange)
    }

    fn head(&mut self, exchange: usize, answer: &ServerResponse) {
        self.gateway.head(exchange, answer);
    }

    fn body(&mut self, exchange: usize, bytes: &[u8], end: bool) {
        self.gateway.body(exchange, bytes, end);
        if let Some(id) = self.ids.remove(&exchange) {
            self.taken.remove(&id);
        }
    }

    fn trailers(&mut self, exchange: usize) {
        self.gateway.trailers(exchange);
    }

    fn close(&mut self, exchange: usize) -> Received {
        self.gateway.close(exchange)
    }
}

/// The id of a message as a text; whole numbers by value.
fn id(body: &[u8]) -> Option<String> {
    let message: Value = serde_json::from_slice(body).ok()?;
    match message.get("id")? {
        Value::String(text) => Some(text.clone()),
        number => number.as_f64().map(|number| number.to_string()),
    }
}
