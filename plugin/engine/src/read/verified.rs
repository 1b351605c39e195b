//! The identities that a gateway verified for a request: the claims of a token, and the names in a client certificate.
//!
//! It verifies nothing: a host fills it only from what its gateway verified, never from what a client claims.

use crate::words::json::{Bounds, Document, Kind, Surrogates};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The identities that the gateway verified before the request reached the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The claims of the verified token: its payload, as the text of one JSON object. `None` without a token. A text that
    /// is not one JSON object is an unreadable token, and its caller is refused.
    pub claims: Option<String>,
    /// The first URI in the subject alternative names of the verified client certificate, such as a SPIFFE id.
    pub uri_san: Option<String>,
    /// The first DNS name in the subject alternative names of the verified client certificate.
    pub dns_san: Option<String>,
    /// The subject of the verified client certificate (RFC 2253).
    pub subject: Option<String>,
}

/// A value that should identify a caller cannot be read, or is not one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unidentified;

/// The bounds of claims. A header of the usual 60 KiB holds no more.
const BOUNDS: Bounds = Bounds {
    depth: 64,
    values: 16 * 1024,
    surrogates: Surrogates::Refused,
};

impl Verified {
    /// The claims as JSON; `None` without a token.
    ///
    /// # Errors
    /// They are not one JSON object.
    pub(crate) fn document(&self) -> Result<Option<Document<'_>>, Unidentified> {
        let Some(text) = &self.claims else {
            return Ok(None);
        };
        let document = claims_document(text)?;
        match document.root().kind() {
            Kind::Object => Ok(Some(document)),
            _ => Err(Unidentified),
        }
    }
}

/// A value of claims as JSON.
///
/// # Errors
/// The text is not one JSON document within the bounds of claims.
pub(crate) fn claims_document(text: &str) -> Result<Document<'_>, Unidentified> {
    Document::read(text.as_bytes(), BOUNDS).map_err(|_| Unidentified)
}

/// The JSON that Envoy writes into a header for a claim that is a list or an object (`claim_to_headers`), in base64 of
/// either alphabet, with or without padding; `None` for another value.
pub(crate) fn base64_json(value: &str) -> Option<String> {
    let unpadded = value.trim_end_matches('=');
    let bytes = match unpadded.contains(['-', '_']) {
        true => URL_SAFE_NO_PAD.decode(unpadded).ok()?,
        false => STANDARD_NO_PAD.decode(unpadded).ok()?,
    };
    let text = String::from_utf8(bytes).ok()?;
    text.starts_with(['[', '{']).then_some(text)
}
