//! A model of servers that keep sessions: it turns a request and its id into the exchange on which the answer goes.
//!
//! Both official SDKs keep one stream for each id. A second request with an id replaces the first, and then gets the
//! answer to the first.

use serde_json::Value;
use std::collections::HashMap;

/// The SDK of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sdk {
    /// Ids are texts: 7 equals "7". A client that disconnects removes the stream of its id, even if another request has
    /// it by then.
    Python,
    /// Ids are values with a type.
    TypeScript,
}

/// A session.
#[derive(Debug)]
pub(super) struct Server {
    sdk: Sdk,
    /// For each id, the exchange on which its answer goes.
    streams: HashMap<String, usize>,
}

impl Server {
    pub(super) fn new(sdk: Sdk) -> Self {
        Self {
            sdk,
            streams: HashMap::new(),
        }
    }

    /// A request arrives.
    pub(super) fn arrives(&mut self, id: &str, exchange: usize) {
        self.streams.insert(self.key(id), exchange);
    }

    /// The exchange on which the answer goes; `None` where the id has none left.
    pub(super) fn answers(&mut self, id: &str) -> Option<usize> {
        self.streams.remove(&self.key(id))
    }

    /// The client of a request disconnects.
    pub(super) fn loses(&mut self, id: &str) {
        if self.sdk == Sdk::Python {
            self.streams.remove(&self.key(id));
        }
    }

    /// The id as the SDK compares it.
    fn key(&self, id: &str) -> String {
        match (self.sdk, serde_json::from_str(id)) {
            (Sdk::Python, Ok(Value::String(text))) => text,
            (Sdk::TypeScript, Ok(Value::Number(number))) => format!("number {:?}", number.as_f64()),
            (Sdk::TypeScript, Ok(Value::String(text))) => format!("text {text}"),
            _ => id.to_owned(),
        }
    }
}
