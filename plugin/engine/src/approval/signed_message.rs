//! Turns a text for another server into a message that the server can verify.
//!
//! It never shows the key.

use crate::model::SignedEndpoint;
use crate::words::Millis;
use crate::words::digits::hex_of;

/// A message for another server, which verifies it by a key that both have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMessage {
    /// The body: JSON.
    pub body: String,
    /// The time at which it was signed, in seconds since 1970, for the header `x-mcp-policy-time`.
    pub time: String,
    /// `sha256=` and the HMAC-SHA256 of the time, a dot and the body, for the header `x-mcp-policy-signature`.
    pub signature: String,
}

impl SignedMessage {
    /// `None` where the host has supplied no key.
    pub(super) fn new(to: &SignedEndpoint, body: String, now: Millis) -> Option<Self> {
        let time = now.seconds().to_string();
        let signed = [&*time, ".", &body].concat();
        let code = to.key.as_ref()?.signature(signed.as_bytes());
        Some(Self {
            body,
            time,
            signature: ["sha256=", &hex_of(&code)].concat(),
        })
    }

    /// The headers that carry it.
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [
            ("content-type", "application/json"),
            ("x-mcp-policy-time", &self.time),
            ("x-mcp-policy-signature", &self.signature),
        ]
    }
}
