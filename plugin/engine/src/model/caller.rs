//! Who a caller can be: the sources of identity the gateway vouches for, and the grants that are listed.
//!
//! It judges no request; `decide::caller` does.

use super::options::Mode;

/// Where an identity comes from.
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
