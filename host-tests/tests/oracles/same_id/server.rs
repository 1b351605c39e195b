//! A model of servers that keep sessions: a request and its id into the stream on which its answer goes.
//!
//! Both official SDKs keep one stream for an id. A second request of that id takes the place of the first, and the answer to
//! the first goes to the second.

use serde_json::Value;
use std::collections::HashMap;

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sdk {
    /// Ids are texts: 7 is "7". A client that goes away takes the stream of its id along, whosever it is by then.
    Python,
    /// Ids are values.
    TypeScript,
}

/// A session.
#[derive(Debug)]
pub(super) struct Server {
    sdk: Sdk,
    /// The exchange on which the answer to an id goes.
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

    /// The exchange on which the answer goes; `None` where the id has none any more.
    pub(super) fn answers(&mut self, id: &str) -> Option<usize> {
        self.streams.remove(&self.key(id))
    }

    /// The client of a request went away.
    pub(super) fn loses(&mut self, id: &str) {
        if self.sdk == Sdk::Python {
            self.streams.remove(&self.key(id));
        }
    }

    /// What the SDK takes an id for.
    fn key(&self, id: &str) -> String {
        match (self.sdk, serde_json::from_str(id)) {
            (Sdk::Python, Ok(Value::String(text))) => text,
            (Sdk::TypeScript, Ok(Value::Number(number))) => format!("number {:?}", number.as_f64()),
            (Sdk::TypeScript, Ok(Value::String(text))) => format!("text {text}"),
            _ => id.to_owned(),
        }
    }
}
