//! Canonical paths, URLs, hosts and networks, for the operators `within`, `host_in` and `cidr`.
//!
//! A text that two programs could read as two locations has no canonical form. It never touches a file system or DNS.

mod error;
mod host;
mod network;
mod path;
mod url;

pub(crate) use error::NotCanonical;
pub(crate) use host::Host;
pub(crate) use network::{Network, address};
pub(crate) use path::{Roots, has_empty_name, is_certain_path, is_certain_text, parse_root};
pub(crate) use url::Url;
