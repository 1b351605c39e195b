//! Sends the reply of a stream that waits, from the callback of another context.
//!
//! It never decides which reply is due: those who hold requests do.

use crate::host;
use mcp_policy::host::Reply;

/// The most replies that one callback sends. The host sends each within the last one, on the same stack: Envoy 1.40 has
/// room for some 300.
pub(crate) const MOST: usize = 32;

/// Sends the reply of a stream. The caller restores its own context. An access log may print `details` as the reason.
pub(crate) fn send(stream: u32, reply: &Reply, details: &str) {
    let sent = host::set_effective_context(stream).and_then(|()| host::answer(reply, details));
    if let Err(status) = sent {
        host::log_error(&format!(
            "mcp-policy: the host did not send the answer to a held request ({status:?})"
        ));
    }
}
