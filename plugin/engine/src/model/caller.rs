//! The callers that a policy knows: the sources of identity that the gateway vouches for, and the listed grants.
//!
//! It judges no request; `decide::principal` does.

use super::options::Mode;

/// The source of an identity.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A header that the gateway itself sets after it removed the client's.
    Header(Box<str>),
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
