//! What a gateway is to these tests: requests and answers in, what reached the server and the client out.
//!
//! It has no clock: time stands still.

use host_tests::server_response::{Received, ServerResponse};
use host_tests::split::Split;
use mcp_policy_cases::RawHeaders;

/// A request as a client sends it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    /// Without pseudo-headers.
    pub(crate) headers: RawHeaders,
    pub(crate) body: Vec<u8>,
}

/// A gateway with a policy.
pub(crate) trait Plugin {
    /// Sends a whole request; the number of its exchange, where the server gets it.
    fn open(&mut self, request: &Sent) -> Option<usize>;
    /// The head of the server's answer.
    fn head(&mut self, exchange: usize, answer: &ServerResponse);
    /// A piece of its body.
    fn body(&mut self, exchange: usize, bytes: &[u8], end: bool);
    /// Trailers end it.
    fn trailers(&mut self, exchange: usize);
    /// The exchange is over, in whatever state: what the client has.
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
