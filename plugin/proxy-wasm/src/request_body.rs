//! Turns the host's buffer with the body of a request into events of an exchange.
//!
//! It never leaves a piece of the body with a host that has no callback for trailers: such a host would pass the piece on when
//! trailers end the body.

use crate::host;
use mcp_policy::host::Event;

/// The end of a body of which the host has the last `size` bytes.
pub(crate) fn end(size: usize) -> Event {
    piece(size, true)
}

/// Takes the `size` bytes that have arrived out of the host's buffer; `None` if the host keeps them.
pub(crate) fn take(size: usize) -> Option<Event> {
    let event = piece(size, false);
    let taken = host::replace_request_body(size, &[]);
    taken.is_ok().then_some(event)
}

fn piece(size: usize, end_of_stream: bool) -> Event {
    match host::request_body() {
        // If the host shows fewer or more bytes than it announced, the body is unknown and cannot be judged.
        Ok(bytes) if bytes.len() == size => Event::Body {
            bytes,
            end_of_stream,
        },
        _ => Event::BodyUnavailable,
    }
}
