//! The callers that a policy knows: the sources of identity that the gateway vouches for, and the listed grants.
//!
//! It judges no request; `decide::principal` does.

use super::options::Mode;

/// How callers without grants are identified.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The sources in order. The first one that is present names the caller.
    pub(crate) sources: Vec<Source>,
    /// The name under which Envoy's jwt_authn stores the payload of a token (`payload_in_metadata`).
    pub(crate) jwt_payload: Box<str>,
    /// A caller without any source is admitted as the anonymous one.
    pub(crate) anonymous: bool,
}

/// The source of an identity.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A header that the gateway itself sets after it removed the client's.
    Header(Box<str>),
    /// A claim of the token that the gateway verified.
    Claim(Box<str>),
    /// A name in the client certificate that the gateway verified.
    Certificate(CertificateName),
}

/// A name in a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateName {
    /// The first URI of the subject alternative names.
    UriSan,
    /// The first DNS name of the subject alternative names.
    DnsSan,
    /// The subject.
    Subject,
}

/// A named caller and the credential that proves it.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) name: Box<str>,
    /// SHA-256 of the bearer token.
    pub(crate) bearer: [u8; 32],
    /// The credential is passed on to the server.
    pub(crate) forward: bool,
    /// A grant without a policy denies everything.
    pub(crate) policy: bool,
    pub(crate) revoked: bool,
    pub(crate) frozen: bool,
    pub(crate) mode: Option<Mode>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            jwt_payload: "jwt".into(),
            anonymous: false,
        }
    }
}

impl CertificateName {
    /// The name in the policy and in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UriSan => "uri_san",
            Self::DnsSan => "dns_san",
            Self::Subject => "subject",
        }
    }
}
