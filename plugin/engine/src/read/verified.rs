//! The identities that a gateway verified for a request: the claims of a token, and the names in a client certificate.
//!
//! It verifies nothing: a host fills it only from what its gateway verified, never from what a client claims.

use crate::words::json::{Bounds, Document, Kind, Surrogates};

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
        let document = Document::read(text.as_bytes(), BOUNDS).map_err(|_| Unidentified)?;
        match document.root().kind() {
            Kind::Object => Ok(Some(document)),
            _ => Err(Unidentified),
        }
    }
}
