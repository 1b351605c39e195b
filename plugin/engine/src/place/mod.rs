//! Places that a text can point to: a path below a directory, a host in a URL, an address in a network.
//!
//! A text is inside, outside, or unknown where two programs could take it to two places. Nothing here opens a file,
//! asks DNS or sends a request, so links, redirects and what a name resolves to are never seen.

mod host;
mod network;
mod path;
mod url;

pub(crate) use host::Host;
pub(crate) use network::{Network, address};
pub(crate) use path::{Roots, root};
pub(crate) use url::Url;

/// Why a policy's text is no place: how it has to be written, where that is clear.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotCanonical(pub(crate) Option<String>);
