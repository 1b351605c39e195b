//! The interface of a gateway for these tests: it takes requests and answers, and returns what the server and the
//! client receive.
//!
//! It has no clock: time stands still.

use host_tests::server_response::{Received, ServerResponse};
use host_tests::split::Split;
use mcp_policy_cases::RawHeaders;

/// A request as a client sends it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    /// The header fields, without pseudo-headers.
    pub(crate) headers: RawHeaders,
    pub(crate) body: Vec<u8>,
}

/// A gateway with a policy.
pub(crate) trait Plugin {
    /// Sends a whole request. Returns the number of its exchange, or `None` where the server does not get it.
    fn open(&mut self, request: &Sent) -> Option<usize>;
    /// Sends the head of the server's answer.
    fn head(&mut self, exchange: usize, answer: &ServerResponse);
    /// Sends a piece of its body.
    fn body(&mut self, exchange: usize, bytes: &[u8], end: bool);
    /// Sends trailers, which end the answer.
    fn trailers(&mut self, exchange: usize);
    /// Ends the exchange in any state, and returns what the client received.
    fn close(&mut self, exchange: usize) -> Received;
}

/// Plays a whole answer, and closes the exchange.
pub(crate) fn answer(
    plugin: &mut dyn Plugin,
    exchange: usize,
    answer: &ServerResponse,
    split: Split,
) -> Received {
    plugin.head(exchange, answer);
    for (piece, end) in answer.pieces(split) {
        plugin.body(exchange, piece, end);
    }
    if split == Split::Trailers {
        plugin.trailers(exchange);
    }
    plugin.close(exchange)
}
